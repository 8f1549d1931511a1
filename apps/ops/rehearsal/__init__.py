"""Play recorded weeks through the real stages, on a database of their own."""
