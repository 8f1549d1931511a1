"""Picks that were settled. The grading room decides; the move is this room's."""

from collections.abc import Iterable
from datetime import datetime
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
WITH moved AS (
    UPDATE pick SET status = 'GRADED'
    WHERE id = ANY(%(picks)s) AND status IN ('PUBLISHED', 'SUPERSEDED')
    RETURNING new.id, old.status AS old_status, {", ".join(f"new.{name}" for name in AUDITED)}
), told AS (
    INSERT INTO pick_change (pick_id, changed_at, from_status, to_status, from_validity,
        to_validity, reason, quote_status, by)
    SELECT id, %(at)s, old_status, status, validity_state, validity_state, '', '', %(by)s
    FROM moved ORDER BY id
), audited AS (
    {{audited}}
)
SELECT id FROM moved
"""


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
    moved = fetch_all(
        _MOVE.format(audited=audited),
        {"picks": wanted, "at": at, "by": history.operator(by), **params},
    )
    if len(moved) < len(wanted):
        _refuse(set(wanted) - {row[0] for row in moved})
    return len(moved)


def _refuse(left: set[UUID]) -> None:
    pick = Pick.objects.filter(pk__in=left).order_by("pk").first()
    if pick is None:
        raise RuntimeError(f"There are no picks {sorted(left)}: nothing can be settled.")
    lifecycle.require_move(pick.status, PickStatus.GRADED)
