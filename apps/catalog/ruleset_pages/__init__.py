"""Settlement rules as people read, compare and write them.

What a rule is called, counts and may be is said once, beside its type in
``rulebook.thresholds.settlement``; forms and comparisons are the configuration's.
"""
