"""A change log that rebuilds the board at each of its polls, in The Odds API's shape.

A row of the log says that a price or point of (event, book, market) changed at a poll; what it
does not name stayed as it was, with the last_update it had. Nothing is stamped anew.
"""

import csv
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest
from apps.snapshots.providers.recorded.games import RecordedEvent, recorded_events
from apps.snapshots.providers.recorded.shelf import Shelf, instant, written

MARKETS = ("h2h", "spreads", "totals")
GONE = "gone"
STILL_AHEAD = timedelta(seconds=60)


class Change(NamedTuple):
    """One row of a log."""

    captured_at: datetime
    event_id: str
    book: str
    market: str
    kind: str
    in_play: bool
    last_update: str
    prices: tuple[str, str, str]  # side 1, side 2, draw; as written
    points: tuple[str, str]


class ChangeLog:
    """Every change of one or several logs, by poll, with the games they are about."""

    def __init__(self, *, changelogs: Sequence[Path], events: Path) -> None:
        self.events = recorded_events(events)
        self.by_poll: defaultdict[datetime, list[Change]] = defaultdict(list)
        flags: defaultdict[str, dict[datetime, bool]] = defaultdict(dict)
        for change in _changes(changelogs):
            self.by_poll[change.captured_at].append(change)
            flags[change.event_id][change.captured_at] = change.in_play
        self.instants = sorted(self.by_poll)
        self._flags = {
            event_id: (sorted(seen), [seen[moment] for moment in sorted(seen)])
            for event_id, seen in flags.items()
        }

    def reported_start(self, event: RecordedEvent, moment: datetime) -> datetime:
        """The start that the feed must have reported at a poll, for in_play to come out right.

        The log keeps no start per poll: it is the first known one, except where the log says
        otherwise. At a poll without a row of the event, the rows around it say.
        """
        in_play = self._in_play(event, moment)
        if in_play and moment < event.start:
            return moment
        if not in_play and moment >= event.start:
            return moment + STILL_AHEAD
        return event.start

    def _in_play(self, event: RecordedEvent, moment: datetime) -> bool:
        moments, flags = self._flags[event.id]
        index = bisect_left(moments, moment)
        if index < len(moments) and moments[index] == moment:
            return flags[index]
        before = flags[index - 1] if index else False
        after = flags[index] if index < len(moments) else moment >= event.start
        return before if before == after else moment >= event.start


@dataclass(slots=True)
class _BookBoard:
    """What one book shows of one event: markets as they are written, and the newest of them."""

    markets: dict[str, tuple[str, str]] = field(default_factory=dict)  # key: (last_update, JSON)
    written: str = ""


@dataclass(slots=True)
class _EventBoard:
    event: RecordedEvent
    head: str
    outcomes: dict[str, tuple[str, str, str]]  # market: how side 1, side 2 and draw are named
    books: dict[str, _BookBoard] = field(default_factory=dict)
    bookmakers: str | None = None  # written, until something changes


class RecordedOdds:
    """Plays a change log: at each poll the whole board, every unchanged quote as it was.

    Boards are kept written from poll to poll, and only what changed is written again.
    """

    def __init__(self, log: ChangeLog) -> None:
        self.log = log
        self.shelf = Shelf(log.instants)
        self._boards: dict[str, _EventBoard] = {}
        self._applied = 0  # polls of the log that the boards have seen

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        index = self.shelf.position(request)
        if index is None:
            return self.shelf.nothing_yet(request)
        return self.shelf.answer(request, index, self.body_at(index, request.league_key))

    def body_at(self, index: int, sport_key: str) -> bytes:
        """Write the board of a poll; the next one is quickest, an earlier one starts over."""
        if index < self._applied:
            self._boards, self._applied = {}, 0
        while self._applied <= index:
            self._apply(self.log.by_poll[self.log.instants[self._applied]])
            self._applied += 1
        moment = self.log.instants[index]
        told = {change.event_id for change in self.log.by_poll[moment]}
        events = [
            self._written(board, moment)
            for board in self._boards.values()
            if board.event.sport_key == sport_key
            # A game that left the feed is shown once more, empty, by the poll that says so.
            and (board.event.id in told or moment <= board.event.last_seen)
        ]
        return f"[{','.join(events)}]".encode()

    def _apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            board = self._boards.get(change.event_id)
            if board is None:
                board = _fresh_board(self.log.events[change.event_id])
                self._boards[change.event_id] = board
            board.bookmakers = None
            book = board.books.setdefault(change.book, _BookBoard())
            if change.kind == GONE:
                book.markets.pop(change.market, None)
            else:
                names = board.outcomes[change.market]
                book.markets[change.market] = (change.last_update, _market(change, names))
            book.written = _bookmaker(change.book, book)

    def _written(self, board: _EventBoard, moment: datetime) -> str:
        if board.bookmakers is None:
            board.bookmakers = ",".join(
                book.written for book in board.books.values() if book.markets
            )
        start = written(self.log.reported_start(board.event, moment))
        return f'{board.head}"commence_time":"{start}","bookmakers":[{board.bookmakers}]}}'


def _changes(paths: Iterable[Path]) -> Iterable[Change]:
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield Change(
                    captured_at=instant(row["captured_at"]),
                    event_id=row["event_id"],
                    book=row["book"],
                    market=row["market"],
                    kind=row["kind"],
                    in_play=row["in_play"] == "1",
                    last_update=row["last_update"],
                    prices=(row["side1_price"], row["side2_price"], row["draw_price"]),
                    points=(row["side1_point"], row["side2_point"]),
                )


def _fresh_board(event: RecordedEvent) -> _EventBoard:
    head = {
        "id": event.id,
        "sport_key": event.sport_key,
        "home_team": event.home,
        "away_team": event.away,
    }
    teams = (event.home, event.away, "Draw")
    return _EventBoard(
        event=event,
        head=_json(head)[:-1] + ",",
        outcomes={"h2h": teams, "spreads": teams, "totals": ("Over", "Under", "")},
    )


def _market(change: Change, names: tuple[str, str, str]) -> str:
    outcomes = []
    for index, (name, price) in enumerate(zip(names, change.prices, strict=True)):
        if price:
            point = change.points[index] if index < len(change.points) else ""
            tail = f',"point":{point}' if point else ""
            outcomes.append(f'{{"name":{_json(name)},"price":{price}{tail}}}')
    return (
        f'{{"key":"{change.market}","last_update":"{change.last_update}",'
        f'"outcomes":[{",".join(outcomes)}]}}'
    )


def _bookmaker(key: str, book: _BookBoard) -> str:
    if not book.markets:
        return ""
    newest = max(update for update, _market in book.markets.values())
    markets = ",".join(book.markets[name][1] for name in MARKETS if name in book.markets)
    return f'{{"key":"{key}","title":{_json(key)},"last_update":"{newest}","markets":[{markets}]}}'


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
