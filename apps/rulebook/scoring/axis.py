"""One number of a game on which lines are drawn, with its whole probability distribution.

A spread and a moneyline are lines on the home margin, a total is a line on the points of
both teams, a team total on those of one. A price is then two tail probabilities and a push,
read from one cumulative array, so that every line of an axis agrees with every other.

Source: docs/domain.md section 1 (a, b, v) and section 7 (settlement factors).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Side

Floats = NDArray[np.float64]
Line = Decimal | float


class Axis(StrEnum):
    HOME_MARGIN = "HOME_MARGIN"  # positive: the home team wins by so many
    TOTAL = "TOTAL"
    HOME_POINTS = "HOME_POINTS"
    AWAY_POINTS = "AWAY_POINTS"


class LineNotPriceable(RuleBroken):
    """The market, side and line do not name a bet on a score."""

    code = "LINE_NOT_PRICEABLE"


class TargetOutOfReach(RuleBroken):
    """No shift of this distribution gives the probability asked for."""

    code = "TARGET_OUT_OF_REACH"


@dataclass(frozen=True, slots=True)
class Abv:
    """What a unit stake may expect: a won, b lost, v returned; they sum to 1.

    ``a = E[(1 - void_factor) won]``, ``b = E[(1 - void_factor)(1 - won)]``: on whole and half
    lines the probabilities of win, loss and push; on quarter lines they carry the half stakes.
    """

    a: float
    b: float
    v: float

    @property
    def model_prob(self) -> float:
        """a / (a + b): the number comparable with a no-vig price, given no push."""
        return self.a / (self.a + self.b)

    def ev(self, price: float) -> float:
        """Expected profit per unit staked at decimal odds ``price``."""
        return self.a * (price - 1.0) - self.b


_PLACES: Final = 9  # of a fair line
_FARTHEST: Final = 4_000  # quarter points; no game of any sport is decided by a thousand

# Which way a side looks along its axis: it wants more of it, or less.
_WANTS_MORE: Final = {Side.HOME: True, Side.OVER: True, Side.AWAY: False, Side.UNDER: False}
_SIDES: Final = {
    MarketType.SPREAD: (Side.HOME, Side.AWAY),
    MarketType.MONEYLINE: (Side.HOME, Side.AWAY),
    MarketType.MONEYLINE_3WAY: (Side.HOME, Side.AWAY, Side.DRAW),
    MarketType.TOTAL: (Side.OVER, Side.UNDER),
    MarketType.TEAM_TOTAL: (Side.OVER, Side.UNDER),
}
_MARGIN_MARKETS: Final = frozenset(
    {MarketType.SPREAD, MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY}
)


def axis_of(market_type: MarketType, team: Side | None = None) -> Axis:
    """Name the axis a market's lines are drawn on; ``team`` says whose team total it is.

    Source: docs/domain.md section 4.

    Raises:
        LineNotPriceable: a prop, or a team total without its team.
    """
    if market_type in _MARGIN_MARKETS:
        return Axis.HOME_MARGIN
    if market_type is MarketType.TOTAL:
        return Axis.TOTAL
    if market_type is MarketType.TEAM_TOTAL and team in (Side.HOME, Side.AWAY):
        return Axis.HOME_POINTS if team is Side.HOME else Axis.AWAY_POINTS
    raise LineNotPriceable(f"{market_type} of {team} is not a market on the score of a game.")


class AxisDistribution:
    """The distribution of one axis over whole points, ready to price any line on it."""

    __slots__ = ("_ladder", "_upto", "axis", "low", "pmf")

    def __init__(self, axis: Axis, low: int, weights: ArrayLike) -> None:
        """Take weights for the points ``low``, ``low + 1``, ...; counts or probabilities."""
        # Sums of counts are exact in float64, so sides of a sampled run mirror exactly.
        weight = np.asarray(weights, dtype=np.float64)
        upto = np.cumsum(weight)
        mass = upto[-1]
        self.axis = axis
        self.low = low
        self.pmf: Floats = weight / mass
        self._upto: Floats = upto / mass
        self._ladder: Floats | None = None

    @property
    def ladder(self) -> Floats:
        """Price every half point at once: rows (more, less, equal) from the point low - 1 on.

        A row prices both sides of its line: who wants less reads (b, a, v).
        """
        if self._ladder is None:
            upto = self._upto
            rungs = np.zeros((len(upto) + 1, 2, 3))  # each point, and the half above it
            rungs[0, :, 0] = 1.0
            rungs[1:, :, 0] = (1.0 - upto)[:, None]
            rungs[1:, 1, 1] = upto
            rungs[2:, 0, 1] = upto[:-1]
            rungs[1:, 0, 2] = self.pmf
            self._ladder = rungs.reshape(-1, 3)
        return self._ladder

    @property
    def support(self) -> NDArray[np.int64]:
        return np.arange(self.low, self.low + len(self.pmf))

    @property
    def mean(self) -> float:
        return float(self.support @ self.pmf)

    @property
    def sd(self) -> float:
        return float(np.sqrt((self.support - self.mean) ** 2 @ self.pmf))

    def price(self, market_type: MarketType, side: Side, line: Line | None = None) -> Abv:
        """Price one bet; ``line`` as given to that side, None on a market without lines."""
        a, b, v = self.price_lines(market_type, side, [line])[0]
        return Abv(float(a), float(b), float(v))

    def price_lines(
        self, market_type: MarketType, side: Side, lines: Sequence[Line | None] | Floats
    ) -> Floats:
        """Price many lines of one selection at once: an array of rows (a, b, v).

        Raises:
            LineNotPriceable: another axis's market, a side it does not have, a line that is
                missing, superfluous or no multiple of a quarter.
        """
        self._require(market_type, side)
        quarters = _quarters(market_type, side, lines)
        if market_type is MarketType.MONEYLINE_3WAY:
            return self._three_way(side, len(quarters))
        # A quarter line is half a stake on each neighbour; other lines are their own neighbour.
        prices = self._half_points(quarters >> 1)
        if (quarters & 1).any():
            prices = (prices + self._half_points((quarters + 1) >> 1)) / 2
        return prices if _WANTS_MORE[side] else prices[:, [1, 0, 2]]

    def fair_line(self, market_type: MarketType, side: Side, prob: float = 0.5) -> float:
        """Return the line at which this side would have ``model_prob == prob``.

        Raises:
            LineNotPriceable: the market has no lines.
            TargetOutOfReach: ``prob`` is not strictly between 0 and 1.
        """
        return float(self.fair_lines(market_type, side, np.array([prob]))[0])

    def fair_lines(self, market_type: MarketType, side: Side, probs: Floats) -> Floats:
        """Return the lines at which this side would have these values of ``model_prob``.

        Read between half points by linear interpolation, so that a line is better than the
        fair line exactly when its model_prob exceeds ``prob``.

        Raises:
            LineNotPriceable: the market has no lines.
            TargetOutOfReach: a probability is not strictly between 0 and 1.
        """
        if not ((probs > 0.0) & (probs < 1.0)).all():
            raise TargetOutOfReach("A fair line needs a probability strictly between 0 and 1.")
        self._require(market_type, side)
        if market_type in (MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY):
            raise LineNotPriceable(f"{market_type} has no line.")
        more, less, _ = self.ladder.T
        halves = 2 * (self.low - 1) + np.arange(len(more))
        falling = more / np.maximum(more + less, np.finfo(np.float64).tiny)
        wanted = probs if _WANTS_MORE[side] else 1.0 - probs
        after = np.searchsorted(-falling, -wanted)
        before = after - 1
        part = (falling[before] - wanted) / (falling[before] - falling[after])
        thresholds = (halves[before] + part) / 2
        home_spread = market_type is MarketType.SPREAD and side is Side.HOME
        lines: Floats = (-thresholds if home_spread else thresholds).round(_PLACES) + 0.0
        return lines

    def _require(self, market_type: MarketType, side: Side) -> None:
        if side not in _SIDES.get(market_type, ()):
            raise LineNotPriceable(f"{market_type} has no side {side}.")
        team = Side.AWAY if self.axis is Axis.AWAY_POINTS else Side.HOME
        if axis_of(market_type, team) is not self.axis:
            raise LineNotPriceable(f"{market_type} is not drawn on {self.axis}.")

    def _half_points(self, halves: NDArray[np.int64]) -> Floats:
        """(more, less, equal) against thresholds given in half points."""
        rungs: Floats = self.ladder.take(halves - 2 * (self.low - 1), axis=0, mode="clip")
        return rungs

    def _three_way(self, side: Side, count: int) -> Floats:
        more, less, equal = self._half_points(np.zeros(1, dtype=np.int64))[0]
        won = {Side.HOME: more, Side.AWAY: less, Side.DRAW: equal}[side]
        return np.tile(np.array([won, 1.0 - won, 0.0]), (count, 1))


def _quarters(
    market_type: MarketType, side: Side, lines: Sequence[Line | None] | Floats
) -> NDArray[np.int64]:
    """Turn lines into thresholds on the axis, in quarter points."""
    if market_type in (MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY):
        if any(line is not None for line in lines):
            raise LineNotPriceable(f"{market_type} has no line, not even 0.")
        return np.zeros(len(lines), dtype=np.int64)
    # A missing line (None) becomes NaN, which is within no bounds.
    scaled = np.asarray(lines, dtype=np.float64) * 4.0
    within = abs(scaled).max(initial=0.0) <= _FARTHEST
    if not within or (scaled % 1.0).any():
        raise LineNotPriceable(f"A {market_type} needs a line, a multiple of a quarter point.")
    thresholds = scaled.astype(np.int64)
    # The home team covers when margin + line > 0: its threshold is the line turned round.
    return -thresholds if market_type is MarketType.SPREAD and side is Side.HOME else thresholds
