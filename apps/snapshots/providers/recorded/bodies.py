"""A folder of recorded bodies: each file is one poll, its name the time it was taken.

A file ``<time>.down`` says that from then on nobody answered, until the time that stands in it.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome
from apps.snapshots.providers.recorded.shelf import Shelf, instant

NAME = "%Y%m%dT%H%M%SZ"


class RecordedBodies:
    """Hands over bodies as they were recorded, byte for byte; while it is down, it fails."""

    def __init__(self, folder: Path) -> None:
        self.files = {_time_of(path): path for path in sorted(folder.glob("*.json"))}
        self.shelf = Shelf(list(self.files))
        self.down = [
            (_time_of(path), instant(path.read_text().strip()))
            for path in sorted(folder.glob("*.down"))
        ]

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        return self._next(request)

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        return self._next(request)

    def _next(self, request: FetchRequest) -> FetchOutcome:
        if any(begins <= request.at < ends for begins, ends in self.down):
            return FetchOutcome(
                outcome=Outcome.SERVER,
                captured_at=request.at,
                http_status=503,
                error_code="RECORDED_OUTAGE",
                detail="Nobody answered then.",
            )
        index = self.shelf.position(request)
        if index is None:
            return self._called_again(self.shelf.nothing_yet(request), request.at)
        body = self.files[self.shelf.instants[index]].read_bytes()
        return self._called_again(self.shelf.answer(request, index, body), request.at)

    def _called_again(self, answer: FetchOutcome, at: datetime) -> FetchOutcome:
        """Whoever waits for the next body asks in vain as soon as nobody answers."""
        turns = [begins for begins, _ends in self.down if begins > at]
        if answer.next_at is not None:
            turns.append(answer.next_at)
        return replace(answer, next_at=min(turns), exhausted=False) if turns else answer


def _time_of(path: Path) -> datetime:
    return datetime.strptime(path.stem, NAME).replace(tzinfo=UTC)
