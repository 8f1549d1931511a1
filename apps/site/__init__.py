"""A tenant's own pages: its board, its picks, its record, for the people who read them."""
