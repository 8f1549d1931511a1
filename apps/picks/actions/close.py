"""Taking the close: when a game begins, what its picks were worth against the last market."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import audit
from apps.picks.actions.locks import hold_ideas
from apps.picks.actions.moving import Before, Move, write_moves
from apps.picks.actions.rows import write_rows
from apps.picks.actions.telling import tell_of_closes
from apps.picks.closing import Closes, completed
from apps.picks.models import LineTracking, Pick
from apps.picks.waiting import closes_due
from apps.rulebook.lifecycle import ExpiryReason, PickStatus

# What the completion of a line tracking writes; its open and its best are there already.
COMPLETED = frozenset(
    each.attname
    for each in LineTracking._meta.concrete_fields
    if each.name.startswith(("close_", "clv_"))
    or each.name in ("started_at", "completed_at", "margin_method", "method_version")
)


@dataclass(frozen=True, slots=True)
class ClosedStarted:
    """What one turn of closing did for one tenant."""

    closed: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)  # closes that are not there, by reason
    no_value: dict[str, int] = field(default_factory=dict)  # no EV against the close, by reason
    expired: int = 0  # picks that never went out before their game began
    waiting: int = 0  # games of which a poll from before the start has not been read yet


@transaction.atomic
def close_started(*, by: Actor, at: datetime) -> ClosedStarted:
    """Take the close of every published pick whose game has begun, and end what still waits.

    Done once for each pick. A close that is missing says why and stops nothing. Asks no switch:
    what was published is followed to its end.
    """
    hold_ideas()
    expired = _expire_begun(by=by, at=at)
    due, unread = closes_due(at)
    rows = list(due.locked())
    if not rows:
        return ClosedStarted(expired=expired, waiting=unread)
    picks = [row.pick for row in rows]
    before = {row.pk: row.audit_state() for row in rows}
    closes = Closes(picks, at=at)
    measured = [closes.measure(pick) for pick in picks]
    done = completed(measured, {row.pk: row for row in rows}, at)
    write_rows(done, COMPLETED)
    audit.record_set(
        [
            audit.Row(
                action="line_tracking.completed",
                object_type="LineTracking",
                object_id=str(row.pk),
                before=before[row.pk],
                after=row.audit_state(),
            )
            for row in done
        ],
        by=by,
        at=at,
    )
    tell_of_closes(done, by=by, at=at)
    return ClosedStarted(
        closed=len(done),
        sources=counted(row.close_source for row in done),
        missing=counted(row.close_missing for row in done),
        no_value=counted(row.clv_missing for row in done),
        expired=expired,
        waiting=unread,
    )


def _expire_begun(*, by: Actor, at: datetime) -> int:
    """End what was never published before its game began."""
    moves = []
    for pick in Pick.objects.waiting().begun(at).locked():
        before = Before.of(pick)
        pick.status, pick.expiry_reason = PickStatus.EXPIRED.value, ExpiryReason.EVENT_STARTED.value
        moves.append(Move(pick, before, "pick.expired", ExpiryReason.EVENT_STARTED.value))
    write_moves(moves, by=by, at=at)
    return len(moves)


def counted(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(str(word) for word in words if word).items()))
