"""One market of one book: its sides, its main line, its prices, held against each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from apps.catalog.spelling import normalise
from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Side, mirror_line
from apps.rulebook.thresholds import LineRange, OverroundLimits
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.duplicates import by_content
from apps.snapshots.reading.numbers import Flaw, Numbers
from apps.snapshots.reading.tray import Tray

AHEAD_ALLOWED = timedelta(minutes=5)
BEHIND_ALLOWED = timedelta(days=400)  # an outright may stand for a season

_FIRST_SIDES = (Side.HOME, Side.OVER)


class ReadMarket(NamedTuple):
    """One book's market of one event, every side of it."""

    book_key: str
    market_type: MarketType
    observed_at: datetime  # the provider's last_update
    line: Decimal | None  # as given to the first side
    prices: tuple[Decimal, ...]  # in the order of MARKET_SIDES
    quoted: tuple[int | None, ...]  # American odds as written


class Where(NamedTuple):
    """Where in a body a market stands: put into words only when something is wrong with it."""

    event_id: str
    event_place: str
    book: Any
    market: Any
    book_index: int
    market_index: int

    @property
    def place(self) -> str:
        return f"{self.event_place}.bookmakers[{self.book_index}].markets[{self.market_index}]"


class Names:
    """Which side an outcome's name means, for one event."""

    def __init__(self, home: str, away: str) -> None:
        self.by_team = {home: Side.HOME, away: Side.AWAY, "Draw": Side.DRAW}
        self.by_total = {"Over": Side.OVER, "Under": Side.UNDER}

    def side(self, name: str, kind: MarketType) -> Side | None:
        known = self.by_total if kind is MarketType.TOTAL else self.by_team
        side = known.get(name)
        if side is None:  # the same name in another Unicode form, or nobody's
            side = {normalise(text): side for text, side in known.items()}.get(normalise(name))
        return side


class MarketReader:
    """Believes a market, or says why not. Every outcome is accounted for, on one side or other."""

    def __init__(
        self, numbers: Numbers, limits: OverroundLimits, *, captured_at: datetime, tray: Tray
    ) -> None:
        self.numbers = numbers
        self.low, self.high = limits.store_low, limits.store_high
        self.latest = captured_at + AHEAD_ALLOWED
        self.earliest = captured_at - BEHIND_ALLOWED
        self.tray = tray

    def read(
        self,
        where: Where,
        kind: MarketType,
        names: Names,
        ranges: Mapping[MarketType, LineRange],
    ) -> ReadMarket | None:
        """Return the market's main line, or None where nothing of it can be believed."""
        outcomes: Sequence[Any] = where.market.outcomes
        try:
            updated = self._time(where.market.last_update or where.book.last_update)
            ordered = _in_order(outcomes, kind, names)
            if ordered is None:
                ordered = self._main_line(where, kind, names)
                # What is not on the main line has been laid aside by now.
                outcomes = ordered
            if not ordered:
                return None
            line = self._line(kind, ordered, ranges)
            prices = self._prices(where, ordered)
        except Flaw as flaw:
            self._lay_market(flaw.code, where, len(outcomes))
            return None
        if prices is None:
            return None
        if not self.low <= sum(map(self.numbers.implied, prices)) <= self.high:
            self._lay_market(Quarantined.OVERROUND, where, len(outcomes))
            return None
        quoted = tuple(outcome.price if self.numbers.american else None for outcome in ordered)
        return ReadMarket(where.book.key, kind, updated, line, prices, quoted)

    def _time(self, updated: datetime | None) -> datetime:
        if updated is None:
            raise Flaw(Quarantined.LAST_UPDATE_MISSING)
        if updated > self.latest:
            raise Flaw(Quarantined.TIME_IN_FUTURE)
        if updated < self.earliest:
            raise Flaw(Quarantined.TIME_IMPLAUSIBLE)
        return updated

    def _line(
        self, kind: MarketType, ordered: Sequence[Any], ranges: Mapping[MarketType, LineRange]
    ) -> Decimal | None:
        points = [outcome.point for outcome in ordered]
        if kind not in LINED_MARKETS:
            if any(point is not None for point in points):
                raise Flaw(Quarantined.LINE_UNEXPECTED)
            return None
        if None in points:
            raise Flaw(Quarantined.LINE_MISSING)
        line, other = map(self.numbers.line, points)
        if other != mirror_line(kind, line):
            is_spread = kind is MarketType.SPREAD
            raise Flaw(Quarantined.SPREAD_SIGNS if is_spread else Quarantined.TOTALS_DIFFER)
        if kind is MarketType.TOTAL and line <= 0:
            raise Flaw(Quarantined.LEAGUE_RANGE)
        if kind in ranges and not ranges[kind].holds(line):
            raise Flaw(Quarantined.LEAGUE_RANGE)
        return line

    def _prices(self, where: Where, ordered: Sequence[Any]) -> tuple[Decimal, ...] | None:
        """Convert every side; one that is no price is laid aside, and its partners with it."""
        prices: list[Decimal] = []
        flaws: list[Quarantined | None] = []
        for outcome in ordered:
            price = self.numbers.price(outcome.price)
            if isinstance(price, Quarantined):
                flaws.append(price)
            else:
                prices.append(price)
                flaws.append(None)
        if len(prices) == len(ordered):
            return tuple(prices)
        for outcome, flaw in zip(ordered, flaws, strict=True):
            self._lay_outcome(flaw or Quarantined.MISSING_SIDE, where, outcome)
        return None

    def _main_line(self, where: Where, kind: MarketType, names: Names) -> list[Any]:
        """Find the main line among outcomes that are more, fewer or others than the sides.

        The main line is the one whose sides are priced most alike; then the smaller, then the
        lower. The others are alternates: counted, not stored.

        Raises:
            Flaw: an outcome is of no side that the market has.
        """
        by_line = self._by_line(where, kind, names)
        expected = MARKET_SIDES[kind]
        whole = {
            line: [found[side] for side in expected]
            for line, found in by_line.items()
            if len(found) == len(expected)
        }
        for line in by_line.keys() - whole.keys():
            for outcome in by_line[line].values():
                self._lay_outcome(Quarantined.MISSING_SIDE, where, outcome)
        if not whole:
            return []
        main = min(whole, key=lambda line: (self._lean(whole[line]), abs(line or 0), line or 0))
        for line in whole.keys() - {main}:
            self.tray.lay(Quarantined.ALTERNATE_NOT_STORED, where.place, prices=len(whole[line]))
        return whole[main]

    def _by_line(
        self, where: Where, kind: MarketType, names: Names
    ) -> Mapping[float | None, Mapping[Side, Any]]:
        expected = MARKET_SIDES[kind]
        sides = [names.side(outcome.name, kind) for outcome in where.market.outcomes]
        if Side.DRAW in sides and Side.DRAW not in expected:
            raise Flaw(Quarantined.TOO_MANY_SIDES)
        if None in sides:
            raise Flaw(Quarantined.UNKNOWN_OUTCOME)
        by_line: defaultdict[float | None, dict[Side, Any]] = defaultdict(dict)
        told = sorted(
            zip(sides, where.market.outcomes, strict=True), key=lambda pair: by_content(pair[1])
        )
        for side, outcome in told:
            assert side is not None
            line = _line_of_first(kind, side, outcome.point)
            if side in by_line[line]:
                self._lay_outcome(Quarantined.DUPLICATE_OUTCOME, where, outcome)
            else:
                by_line[line][side] = outcome
        return by_line

    def _lean(self, outcomes: Sequence[Any]) -> Decimal:
        """How differently the sides are priced; without a bound where one is no price."""
        prices = [self.numbers.price(outcome.price) for outcome in outcomes]
        implied = [self.numbers.implied(price) for price in prices if isinstance(price, Decimal)]
        if len(implied) < len(prices):
            return Decimal("Infinity")
        return max(implied) - min(implied)

    def _lay_market(self, code: Quarantined, where: Where, prices: int) -> None:
        self.tray.lay(
            code,
            where.place,
            prices=prices,
            source_event_id=where.event_id,
            book_key=where.book.key,
            market_key=where.market.key,
            fragment=where.market,
        )

    def _lay_outcome(self, code: Quarantined, where: Where, outcome: Any) -> None:
        self.tray.lay(
            code,
            where.place,
            prices=1,
            source_event_id=where.event_id,
            book_key=where.book.key,
            market_key=where.market.key,
            fragment=outcome,
        )


def _in_order(outcomes: Sequence[Any], kind: MarketType, names: Names) -> list[Any] | None:
    """Put the outcomes into the order of the sides; None unless there is exactly one of each."""
    expected = MARKET_SIDES[kind]
    if len(outcomes) != len(expected):
        return None
    by_side = {names.side(outcome.name, kind): outcome for outcome in outcomes}
    ordered = [by_side[side] for side in expected if side in by_side]
    return ordered if len(ordered) == len(expected) else None


def _line_of_first(kind: MarketType, side: Side, point: float | None) -> float | None:
    """The line of an outcome as the market's first side has it: what its pair shares."""
    if point is None or kind is not MarketType.SPREAD or side in _FIRST_SIDES:
        return point
    return -point
