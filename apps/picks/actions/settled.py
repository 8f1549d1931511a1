"""Picks that were settled. The grading room decides; the move is this room's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.governance import audit, history
from apps.picks.models import Pick
from apps.picks.models.pick import AUDITED
from apps.rulebook import lifecycle
from apps.rulebook.lifecycle import PickStatus

_MOVE = f"""
moved AS (
    UPDATE pick SET status = 'GRADED'
    WHERE id IN {{relation}} AND status IN ('PUBLISHED', 'SUPERSEDED')
    RETURNING new.id, old.status AS old_status, {", ".join(f"new.{name}" for name in AUDITED)}
), move_told AS (
    INSERT INTO pick_change (pick_id, changed_at, from_status, to_status, from_validity,
        to_validity, reason, quote_status, by)
    SELECT id, %(moved_at)s::timestamptz, old_status, status, validity_state, validity_state,
        '', '', %(moved_by)s::text
    FROM moved ORDER BY id
), move_audited AS (
    {{audited}}
)
"""


def graded_from(relation: str, *, by: Actor, at: datetime) -> tuple[str, dict[str, Any]]:
    """Return the steps, and their parameters, that mark the picks of ``relation`` GRADED.

    For the statement of the grading room that writes their grades and holds them: what happens to
    the picks is written here, with history and audit. ``moved`` are those that it happened to.
    """
    after = {name: f"moved.{name}" for name in AUDITED}
    audited, params = audit.entries_from(
        "moved",
        model=Pick,
        key="moved.id",
        action="'pick.graded'",
        before={**after, "status": "moved.old_status"},
        after=after,
        config_version="moved.config_version_id",
        by=by,
        at=at,
    )
    steps = _MOVE.format(relation=relation, audited=audited)
    return steps, {**params, "moved_at": at, "moved_by": history.operator(by)}


@transaction.atomic
def close_graded(pick_ids: Iterable[UUID], *, by: Actor, at: datetime) -> int:
    """Mark picks GRADED, in the transaction that writes their grades; return how many.

    The caller holds the rows. Superseded and invalidated picks are settled like all others.

    Raises:
        lifecycle.MoveRefused: one of them was never published, or is graded already.
    """
    wanted = sorted(set(pick_ids))
    if not wanted:
        return 0
    steps, params = graded_from("(SELECT unnest(%(picks)s::uuid[]))", by=by, at=at)
    moved = fetch_all(f"WITH {steps} SELECT id FROM moved", {"picks": wanted, **params})
    if len(moved) < len(wanted):
        _refuse(set(wanted) - {row[0] for row in moved})
    return len(moved)


def _refuse(left: set[UUID]) -> None:
    pick = Pick.objects.filter(pk__in=left).order_by("pk").first()
    if pick is None:
        raise RuntimeError(f"There are no picks {sorted(left)}: nothing can be settled.")
    lifecycle.require_move(pick.status, PickStatus.GRADED)
