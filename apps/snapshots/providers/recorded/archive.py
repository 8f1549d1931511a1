"""A file of past games, handed over once and whole."""

from pathlib import Path

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome


class RecordedArchive:
    """One file of the nflverse's, as it is. A later look finds nothing new in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fetch_archive(self, request: FetchRequest) -> FetchOutcome:
        if request.after is not None:
            return FetchOutcome(Outcome.NOT_DUE, captured_at=request.at, exhausted=True)
        return FetchOutcome(
            outcome=Outcome.OK,
            captured_at=request.at,
            body=self.path.read_bytes(),
            http_status=200,
            exhausted=True,
        )
