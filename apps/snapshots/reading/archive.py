"""The nflverse's file of games: one row each, teams by abbreviation, times in New York's."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.snapshots.reading.codes import Quarantined, Refused
from apps.snapshots.reading.results import ReadResults, ToldResult, final_time
from apps.snapshots.reading.scores import HIGHEST_SCORE
from apps.snapshots.reading.wire import PayloadRefused, whole_text

LOCAL = ZoneInfo("America/New_York")
NEEDED = frozenset({"game_id", "gameday", "gametime", "home_team", "away_team"}) | {
    "home_score",
    "away_score",
    "location",
    "overtime",
}


def read_archive(body: bytes, *, captured_at: datetime) -> ReadResults:
    """Read the games of an archive that were over when it was taken.

    Raises:
        PayloadRefused: it is not such a file.
    """
    try:
        text = whole_text(body).decode("utf-8")
    except UnicodeDecodeError:
        raise PayloadRefused(Refused.NOT_UTF8, "The file is not UTF-8.") from None
    rows = csv.DictReader(io.StringIO(text))
    missing = NEEDED - set(rows.fieldnames or ())
    if missing:
        raise PayloadRefused(Refused.NOT_CSV, f"The file lacks {', '.join(sorted(missing))}.")
    read = ReadResults()
    seen: set[str] = set()
    for index, row in enumerate(rows):
        read.told += 1
        told = _told(row, f"[{index}]", captured_at)
        if not isinstance(told, Quarantined) and told.source_event_id in seen:
            told = Quarantined.DUPLICATE_EVENT
        if isinstance(told, Quarantined):
            read.tray.lay(
                told, f"[{index}]", prices=1, source_event_id=row["game_id"] or "", fragment=row
            )
            continue
        seen.add(told.source_event_id)
        read.results.append(told)
    return read


def _told(row: dict[str, str], place: str, captured_at: datetime) -> ToldResult | Quarantined:
    if not row["game_id"]:
        return Quarantined.EVENT_ID_MISSING
    if not row["home_team"] or not row["away_team"]:
        return Quarantined.EVENT_WITHOUT_TEAMS
    if not row["gameday"] or not row["gametime"]:
        return Quarantined.START_TIME_MISSING
    try:
        local = datetime.fromisoformat(f"{row['gameday']}T{row['gametime']}")
    except ValueError:
        return Quarantined.TIME_UNREADABLE
    start = local.replace(tzinfo=LOCAL)
    if not row["home_score"] or not row["away_score"]:
        return Quarantined.GAME_NOT_OVER  # not played yet, postponed or cancelled
    scores = [_points(row[name]) for name in ("home_score", "away_score")]
    if None in scores:
        return Quarantined.SCORE_NOT_A_NUMBER
    overtime = row["overtime"] == "1"
    final_at = final_time(start, overtime=overtime)
    if final_at > captured_at:
        return Quarantined.GAME_NOT_OVER
    return ToldResult(
        place=place,
        source_event_id=row["game_id"],
        home=row["home_team"],
        away=row["away_team"],
        start_time=start,
        home_score=scores[0],
        away_score=scores[1],
        reported_at=final_at,
        overtime=overtime,
        neutral=row["location"] == "Neutral",
        over=True,
    )


def _points(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if int(text) <= HIGHEST_SCORE else None
