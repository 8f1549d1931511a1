"""Partitions are made before their day comes; rows that came without one are told of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.core import days
from apps.core.actor import Actor
from apps.governance import alerts, switches
from apps.ops.setup import DAYS_AHEAD
from apps.rulebook.alerts import AlertKind


@dataclass(frozen=True, slots=True)
class MadeAhead:
    """What one run of the job did."""

    made: int = 0
    strays: int = 0  # rows that had no partition, and have one now


def make_week(*, by: Actor, at: datetime) -> MadeAhead:
    """Make the coming week's partitions, and give rows of other days theirs.

    Rows without a partition lie in the default one. Nothing is lost by that, but no day of
    theirs can ever be dropped, and every new partition has to look through them: an alert.
    """
    today = at.date()
    made = days.ensure_partitions(today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))
    strays = days.take_in()
    for stray in strays:
        alerts.raise_alert(
            AlertKind.PARTITION_MISSING,
            scope=switches.GLOBAL,
            key=stray.table,
            detail=f"{stray.rows} rows of {stray.table}, from {stray.first} to {stray.last}, had"
            " no partition of their day when they came. They have one now.",
            by=by,
            at=at,
        )
    return MadeAhead(made=made, strays=sum(stray.rows for stray in strays))
