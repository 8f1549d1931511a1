"""How far fetching, reading and results have got, asked as the stages themselves ask."""

from datetime import datetime, timedelta

from django.db.models import F, Min

from apps.catalog.models import Event
from apps.core.stages import StageCount, by_hour
from apps.snapshots.models import Feed, PayloadReading, ProviderPoll, ResultSnapshot


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Calls made, bodies read, games with a result: of those owed by ``at``, how many."""
    return {"fetch": _fetch(at), "read": _read(at), "results": _results(at)}


def done_by_hour(at: datetime) -> dict[str, list[int]]:
    """What these stages did in each of the 24 hours before ``at``."""
    return {
        "fetch": by_hour(ProviderPoll.objects.all(), "captured_at", at),
        "read": by_hour(PayloadReading.objects.all(), "read_at", at),
        "results": by_hour(ResultSnapshot.objects.all(), "captured_at", at),
    }


def _fetch(at: datetime) -> StageCount:
    """Every call that was due was made, with whatever outcome, or its feed is still due."""
    made = ProviderPoll.objects.captured_by(at).count()
    due = Feed.objects.due(at)
    oldest = due.aggregate(oldest=Min("next_due_at"))["oldest"]
    return StageCount(due=made + due.count(), done=made, oldest_at=oldest)


def _read(at: datetime) -> StageCount:
    """A body is read once it has a receipt, also one in which nothing could be read."""
    bodies = ProviderPoll.objects.captured_by(at).readable().count()
    unread = ProviderPoll.objects.captured_by(at).unread()
    oldest = unread.aggregate(oldest=Min("captured_at"))["oldest"]
    return StageCount(due=bodies, done=bodies - unread.count(), oldest_at=oldest)


def _results(at: datetime) -> StageCount:
    """A game owes its result once it is over, or should be; a SUSPECT one answers for it."""
    told = ResultSnapshot.objects.filter(captured_at__lte=at)
    overdue = Event.objects.overdue(at).exclude(pk__in=told.values("event_id"))
    done = told.values("event_id").distinct().count()
    oldest = min(
        (
            begun + timedelta(minutes=longest)
            for begun, longest in overdue.values_list("begins_at", F("league__maximum_minutes"))
        ),
        default=None,
    )
    return StageCount(due=done + overdue.count(), done=done, oldest_at=oldest)
