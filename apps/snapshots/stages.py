"""How far fetching, reading and results have got, asked as the stages themselves ask."""

from datetime import datetime

from apps.catalog.models import Event
from apps.core.stages import StageCount
from apps.snapshots.models import Feed, ProviderPoll, ResultSnapshot


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Calls made, bodies read, games with a result: of those owed by ``at``, how many."""
    return {"fetch": _fetch(at), "read": _read(at), "results": _results(at)}


def _fetch(at: datetime) -> StageCount:
    """Every call that was due was made, with whatever outcome, or its feed is still due."""
    made = ProviderPoll.objects.captured_by(at).count()
    return StageCount(due=made + Feed.objects.due(at).count(), done=made)


def _read(at: datetime) -> StageCount:
    """A body is read once it has a receipt, also one in which nothing could be read."""
    bodies = ProviderPoll.objects.captured_by(at).readable().count()
    return StageCount(
        due=bodies, done=bodies - ProviderPoll.objects.captured_by(at).unread().count()
    )


def _results(at: datetime) -> StageCount:
    """A game owes its result once it is over, or should be; a SUSPECT one answers for it."""
    told = ResultSnapshot.objects.filter(captured_at__lte=at)
    overdue = Event.objects.overdue(at).exclude(pk__in=told.values("event_id"))
    done = told.values("event_id").distinct().count()
    return StageCount(due=done + overdue.count(), done=done)
