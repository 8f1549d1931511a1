"""When a recording has something to hand over, and what it is asked for."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome


def instant(text: str) -> datetime:
    """Read an instant of a recording: ISO with its offset, always there."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no offset.")
    return moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """Write an instant the way The Odds API does: UTC, whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shelf:
    """The instants of a recording, in order; every question takes the next one not yet had.

    The options ``from`` and ``to`` of a feed cut a window out of it: outside nothing is
    handed over, but what happened before is known.
    """

    def __init__(self, instants: Sequence[datetime]) -> None:
        self.instants = sorted(set(instants))

    def position(self, request: FetchRequest) -> int | None:
        """Return which instant is next and has come; None while there is none."""
        index = self._after(request)
        if index < self._end(request) and self.instants[index] <= request.at:
            return index
        return None

    def answer(self, request: FetchRequest, index: int, body: bytes) -> FetchOutcome:
        """Hand over the body of an instant, and say when the next one is."""
        following = self._time_of(index + 1, request)
        return FetchOutcome(
            outcome=Outcome.OK,
            captured_at=self.instants[index],
            body=body,
            http_status=200,
            next_at=following,
            exhausted=following is None,
        )

    def nothing_yet(self, request: FetchRequest) -> FetchOutcome:
        following = self._time_of(self._after(request), request)
        return FetchOutcome(
            outcome=Outcome.NOT_DUE,
            captured_at=request.at,
            next_at=following,
            exhausted=following is None,
        )

    def _after(self, request: FetchRequest) -> int:
        start = request.options.get("from")
        first = self._first_from(instant(start)) if start else 0
        if request.after is None:
            return first
        return max(first, bisect_right(self.instants, request.after))

    def _first_from(self, start: datetime) -> int:
        index = bisect_right(self.instants, start)
        return index - 1 if index and self.instants[index - 1] == start else index

    def _end(self, request: FetchRequest) -> int:
        end = request.options.get("to")
        return bisect_right(self.instants, instant(end)) if end else len(self.instants)

    def _time_of(self, index: int, request: FetchRequest) -> datetime | None:
        return self.instants[index] if index < self._end(request) else None
