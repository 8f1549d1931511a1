"""Two weeks that the sandbox has behind it, played through the real stages before the clock runs.

The same stages, the same database and the same provider as afterwards; only the instants are past.
"""
