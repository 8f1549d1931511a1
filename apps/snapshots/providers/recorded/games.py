"""Which games a recording is about: ids and names of the odds feed, starts and scores of files."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from apps.snapshots.providers.recorded.shelf import instant

LOCAL = ZoneInfo("America/New_York")  # in which the nflverse writes its game times


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event of ``intraday_events.csv``."""

    id: str
    sport_key: str
    home: str
    away: str
    start: datetime  # the first that the feed was known to report
    first_seen: datetime
    last_seen: datetime
    game_id: str  # the nflverse's; empty for other leagues


@dataclass(frozen=True, slots=True)
class PlayedGame:
    """One game of a results file."""

    game_id: str
    start: datetime
    home_score: int
    away_score: int
    overtime: bool


def recorded_events(path: Path) -> dict[str, RecordedEvent]:
    with path.open(newline="", encoding="utf-8") as file:
        return {
            row["event_id"]: RecordedEvent(
                id=row["event_id"],
                sport_key=row["sport_key"],
                home=row["home"],
                away=row["away"],
                start=instant(row["commence_first"]),
                first_seen=instant(row["first_seen"]),
                last_seen=instant(row["last_seen"]),
                game_id=row["game_id"],
            )
            for row in csv.DictReader(file)
        }


def played_games(paths: Iterable[Path]) -> dict[str, PlayedGame]:
    """Read results files; a game without a score was not played and is left out."""
    games = {}
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["home_score"] and row["away_score"]:
                    games[row["game_id"]] = PlayedGame(
                        game_id=row["game_id"],
                        start=local_start(row["gameday"], row["gametime"]),
                        home_score=int(row["home_score"]),
                        away_score=int(row["away_score"]),
                        overtime=row["overtime"] == "1",
                    )
    return games


def local_start(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LOCAL)
