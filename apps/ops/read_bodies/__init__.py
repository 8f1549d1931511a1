"""Read a folder of recorded bodies by the real stages, and account for every price in them."""
