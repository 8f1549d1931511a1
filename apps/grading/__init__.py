"""Settles what was published: every pick, whatever became of it, as revisions."""
