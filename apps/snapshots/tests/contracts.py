"""Every implementation of every port, ready to be asked: whoever adds one adds its line here.

The live adapter is asked over a socket, against the sandbox; the others read what they are given.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apps.snapshots.providers.files import Files
from apps.snapshots.providers.oddsapi import Client, Key, OddsApi
from apps.snapshots.providers.ports import (
    ArchiveProvider,
    EventOddsProvider,
    FetchOutcome,
    FetchRequest,
    HistoryProvider,
    InjuryProvider,
    MarketDataProvider,
    ParticipantsProvider,
    ResultsProvider,
    ScheduleProvider,
)
from apps.snapshots.providers.recorded import (
    ChangeLog,
    RecordedArchive,
    RecordedBodies,
    RecordedOdds,
    RecordedResults,
)

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 2, 25, 22, 0, tzinfo=UTC)  # of the sandbox: six games this evening
SUNDAY = datetime(2025, 10, 12, 12, 0, tzinfo=UTC)  # of the recordings
SFL, NFL = "americanfootball_sfl", "americanfootball_nfl"

_EVENTS = (
    "event_id,sport_key,home,away,commence_first,first_seen,last_seen,game_id\n"
    "game1,americanfootball_nfl,New York Jets,Denver Broncos,2025-10-12T13:30:00Z,"
    "2025-10-12T12:00:00Z,2025-10-12T13:40:00Z,2025_06_DEN_NYJ\n"
)
_LOG = (
    "captured_at,last_update,event_id,book,market,kind,in_play,"
    "side1_price,side2_price,draw_price,side1_point,side2_point\n"
    "2025-10-12T12:00:00Z,2025-10-12T11:59:00Z,game1,fanduel,spreads,first,0,-110,-110,,7.5,-7.5\n"
    "2025-10-12T12:10:00Z,2025-10-12T12:09:00Z,game1,fanduel,spreads,change,0,-105,-115,,7,-7\n"
)
_GAMES = (
    "game_id,gameday,gametime,home_team,away_team,home_score,away_score,location,overtime\n"
    "2025_06_DEN_NYJ,2025-10-12,09:30,NYJ,DEN,11,13,Neutral,0\n"
)
_SHEET = (
    "id,home_team,away_team,commence_time,home_score,away_score\n"
    "game1,New York Jets,Denver Broncos,2025-10-12T13:30:00Z,11,13\n"
)
_INJURIES = (
    "team,player,position,status,note,reported_at\n"
    "New York Jets,Sam Sampleton,QB,OUT,Shoulder,2025-10-11T20:00:00Z\n"
)

Ask = Callable[[FetchRequest], FetchOutcome]


@dataclass(frozen=True)
class Implementation:
    """One implementation of one port, and a question that it has an answer to."""

    name: str
    port: type
    method: str
    build: Callable[["World"], Any]
    league: str = NFL
    at: datetime = SUNDAY
    options: dict[str, Any] = field(default_factory=dict)
    about: Callable[[Any, "World"], dict[str, Any]] = lambda provider, world: {}
    steady: bool = True  # the same question brings the same bytes

    def question(self, provider: Any, world: "World", **other: Any) -> FetchRequest:
        plain = {"league_key": self.league, "at": self.at, "options": self.options}
        return FetchRequest(**{**plain, **self.about(provider, world), **other})

    def ask(self, provider: Any) -> Ask:
        return getattr(provider, self.method)


@dataclass
class World:
    """What the implementations are built from: a server that answers, and a folder."""

    server: Any
    folder: Path

    def file(self, name: str, text: str, *, at: datetime = SUNDAY) -> Path:
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    @property
    def live(self) -> OddsApi:
        return OddsApi(Client(self.server.address, Key(self.server.key)))

    def bodies(self) -> RecordedBodies:
        folder = self.folder / "bodies"
        folder.mkdir(exist_ok=True)
        (folder / "20251012T120000Z.json").write_text("[]")
        return RecordedBodies(folder)


def _an_event(provider: OddsApi, world: World) -> dict[str, Any]:
    told = provider.fetch_events(FetchRequest(SFL, AFTERNOON))
    return {"event_key": json.loads(told.body or b"[]")[0]["id"]}


def _a_moment(provider: OddsApi, world: World) -> dict[str, Any]:
    return {"moment": AFTERNOON - timedelta(days=1)}


def _live(port: type, method: str, **other: Any) -> Implementation:
    return Implementation(
        f"oddsapi {method}",
        port,
        method,
        lambda world: world.live,
        **{"league": SFL, "at": AFTERNOON, **other},
    )


IMPLEMENTATIONS = (
    _live(MarketDataProvider, "fetch_odds"),
    _live(EventOddsProvider, "fetch_event_odds", about=_an_event),
    _live(HistoryProvider, "fetch_history", about=_a_moment),
    _live(ScheduleProvider, "fetch_leagues"),
    _live(ScheduleProvider, "fetch_events"),
    _live(ResultsProvider, "fetch_results"),
    _live(ParticipantsProvider, "fetch_participants"),
    Implementation(
        "recorded change log",
        MarketDataProvider,
        "fetch_odds",
        lambda world: RecordedOdds(
            ChangeLog(
                changelogs=[world.file("log.csv", _LOG)], events=world.file("events.csv", _EVENTS)
            )
        ),
    ),
    Implementation(
        "recorded bodies", MarketDataProvider, "fetch_odds", lambda world: world.bodies()
    ),
    Implementation(
        "recorded bodies of scores", ResultsProvider, "fetch_results", lambda world: world.bodies()
    ),
    Implementation(
        "recorded results",
        ResultsProvider,
        "fetch_results",
        lambda world: RecordedResults(
            results=[world.file("results.csv", _GAMES)], events=world.file("events.csv", _EVENTS)
        ),
        at=SUNDAY + timedelta(hours=8),
    ),
    Implementation(
        "recorded archive",
        ArchiveProvider,
        "fetch_archive",
        lambda world: RecordedArchive(world.file("games.csv", _GAMES)),
        options={"from": SUNDAY.isoformat()},
    ),
    Implementation(
        "file of results",
        ResultsProvider,
        "fetch_results",
        lambda world: Files(world.file("scores.csv", _SHEET)),
        at=SUNDAY + timedelta(hours=8),
    ),
    Implementation(
        "file of injuries",
        InjuryProvider,
        "fetch_injuries",
        lambda world: Files(world.file("injuries.csv", _INJURIES)),
    ),
)
