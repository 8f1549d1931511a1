"""Configuration as people read and write it: forms, differences and pages, from the typed models.

Nothing here knows a threshold. What a field is called, counts and may be is said once, beside
its type in ``rulebook.thresholds``; a new field there is a new field of the form.
"""
