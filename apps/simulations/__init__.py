"""Team ratings, reproducible simulation runs, and runs held against the market."""
