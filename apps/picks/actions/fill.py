"""Filling closes that were missing: from what was fetched or could be read only after the start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import audit
from apps.picks.actions.close import COMPLETED, counted
from apps.picks.actions.rows import write_rows
from apps.picks.actions.telling import tell_of_filled
from apps.picks.closing import Closes, Measured, filled
from apps.picks.models import LineTracking
from apps.picks.waiting import closes_missed
from apps.rulebook.clv import CloseGap

_FILLED = COMPLETED - {"started_at", "completed_at"} | {"missed", "filled_at"}


@dataclass(frozen=True, slots=True)
class FilledCloses:
    """What one turn of filling did for one tenant."""

    filled: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)  # looked at again, and still not there


@transaction.atomic
def fill_closes(*, by: Actor, at: datetime) -> FilledCloses:
    """Take the closes that were missing, where the time before the start is known better by now.

    A backfill, a payload that was read late, a spelling that a person explained. Measured as it
    would have been then; filled once, and what had been missing stays with it. Grades follow.
    """
    rows = list(closes_missed(at).locked())
    if not rows:
        return FilledCloses()
    measured = _measured(rows)
    found = [one for one in measured if not isinstance(one.close, CloseGap)]
    before = {row.pk: row.audit_state() for row in rows}
    done = filled(found, {row.pk: row for row in rows}, at)
    write_rows(done, _FILLED)
    audit.record_set(
        [
            audit.Row(
                action="line_tracking.filled",
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
    tell_of_filled(done, by=by, at=at)
    return FilledCloses(
        filled=len(done),
        sources=counted(row.close_source for row in done),
        missing=counted(one.close for one in measured if isinstance(one.close, CloseGap)),
    )


def _measured(rows: Sequence[LineTracking]) -> list[Measured]:
    """Measure with the configuration that was in force when each close ought to have been taken."""
    found = []
    by_instant = sorted(rows, key=lambda row: (row.completed_at, row.pk))
    for taken_at, some in groupby(by_instant, key=lambda row: row.completed_at):
        assert taken_at is not None  # only what is completed was missing
        picks = [row.pick for row in some]
        closes = Closes(picks, at=taken_at)
        found += [closes.measure(pick) for pick in picks]
    return found
