"""One body of odds into markets that can be believed: one row per event, book and market.

A market stands or falls as a whole: both sides of the same book, at mirrored lines, with prices
that are odds and add up to a plausible margin. What does not is laid aside with its code, and
the other markets of the body go on.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from apps.catalog.spelling import normalise
from apps.rulebook.markets import MarketType
from apps.snapshots.reading.bench import ReadingRules, bench_for
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.duplicates import distinct
from apps.snapshots.reading.market import (
    BEHIND_ALLOWED,
    Judge,
    MarketReader,
    Memory,
    ReadMarket,
    Where,
)
from apps.snapshots.reading.tray import Tray
from apps.snapshots.reading.wire import (
    AmericanEvent,
    AnyEvent,
    DecimalEvent,
    decode_events,
    whole_text,
)

LAY_KEYS = frozenset({"h2h_lay", "outrights_lay"})


@dataclass(slots=True)
class ReadEvent:
    """One event of a body, with what could be believed of it."""

    place: str
    source_event_id: str
    home: str
    away: str
    start_time: datetime
    told: AnyEvent
    broken: Sequence[tuple[str, str]]  # book and market of pieces that had no shape
    prices: int = 0  # of its believed markets
    markets: list[ReadMarket] = field(default_factory=list)

    def named_books(self) -> set[str]:
        """Books that the body names for it, whatever became of their markets."""
        return {book.key for book in self.told.bookmakers} | {key for key, _market in self.broken}

    def named_markets(self, kinds: Mapping[str, MarketType]) -> set[tuple[str, MarketType]]:
        """Books and markets that the body names: what is laid aside has not left the board."""
        named = {
            (book.key, kinds[market.key])
            for book in self.told.bookmakers
            for market in book.markets
            if market.key in kinds
        }
        for book_key, market_key in self.broken:
            broken = [kinds[market_key]] if market_key in kinds else kinds.values()
            named.update((book_key, kind) for kind in broken)
        return named


@dataclass(slots=True)
class ReadBoard:
    """One body, read. ``named`` are all events it tells about, also those laid aside."""

    events: list[ReadEvent]
    prices: int
    tray: Tray
    named: set[str]
    is_whole: bool  # nothing was laid aside that could be about any event

    def keep(self, source_event_ids: frozenset[str]) -> None:
        """Leave out every other event, and what was laid aside: it is accounted for already."""
        self.events = [one for one in self.events if one.source_event_id in source_event_ids]
        self.prices = sum(one.prices for one in self.events)
        self.tray = Tray()
        self.named = {one.source_event_id for one in self.events}


def read_board(body: bytes, rules: ReadingRules, *, captured_at: datetime) -> ReadBoard:
    """Read one odds body.

    Raises:
        PayloadRefused: nothing in it can be read.
    """
    tray = Tray()
    kind = AmericanEvent if rules.american else DecimalEvent
    events, prices = decode_events(whole_text(body), kind, tray)
    broken: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for piece in tray.pieces:
        broken[piece.source_event_id].append((piece.book_key, piece.market_key))

    reader = _BoardReader(rules, captured_at, tray)
    read = [
        one
        for index, event in reader.distinct_events(events)
        if (one := reader.event(event, f"[{index}]", broken[event.id])) is not None
    ]
    return ReadBoard(
        events=read,
        prices=prices,
        tray=tray,
        named={event.id for event in events} | broken.keys(),
        is_whole="" not in broken,
    )


class _BoardReader:
    """Reads the events of one body."""

    def __init__(self, rules: ReadingRules, captured_at: datetime, tray: Tray) -> None:
        self.captured_at = captured_at
        self.tray = tray
        self.bench = bench_for(rules)
        self.markets = MarketReader(self.bench.numbers, captured_at=captured_at, tray=tray)

    def distinct_events(self, events: list[AnyEvent]) -> Iterator[tuple[int, AnyEvent]]:
        return distinct(
            events,
            lambda event: event.id,
            lambda index, event: self._lay_event(Quarantined.DUPLICATE_EVENT, event, f"[{index}]"),
        )

    def event(
        self, event: AnyEvent, place: str, broken: Sequence[tuple[str, str]]
    ) -> ReadEvent | None:
        flaw = self._flaw_of(event)
        if flaw is not None or event.home_team is None or event.away_team is None:
            self._lay_event(flaw or Quarantined.EVENT_WITHOUT_TEAMS, event, place)
            return None
        read = ReadEvent(
            place=place,
            source_event_id=event.id,
            home=event.home_team,
            away=event.away_team,
            start_time=event.commence_time,
            told=event,
            broken=broken,
        )
        # A game under way may stand anywhere: the league's ranges are those of main lines before.
        ahead = self.captured_at < event.commence_time
        judges = self.bench.ahead if ahead else self.bench.in_play
        memory = self.bench.memory_of(event.home_team, event.away_team, ahead=ahead)
        for book_index, book in self._books(event, place):
            believed: Sequence[ReadMarket | None] = []
            if len({market.key for market in book.markets}) == len(book.markets):
                believed = self.markets.known(book, memory, judges)
            if not believed or None in believed:
                believed = self._read(believed, event, place, book, book_index, memory, judges)
            read.markets += believed  # type: ignore[arg-type]  # None of them is left out
        read.prices = sum([len(market.prices) for market in read.markets])
        return read

    def _read(
        self,
        believed: Sequence[ReadMarket | None],
        event: AnyEvent,
        place: str,
        book: Any,
        book_index: int,
        memory: Memory,
        judges: Mapping[str, Judge],
    ) -> list[ReadMarket]:
        """Read those markets of a book that the short way has not read."""
        read: list[ReadMarket] = []
        for index, market in self._markets(event, place, book, book_index):
            known = believed[index] if believed else None
            judge = judges.get(market.key)
            if judge is None:
                self.tray.lay(_not_stored(market.key), place, prices=len(market.outcomes))
                continue
            if known is None:
                where = Where(event.id, place, book, market, book_index, index)
                known = self.markets.read(where, memory.names, judge)
            if known is not None:
                read.append(known)
        return read

    def _flaw_of(self, event: AnyEvent) -> Quarantined | None:
        if not event.home_team or not event.away_team:
            return Quarantined.EVENT_WITHOUT_TEAMS
        if normalise(event.home_team) == normalise(event.away_team):
            return Quarantined.EVENT_SAME_TEAM_TWICE
        if abs(event.commence_time - self.captured_at) > BEHIND_ALLOWED:
            return Quarantined.TIME_IMPLAUSIBLE
        return None

    def _books(self, event: AnyEvent, place: str) -> Iterator[tuple[int, Any]]:
        def lay(index: int, book: Any) -> None:
            for market_index, market in enumerate(book.markets):
                where = Where(event.id, place, book, market, index, market_index)
                self._lay_duplicate(Quarantined.DUPLICATE_BOOKMAKER, where)

        return distinct(event.bookmakers, _key, lay)

    def _markets(
        self, event: AnyEvent, place: str, book: Any, book_index: int
    ) -> Iterator[tuple[int, Any]]:
        def lay(index: int, market: Any) -> None:
            where = Where(event.id, place, book, market, book_index, index)
            self._lay_duplicate(Quarantined.DUPLICATE_MARKET, where)

        return distinct(book.markets, _key, lay)

    def _lay_event(self, code: Quarantined, event: AnyEvent, place: str) -> None:
        prices = sum(len(market.outcomes) for book in event.bookmakers for market in book.markets)
        self.tray.lay(
            code,
            place,
            prices=prices,
            source_event_id=event.id,
            fragment={
                "home_team": event.home_team,
                "away_team": event.away_team,
                "commence_time": event.commence_time,
            },
        )

    def _lay_duplicate(self, code: Quarantined, where: Where) -> None:
        self.tray.lay(
            code,
            where.place,
            prices=len(where.market.outcomes),
            source_event_id=where.event_id,
            book_key=where.book.key,
            market_key=where.market.key,
            fragment=where.market,
        )


_key = attrgetter("key")


def _not_stored(market_key: str) -> Quarantined:
    if market_key in LAY_KEYS:
        return Quarantined.LAY_NOT_STORED
    if market_key.startswith("alternate_"):
        return Quarantined.ALTERNATE_NOT_STORED
    return Quarantined.MARKET_NOT_STORED
