"""When anything can happen next, asked of the rows that are there.

Nothing is planned ahead: the same question after a crash gets the same answer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Min

from apps.catalog.models import Event
from apps.rulebook.markets import EventStatus
from apps.snapshots.models import Feed

HEARTBEAT = timedelta(minutes=5)  # the sweep's rhythm while a game is on


def next_instant(after: datetime, *, settle_after: timedelta) -> datetime | None:
    """Return the first instant later than ``after`` at which a stage may find work.

    A poll falls due, a game starts, a final has settled for ``settle_after``, or five minutes
    have passed while something is live (a game is on, or its final has not settled yet).
    None: nothing will ever happen again.
    """
    return min(_candidates(after, settle_after), default=None)


def _candidates(after: datetime, settle_after: timedelta) -> Iterator[datetime]:
    due = Feed.objects.enabled().filter(next_due_at__gt=after).aggregate(at=Min("next_due_at"))
    starts = Event.objects.filter(status=EventStatus.SCHEDULED, begins_at__gt=after)
    settled = Event.objects.filter(
        status=EventStatus.FINAL, final_at__gt=after - settle_after
    ).aggregate(at=Min("final_at"))
    if due["at"]:
        yield due["at"]
    if start := starts.aggregate(at=Min("begins_at"))["at"]:
        yield start
    if settled["at"]:
        yield settled["at"] + settle_after
    if settled["at"] or _somebody_plays(after):
        yield _next_beat(after)


def _somebody_plays(at: datetime) -> bool:
    overdue = Event.objects.overdue(at).values("pk")
    return Event.objects.usable().in_progress(at).exclude(pk__in=overdue).exists()


def _next_beat(after: datetime) -> datetime:
    step = HEARTBEAT.total_seconds()
    return datetime.fromtimestamp((after.timestamp() // step + 1) * step, UTC)
