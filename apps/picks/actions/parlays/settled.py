"""Parlays that were settled. The grading room decides; the move is this room's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.governance import audit
from apps.picks.models.parlay import PARLAY_AUDITED
from apps.rulebook.parlays import ParlayStatus

_MOVE = f"""
WITH moved AS (
    UPDATE parlay SET status = 'GRADED' WHERE id = ANY(%(parlays)s) AND status = 'MADE'
    RETURNING {", ".join(("id", *PARLAY_AUDITED))}
)
SELECT * FROM moved ORDER BY id
"""


@transaction.atomic
def close_graded_parlays(parlay_ids: Iterable[UUID], *, by: Actor, at: datetime) -> int:
    """Mark parlays GRADED, in the transaction that writes their grades; return how many.

    Raises:
        RuntimeError: one of them waits for no grade.
    """
    wanted = sorted(set(parlay_ids))
    if not wanted:
        return 0
    moved = fetch_all(_MOVE, {"parlays": wanted})
    if len(moved) < len(wanted):
        raise RuntimeError(f"Not every one of these parlays waits for a grade: {wanted}.")
    audit.record_set([_audit_row(*row) for row in moved], by=by, at=at)
    return len(moved)


def _audit_row(parlay_id: UUID, *state: Any) -> audit.Row:
    after = dict(zip(PARLAY_AUDITED, state, strict=True))
    return audit.Row(
        action="parlay.graded",
        object_type="Parlay",
        object_id=str(parlay_id),
        before={**after, "status": ParlayStatus.MADE.value},
        after=after,
        config_version=after["config_version_id"],
    )
