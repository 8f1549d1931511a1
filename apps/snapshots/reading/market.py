"""One market of one book: its sides, its main line, its prices, held against each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from apps.catalog.spelling import normalise
from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Side, mirror_line
from apps.rulebook.thresholds import LineRange, OverroundLimits
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.duplicates import by_content
from apps.snapshots.reading.numbers import Numbers
from apps.snapshots.reading.tray import Tray

AHEAD_ALLOWED = timedelta(minutes=5)
BEHIND_ALLOWED = timedelta(days=400)  # an outright may stand for a season

VERDICTS_KEPT = 50_000  # some weeks of a league's boards; then it starts anew

TOLD_KEPT = 4_000  # of one event: a day of it

_FIRST_SIDES = (Side.HOME, Side.OVER)


class ReadMarket(NamedTuple):
    """One book's market of one event, every side of it."""

    book_key: str
    market_type: MarketType
    observed_at: datetime  # the provider's last_update
    line: Decimal | None  # as given to the first side
    prices: tuple[Decimal, ...]  # in the order of MARKET_SIDES
    quoted: tuple[int | None, ...]  # American odds as written


_made = partial(tuple.__new__, ReadMarket)  # without the checks of a call by names


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

    def in_order(self, outcomes: Sequence[Any], kind: MarketType) -> list[Any] | None:
        """Put outcomes into the order of the sides; None unless there is exactly one of each."""
        expected = MARKET_SIDES[kind]
        if len(outcomes) != len(expected):
            return None
        known = self.by_total if kind is MarketType.TOTAL else self.by_team
        sides = [known.get(outcome.name) for outcome in outcomes]
        if sides == [*expected]:
            return list(outcomes)
        if None in sides:
            sides = [self.side(outcome.name, kind) for outcome in outcomes]
        by_side = dict(zip(sides, outcomes, strict=True))
        ordered = [by_side[side] for side in expected if side in by_side]
        return ordered if len(ordered) == len(expected) else None

    def side(self, name: str, kind: MarketType) -> Side | None:
        known = self.by_total if kind is MarketType.TOTAL else self.by_team
        side = known.get(name)
        if side is None:  # the same name in another Unicode form, or nobody's
            side = {normalise(text): side for text, side in known.items()}.get(normalise(name))
        return side


# One book's market of an event as it is told, and what it was believed to say.
_Told = tuple[str, str, float, float | None, str, float, float | None]
_Known = tuple[MarketType, Decimal | None, tuple[Decimal, ...], tuple[int | float | None, ...]]


class Memory:
    """What was believed of one event's markets: books repeat each other, and polls repeat books."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.believed: dict[_Told, _Known] = {}

    def keep(self, told: _Told, known: _Known) -> None:
        if len(self.believed) >= TOLD_KEPT:
            self.believed.clear()
        self.believed[told] = known


class Verdict(NamedTuple):
    """What becomes of one line: believed, or flawed as a whole, or side by side."""

    line: Decimal | None = None
    prices: tuple[Decimal, ...] = ()
    flaw: Quarantined | None = None
    flaws_of_sides: tuple[Quarantined, ...] = ()


class Judge:
    """Holds the sides of one kind of market against each other.

    A verdict depends on the quoted numbers alone, and boards repeat themselves from poll to
    poll: each combination is judged once.
    """

    def __init__(
        self, kind: MarketType, numbers: Numbers, limits: OverroundLimits, span: LineRange | None
    ) -> None:
        self.kind = kind
        self.numbers = numbers
        self.low, self.high = limits.store_low, limits.store_high
        self.span = span
        self._verdicts: dict[tuple[float | None, ...], Verdict] = {}
        self._believed: dict[tuple[float | None, ...], Verdict] = {}
        self.is_total = kind is MarketType.TOTAL
        self.pair = MARKET_SIDES[kind]
        self.remembered = self._believed.get

    def judge(self, quoted: tuple[float | None, ...], sides: int) -> Verdict:
        """Judge the prices of all sides, followed by their points."""
        verdict = self._verdicts.get(quoted)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS_KEPT:
                self._verdicts.clear()
                self._believed.clear()
            verdict = self._verdicts[quoted] = self._judged(quoted[:sides], quoted[sides:])
            if verdict.prices:
                self._believed[quoted] = verdict
        return verdict

    def _judged(self, quoted: Sequence[float | None], points: Sequence[float | None]) -> Verdict:
        line = self._line(points)
        if isinstance(line, Quarantined):
            return Verdict(flaw=line)
        converted = [self.numbers.price(price) for price in quoted if price is not None]
        prices = tuple(price for price in converted if isinstance(price, Decimal))
        if len(prices) < len(quoted):
            return Verdict(
                flaws_of_sides=tuple(
                    Quarantined.MISSING_SIDE if isinstance(price, Decimal) else price
                    for price in converted
                )
            )
        if not self.low <= sum(1 / price for price in prices) <= self.high:
            return Verdict(flaw=Quarantined.OVERROUND)
        return Verdict(line, prices)

    def _line(self, points: Sequence[float | None]) -> Decimal | Quarantined | None:
        if self.kind not in LINED_MARKETS:
            unexpected = any(point is not None for point in points)
            return Quarantined.LINE_UNEXPECTED if unexpected else None
        lines = [None if point is None else self.numbers.line(point) for point in points]
        for line in lines:
            if not isinstance(line, Decimal):
                return line or Quarantined.LINE_MISSING
        line, other = lines
        assert isinstance(line, Decimal)
        if other != mirror_line(self.kind, line):
            is_spread = self.kind is MarketType.SPREAD
            return Quarantined.SPREAD_SIGNS if is_spread else Quarantined.TOTALS_DIFFER
        below = self.kind is MarketType.TOTAL and line <= 0
        outside = self.span is not None and not self.span.holds(line)
        return Quarantined.LEAGUE_RANGE if below or outside else line


class MarketReader:
    """Believes a market, or says why not. Every outcome is accounted for, on one side or other."""

    def __init__(self, numbers: Numbers, *, captured_at: datetime, tray: Tray) -> None:
        self.numbers = numbers
        self.latest = captured_at + AHEAD_ALLOWED
        self.earliest = captured_at - BEHIND_ALLOWED
        self.tray = tray

    def known(
        self,
        book: Any,
        memory: Memory,
        judges: Mapping[str, Judge],
    ) -> list[ReadMarket | None]:
        """Believe the book's two-way markets whose numbers were believed before.

        The short way for nearly all of a board, and written for speed: one call a book, one
        question a market. None stands for a market that there is anything to say about;
        ``read`` says it.
        """
        believed: list[ReadMarket | None] = []
        recalled, default, book_key = memory.believed.get, book.last_update, book.key
        earliest, latest = self.earliest, self.latest
        for market in book.markets:
            outcomes = market.outcomes
            updated = market.last_update or default
            if len(outcomes) != 2 or updated is None or not earliest <= updated <= latest:
                believed.append(None)
                continue
            one, two = outcomes
            told = (market.key, one.name, one.price, one.point, two.name, two.price, two.point)
            known = recalled(told) or self._recall(told, one, two, memory, judges)
            if known is None:
                believed.append(None)
                continue
            kind, line, prices, quoted = known
            believed.append(_made((book_key, kind, updated, line, prices, quoted)))
        return believed

    def _recall(
        self, told: _Told, one: Any, two: Any, memory: Memory, judges: Mapping[str, Judge]
    ) -> _Known | None:
        """Find a verdict on the same numbers of another event, and remember it for this one."""
        judge = judges.get(told[0])
        if judge is None:
            return None
        sides = memory.names.by_total if judge.is_total else memory.names.by_team
        if (sides.get(one.name), sides.get(two.name)) != judge.pair:
            one, two = two, one
            if (sides.get(one.name), sides.get(two.name)) != judge.pair:
                return None
        verdict = judge.remembered((one.price, two.price, one.point, two.point))
        if verdict is None:
            return None
        american = (one.price, two.price) if self.numbers.american else (None, None)
        known = judge.kind, verdict.line, verdict.prices, american
        memory.keep(told, known)
        return known

    def read(self, where: Where, names: Names, judge: Judge) -> ReadMarket | None:
        """Return the market's main line, or None where nothing of it can be believed."""
        market, kind = where.market, judge.kind
        outcomes: Sequence[Any] = market.outcomes
        updated = market.last_update or where.book.last_update
        flaw = self._flaw_of_time(updated)
        ordered = None if flaw else names.in_order(outcomes, kind)
        if ordered is None and flaw is None:
            ordered, flaw = self._main_line(where, kind, names)
            outcomes = outcomes if flaw else ordered  # the others have been laid aside by now
        if flaw is not None:
            self._lay(flaw, where, market, len(outcomes))
            return None
        if not ordered:
            return None
        quoted = tuple([outcome.price for outcome in ordered])
        points = tuple([outcome.point for outcome in ordered])
        verdict = judge.judge(quoted + points, len(quoted))
        if verdict.flaw is not None:
            self._lay(verdict.flaw, where, market, len(outcomes))
            return None
        if verdict.flaws_of_sides:
            for outcome, code in zip(ordered, verdict.flaws_of_sides, strict=True):
                self._lay(code, where, outcome, 1)
            return None
        american = quoted if self.numbers.american else (None,) * len(quoted)
        return ReadMarket(where.book.key, kind, updated, verdict.line, verdict.prices, american)

    def _flaw_of_time(self, updated: datetime | None) -> Quarantined | None:
        if updated is None:
            return Quarantined.LAST_UPDATE_MISSING
        if updated > self.latest:
            return Quarantined.TIME_IN_FUTURE
        return Quarantined.TIME_IMPLAUSIBLE if updated < self.earliest else None

    def _main_line(
        self, where: Where, kind: MarketType, names: Names
    ) -> tuple[list[Any], Quarantined | None]:
        """Find the main line among outcomes that are more, fewer or others than the sides.

        The main line is the one whose sides are priced most alike; then the smaller, then the
        lower. The others are alternates: counted, not stored. A flaw is the whole market's.
        """
        expected = MARKET_SIDES[kind]
        sides = [names.side(outcome.name, kind) for outcome in where.market.outcomes]
        if Side.DRAW in sides and Side.DRAW not in expected:
            return [], Quarantined.TOO_MANY_SIDES
        if None in sides:
            return [], Quarantined.UNKNOWN_OUTCOME
        by_line = self._by_line(where, kind, sides)
        whole = {
            line: [found[side] for side in expected]
            for line, found in by_line.items()
            if len(found) == len(expected)
        }
        for line in by_line.keys() - whole.keys():
            for outcome in by_line[line].values():
                self._lay(Quarantined.MISSING_SIDE, where, outcome, 1)
        if not whole:
            return [], None
        main = min(whole, key=lambda line: (self._lean(whole[line]), abs(line or 0), line or 0))
        for line in whole.keys() - {main}:
            self._lay(Quarantined.ALTERNATE_NOT_STORED, where, None, len(whole[line]))
        return whole[main], None

    def _by_line(
        self, where: Where, kind: MarketType, sides: Sequence[Side | None]
    ) -> Mapping[float | None, Mapping[Side | None, Any]]:
        by_line: defaultdict[float | None, dict[Side | None, Any]] = defaultdict(dict)
        told = sorted(
            zip(sides, where.market.outcomes, strict=True), key=lambda pair: by_content(pair[1])
        )
        for side, outcome in told:
            line = _line_of_first(kind, side, outcome.point)
            if side in by_line[line]:
                self._lay(Quarantined.DUPLICATE_OUTCOME, where, outcome, 1)
            else:
                by_line[line][side] = outcome
        return by_line

    def _lean(self, outcomes: Sequence[Any]) -> Decimal:
        """How differently the sides are priced; without a bound where one is no price."""
        prices = [self.numbers.price(outcome.price) for outcome in outcomes]
        implied = [1 / price for price in prices if isinstance(price, Decimal)]
        if len(implied) < len(prices):
            return Decimal("Infinity")
        return max(implied) - min(implied)

    def _lay(self, code: Quarantined, where: Where, what: Any, prices: int) -> None:
        self.tray.lay(
            code,
            where.place,
            prices=prices,
            source_event_id=where.event_id,
            book_key=where.book.key,
            market_key=where.market.key,
            fragment=what,
        )


def _line_of_first(kind: MarketType, side: Side | None, point: float | None) -> float | None:
    """The line of an outcome as the market's first side has it: what its pair shares."""
    if point is None or kind is not MarketType.SPREAD or side in _FIRST_SIDES:
        return point
    return -point
