"""Files that people put into a folder: results and injuries where no provider tells them.

A file is handed over as it is, once for every time that somebody has written it, and read like
any other body (``reading.sheets``).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome

MOST_BYTES = 10_000_000
LOOK_AGAIN = timedelta(minutes=1)


class Files:
    """One file of the folder. It is asked for as often as the feed says, and mostly has nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"Files({self.path.name})"

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        return self._handed_over(request)

    def fetch_injuries(self, request: FetchRequest) -> FetchOutcome:
        return self._handed_over(request)

    def _handed_over(self, request: FetchRequest) -> FetchOutcome:
        try:
            with self.path.open("rb") as file:
                written = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
                if request.after is not None and written <= request.after:
                    return _nothing(request, Outcome.NOT_DUE)
                body = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return _nothing(request, Outcome.GONE, "FILE_MISSING", "Nobody has put it there.")
        except OSError as error:
            return _nothing(request, Outcome.UNREADABLE, "FILE_UNREADABLE", type(error).__name__)
        if len(body) > MOST_BYTES:
            return _nothing(
                request, Outcome.UNREADABLE, "TOO_LARGE", "It is larger than any table can be."
            )
        return FetchOutcome(
            outcome=Outcome.OK if body.strip() else Outcome.EMPTY,
            captured_at=request.at,
            body=body,
        )


def _nothing(
    request: FetchRequest, outcome: Outcome, code: str = "", detail: str = ""
) -> FetchOutcome:
    return FetchOutcome(
        outcome=outcome,
        captured_at=request.at,
        error_code=code,
        detail=detail,
        next_at=request.at + LOOK_AGAIN if outcome is Outcome.NOT_DUE else None,
    )
