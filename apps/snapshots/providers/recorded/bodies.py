"""A folder of recorded bodies: each file is one poll, its name the time it was taken."""

from datetime import UTC, datetime
from pathlib import Path

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest
from apps.snapshots.providers.recorded.shelf import Shelf

NAME = "%Y%m%dT%H%M%SZ"


class RecordedBodies:
    """Hands over bodies as they were recorded, byte for byte."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*.json"))
        self.files = {
            datetime.strptime(path.stem, NAME).replace(tzinfo=UTC): path for path in files
        }
        self.shelf = Shelf(list(self.files))

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        return self._next(request)

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        return self._next(request)

    def _next(self, request: FetchRequest) -> FetchOutcome:
        index = self.shelf.position(request)
        if index is None:
            return self.shelf.nothing_yet(request)
        body = self.files[self.shelf.instants[index]].read_bytes()
        return self.shelf.answer(request, index, body)
