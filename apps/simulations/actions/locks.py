"""One worker at a time per model or board, so that two of them do not do the same twice."""

from apps.core.db import execute

_LOCK_CLASS = 0x73696D73  # "sims": the first half of every advisory lock of this room


def hold_alone(key: str) -> None:
    """Wait until nobody else works on ``key``, and keep it until the transaction ends."""
    execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, key])
