"""At which past instants the stages are called, asked of the rows that are there.

Few, and each where something is to be seen: the board is worth a look now and then in the hours
before a game and once just before it begins; scores are worth one when games may be over.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Min

from apps.catalog.models import Event
from apps.rulebook.markets import EventStatus

# The close: late enough for every limit, early enough to be before a start that moves a little.
CLOSE, CLOSE_ENOUGH = timedelta(minutes=2), timedelta(minutes=8)
AHEAD, LOOK_EVERY = timedelta(hours=6), timedelta(hours=4)
OVER_AFTER = timedelta(minutes=170)  # no game of that league ends sooner
SCORES_EVERY = timedelta(hours=1)
QUIET = timedelta(hours=8)  # nothing to wait for: a look for the board's sake
DAY = timedelta(days=1)
MORNING = timedelta(hours=12)  # UTC, when every game of the league's day before is over


def next_look(after: datetime, *, until: datetime) -> datetime:
    """Return the next instant worth a look after ``after``, at the latest ``until``."""
    return min([until, *_looks(after)])


def next_lesson(after: datetime, *, lines_from: datetime, until: datetime) -> datetime:
    """Return the next instant of the warm-up, at the latest ``until``.

    On a morning the results of the league's day before are learned at once, all together. From
    ``lines_from`` on the closing lines are gathered, too.
    """
    closes = _closes(after) if after >= lines_from else []
    return min([until, *closes, _next(after - MORNING, DAY) + MORNING])


def is_morning(at: datetime) -> bool:
    return at == datetime(at.year, at.month, at.day, tzinfo=UTC) + MORNING


def _looks(after: datetime) -> Iterator[datetime]:
    yield after + QUIET
    yield from _closes(after)
    look = _next(after, LOOK_EVERY)
    first = _first_start(after)
    if first and look + SCORES_EVERY < first <= look + AHEAD:
        yield look
    overdue = Event.objects.overdue(after).values("pk")
    playing = Event.objects.usable().in_progress(after + CLOSE_ENOUGH).exclude(pk__in=overdue)
    begun = playing.aggregate(first=Min("begins_at"))["first"]
    if begun:
        yield max(begun + OVER_AFTER, _next(after, SCORES_EVERY))


def _closes(after: datetime) -> list[datetime]:
    """The look before the next start, where the one at ``after`` is not close enough to it."""
    first = _first_start(after + CLOSE_ENOUGH)
    return [first - CLOSE] if first else []


def _first_start(after: datetime) -> datetime | None:
    ahead = Event.objects.usable().filter(status=EventStatus.SCHEDULED, begins_at__gt=after)
    return ahead.aggregate(first=Min("begins_at"))["first"]


def _next(after: datetime, step: timedelta) -> datetime:
    """The next full step of the clock."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp((after.timestamp() // seconds + 1) * seconds, UTC)
