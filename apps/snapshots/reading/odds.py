"""One body of odds into markets that can be believed: one row per event, book and market.

A market stands or falls as a whole: both sides of the same book, at mirrored lines, with prices
that are odds and add up to a plausible margin. What does not is laid aside with its code, and
the other markets of the body go on.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from apps.catalog.spelling import normalise
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import LineRange, OverroundLimits
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.duplicates import distinct
from apps.snapshots.reading.market import (
    BEHIND_ALLOWED,
    Judge,
    MarketReader,
    Names,
    ReadMarket,
    Where,
)
from apps.snapshots.reading.numbers import Numbers
from apps.snapshots.reading.tray import Tray
from apps.snapshots.reading.wire import (
    AmericanEvent,
    AnyEvent,
    DecimalEvent,
    decode_events,
    whole_text,
)

WINNER = "h2h"
BENCHES_KEPT = 64  # leagues times formats
LAY_KEYS = frozenset({"h2h_lay", "outrights_lay"})


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What of a league and its market configuration an odds body is read by."""

    american: bool  # how the feed writes prices: pinned, never guessed
    winner_market: MarketType
    period: Period
    ranges: Mapping[MarketType, LineRange]
    overround: OverroundLimits
    offered_above: Decimal

    def fingerprint(self) -> str:
        """The rules as one text: equal rules, equal verdicts."""
        spans = sorted(span.model_dump_json() for span in self.ranges.values())
        limits = self.overround.model_dump_json()
        return f"{self.american} {self.winner_market} {self.offered_above} {limits} {spans}"

    def kinds(self) -> dict[str, MarketType]:
        """Which of our markets a provider's key means."""
        return {
            WINNER: self.winner_market,
            "spreads": MarketType.SPREAD,
            "totals": MarketType.TOTAL,
        }


@dataclass(slots=True)
class ReadEvent:
    """One event of a body, with what could be believed of it."""

    place: str
    source_event_id: str
    home: str
    away: str
    start_time: datetime
    prices: int = 0  # of its believed markets
    markets: list[ReadMarket] = field(default_factory=list)
    # What the body names of it: what is laid aside has not left the board.
    books: set[str] = field(default_factory=set)
    named: set[tuple[str, MarketType]] = field(default_factory=set)


@dataclass(slots=True)
class ReadBoard:
    """One body, read. ``named`` are all events it tells about, also those laid aside."""

    events: list[ReadEvent]
    prices: int
    tray: Tray
    named: set[str]
    is_whole: bool  # nothing was laid aside that could be about any event


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


class Bench:
    """The judges of a league's markets, by the provider's key. Kept: verdicts repeat."""

    def __init__(self, rules: ReadingRules) -> None:
        self.numbers = Numbers(american=rules.american, offered_above=rules.offered_above)
        self.in_play = {
            key: Judge(kind, self.numbers, rules.overround, None)
            for key, kind in rules.kinds().items()
        }
        self.ahead = {
            key: Judge(kind, self.numbers, rules.overround, rules.ranges.get(kind))
            for key, kind in rules.kinds().items()
        }


_BENCHES: dict[str, Bench] = {}


def bench_for(rules: ReadingRules) -> Bench:
    """Return the judges of these very rules; a changed configuration gets judges of its own."""
    key = rules.fingerprint()
    if key not in _BENCHES:
        if len(_BENCHES) >= BENCHES_KEPT:
            _BENCHES.clear()
        _BENCHES[key] = Bench(rules)
    return _BENCHES[key]


class _BoardReader:
    """Reads the events of one body."""

    def __init__(self, rules: ReadingRules, captured_at: datetime, tray: Tray) -> None:
        self.kinds = rules.kinds()
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

    def event(self, event: AnyEvent, place: str, broken: list[tuple[str, str]]) -> ReadEvent | None:
        flaw = self._flaw_of(event)
        if flaw is not None or event.home_team is None or event.away_team is None:
            self._lay_event(flaw or Quarantined.EVENT_WITHOUT_TEAMS, event, place)
            return None
        read = ReadEvent(place, event.id, event.home_team, event.away_team, event.commence_time)
        for book_key, market_key in broken:
            self._name(read, book_key, market_key)
        names = Names(event.home_team, event.away_team)
        # A game under way may stand anywhere: the league's ranges are those of main lines before.
        ahead = self.captured_at < event.commence_time
        judges = self.bench.ahead if ahead else self.bench.in_play
        for where in self._places(event, place):
            read.books.add(where.book.key)
            judge = judges.get(where.market.key)
            if judge is None:
                code = _not_stored(where.market.key)
                self.tray.lay(code, place, prices=len(where.market.outcomes))
                continue
            read.named.add((where.book.key, judge.kind))
            market = self.markets.read(where, names, judge)
            if market is not None:
                read.markets.append(market)
                read.prices += len(market.prices)
        return read

    def _flaw_of(self, event: AnyEvent) -> Quarantined | None:
        if not event.home_team or not event.away_team:
            return Quarantined.EVENT_WITHOUT_TEAMS
        if normalise(event.home_team) == normalise(event.away_team):
            return Quarantined.EVENT_SAME_TEAM_TWICE
        if abs(event.commence_time - self.captured_at) > BEHIND_ALLOWED:
            return Quarantined.TIME_IMPLAUSIBLE
        return None

    def _places(self, event: AnyEvent, place: str) -> Iterator[Where]:
        """Walk the markets of an event, each book and each of its markets once."""

        def lay_book(index: int, book: object) -> None:
            for market_index, market in enumerate(book.markets):  # type: ignore[attr-defined]
                where = Where(event.id, place, book, market, index, market_index)
                self._lay_duplicate(Quarantined.DUPLICATE_BOOKMAKER, where)

        for book_index, book in distinct(event.bookmakers, lambda book: book.key, lay_book):

            def lay_market(
                index: int, market: object, book: object = book, book_index: int = book_index
            ) -> None:
                where = Where(event.id, place, book, market, book_index, index)
                self._lay_duplicate(Quarantined.DUPLICATE_MARKET, where)

            for index, market in distinct(book.markets, lambda market: market.key, lay_market):
                yield Where(event.id, place, book, market, book_index, index)

    def _name(self, event: ReadEvent, book_key: str, market_key: str) -> None:
        """Note that the body names a book or market of which a piece was laid aside."""
        if not book_key:
            return
        event.books.add(book_key)
        kinds = [self.kinds[market_key]] if market_key in self.kinds else self.kinds.values()
        event.named.update((book_key, kind) for kind in kinds)

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


def _not_stored(market_key: str) -> Quarantined:
    if market_key in LAY_KEYS:
        return Quarantined.LAY_NOT_STORED
    if market_key.startswith("alternate_"):
        return Quarantined.ALTERNATE_NOT_STORED
    return Quarantined.MARKET_NOT_STORED
