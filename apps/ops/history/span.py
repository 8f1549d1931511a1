"""Which past is played: how far it reaches back, and when it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

# Ratings learn from the games of the weeks before, of which no tenant makes a pick.
WARM_UP = timedelta(days=42)
# Of the last of those weeks they learn the closing lines, too.
LINES = timedelta(days=10)
PLAYED_DAYS = 14
# Everything that is installed was in force a day before anybody played.
BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first game that is learned from, over the first of which picks are made, to now."""

    begins: datetime
    lines_from: datetime
    opens: datetime
    ends: datetime

    @classmethod
    def before(cls, epoch: datetime, *, days: int = PLAYED_DAYS) -> Self:
        """Return the span of so many days before the epoch; of none only the warm-up is left."""
        opens = epoch - timedelta(days=days)
        return cls(
            begins=opens - WARM_UP,
            lines_from=opens - min(LINES, timedelta(days=days)),
            opens=opens,
            ends=epoch,
        )

    @property
    def installed_at(self) -> datetime:
        return self.begins - BEFORE

    def share(self, at: datetime | None) -> float:
        """Return how much of it lies behind an instant, between 0 and 1."""
        if at is None:
            return 0.0
        return min(max((at - self.begins) / (self.ends - self.begins), 0.0), 1.0)


def fingerprint(*, seed: int, epoch: datetime) -> str:
    """Identify one world's past (sha256, hex): another world's facts must not mix with it."""
    return sha256(f"sandbox|{seed}|{epoch.isoformat()}".encode()).hexdigest()
