"""What a results body says of the games that are over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.snapshots.reading.codes import Suspect
from apps.snapshots.reading.tray import Tray

# Where a file gives no time of the end: how long a game of American football takes.
LENGTH = timedelta(hours=3, minutes=30)
LENGTH_WITH_OVERTIME = timedelta(hours=4)


def final_time(start: datetime, *, overtime: bool) -> datetime:
    """When a game counts as final whose end nobody wrote down."""
    return (start + (LENGTH_WITH_OVERTIME if overtime else LENGTH)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ToldResult:
    """One game that a provider calls final, under the provider's id and team names."""

    place: str
    source_event_id: str
    home: str
    away: str
    start_time: datetime
    home_score: int | None
    away_score: int | None
    reported_at: datetime | None
    overtime: bool | None = None
    neutral: bool | None = None
    played: dict[str, float] | None = None  # of a game that was cut short; None: all of it
    over: bool = False  # an archive's: it may make an event of the past

    def suspect(
        self,
        *,
        can_tie: bool,
        can_end_scoreless: bool,
        begins_at: datetime,
        captured_at: datetime,
    ) -> Suspect | None:
        """Say why this cannot be a final score; None where it can."""
        if self.home_score is None or self.away_score is None:
            return Suspect.SCORES_MISSING
        if captured_at < begins_at:
            return Suspect.BEFORE_START
        if self.played is not None:
            return None  # where it was cut short any score can stand
        if self.home_score == self.away_score == 0 and not can_end_scoreless:
            return Suspect.SCORELESS
        if self.home_score == self.away_score and not can_tie:
            return Suspect.TIE
        return None


@dataclass(slots=True)
class ReadResults:
    results: list[ToldResult] = field(default_factory=list)
    told: int = 0  # results in the body, those laid aside included
    tray: Tray = field(default_factory=Tray)

    def keep(self, source_event_ids: frozenset[str]) -> None:
        """Leave out every other game, and what was laid aside: it is accounted for already."""
        self.results = [one for one in self.results if one.source_event_id in source_event_ids]
        self.told = len(self.results)
        self.tray = Tray()
