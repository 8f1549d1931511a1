"""One worker at a time on a tenant's ideas: what is counted stays counted until it is written."""

from apps.core.db import execute
from apps.core.tenancy import current_schema

_LOCK_CLASS = 0x7069636B  # "pick": the first half of this room's advisory locks


def hold_ideas() -> None:
    """Wait until nobody else proposes or publishes for this tenant; held to the commit.

    Taken after the gate's locks and before any row's. Limits count rows, and the next version
    of an idea is a maximum: neither can be locked row by row.
    """
    _hold("ideas")


def hold_sweep() -> None:
    """Wait until nobody else sweeps this tenant's published picks; held to the commit.

    A sweep writes rows in the order in which it finds them, and two of them would deadlock.
    """
    _hold("sweep")


def hold_question(key: str) -> None:
    """Wait until nobody else answers the question that ``key`` names; held to the commit."""
    _hold(f"question|{key}")


def _hold(what: str) -> None:
    key = f"{what}|{current_schema()}"
    execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, key])
