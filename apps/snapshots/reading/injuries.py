"""Injury reports: a list of players, or a table of them, one word on each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from apps.snapshots.providers.ports import InjuryStatus
from apps.snapshots.reading.codes import Quarantined, Refused
from apps.snapshots.reading.market import AHEAD_ALLOWED, BEHIND_ALLOWED
from apps.snapshots.reading.sheets import is_sheet, sheet
from apps.snapshots.reading.tray import Tray
from apps.snapshots.reading.wire import (
    Instant,
    PayloadRefused,
    Text,
    flaw_of_time,
    parse_loosely,
    whole_text,
)

COLUMNS = ("team", "player", "status", "reported_at")


class Report(msgspec.Struct, gc=False):
    team: Text
    player: Text
    status: Text
    reported_at: Instant
    position: Text = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class ToldInjury:
    """One word on one player. It names one team, and is set aside like a game that names two."""

    place: str
    team: str
    player: str
    position: str
    status: InjuryStatus
    note: str
    reported_at: datetime

    @property
    def source_event_id(self) -> str:
        return ""

    @property
    def home(self) -> str:
        return self.team

    @property
    def away(self) -> str:
        return self.team


@dataclass(slots=True)
class ReadInjuries:
    reports: list[ToldInjury] = field(default_factory=list)
    told: int = 0  # reports in the body, those laid aside included
    tray: Tray = field(default_factory=Tray)


def read_injuries(body: bytes, *, captured_at: datetime) -> ReadInjuries:
    """Read one body of injury reports; of two words on one player the later one counts.

    Raises:
        PayloadRefused: nothing in it can be read.
    """
    text = whole_text(body)
    parsed = sheet(text, COLUMNS) if is_sheet(text) else parse_loosely(text)
    if not isinstance(parsed, list):
        raise PayloadRefused(Refused.SHAPE, "The body is not a list of reports.")
    read = ReadInjuries(told=len(parsed))
    newest: dict[tuple[str, str], ToldInjury] = {}
    for told in _told(parsed, read, captured_at):
        player = told.team, told.player
        earlier = newest.get(player)
        if earlier is not None and earlier.reported_at > told.reported_at:
            told, earlier = earlier, told
        if earlier is not None:
            _lay(read, Quarantined.DUPLICATE_REPORT, earlier.place, earlier)
        newest[player] = told
    read.reports = list(newest.values())
    return read


def _told(parsed: list[Any], read: ReadInjuries, captured_at: datetime) -> Iterator[ToldInjury]:
    for index, item in enumerate(parsed):
        place = f"[{index}]"
        try:
            report = msgspec.convert(item, Report)
        except msgspec.ValidationError as error:
            flaw = Quarantined.INJURY_SHAPE
            if "reported_at" in str(error) and isinstance(item, dict):
                flaw = flaw_of_time(item.get("reported_at"))
            _lay(read, flaw, place, item)
            continue
        status = _status(report.status)
        if not report.team.strip() or not report.player.strip() or len(report.player) > 100:
            _lay(read, Quarantined.INJURY_SHAPE, place, item)
        elif status is None:
            _lay(read, Quarantined.INJURY_STATUS, place, item)
        elif report.reported_at > captured_at + AHEAD_ALLOWED:
            _lay(read, Quarantined.TIME_IN_FUTURE, place, item)
        elif captured_at - report.reported_at > BEHIND_ALLOWED:
            _lay(read, Quarantined.TIME_IMPLAUSIBLE, place, item)
        else:
            yield ToldInjury(
                place=place,
                team=report.team.strip(),
                player=report.player.strip(),
                position=report.position.strip()[:16],
                status=status,
                note=report.note.strip(),
                reported_at=report.reported_at,
            )


def _status(text: str) -> InjuryStatus | None:
    """Read a status in any case; a word that is none of ours is not guessed at."""
    try:
        return InjuryStatus(text.strip().upper())
    except ValueError:
        return None


def _lay(read: ReadInjuries, code: Quarantined, place: str, item: Any) -> None:
    read.tray.lay(code, place, prices=1, fragment=item)
