"""The same settlement for whole arrays of bets: one numpy pass, no loop.

Equal to ``single.settle`` on every row (property test). A row that cannot be settled never stops
the others: it comes back with its problem.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Side
from apps.rulebook.settlement.factors import Outcome
from apps.rulebook.settlement.single import GRADEABLE_MARKETS, Problem
from apps.rulebook.thresholds.settlement import TieRule

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# By quarter points ahead, held between -2 and 2.
_OUTCOMES: Final = np.array(
    [Outcome.LOSS, Outcome.HALF_LOSS, Outcome.PUSH, Outcome.HALF_WIN, Outcome.WIN], dtype=np.str_
)
_WON: Final = np.array([0, 0, 0, 1, 1], dtype=np.int8)
_VOID_FACTOR: Final = np.array([0.0, 0.5, 1.0, 0.5, 0.0])


@dataclass(frozen=True, slots=True)
class SettledMany:
    """One entry per bet; where ``problem`` is not empty the outcome is UNGRADEABLE."""

    outcome: Texts
    won: NDArray[np.int8]
    void_factor: Floats  # 1 on a row that has a problem: its stake is out of play
    problem: Texts

    def profit(self, price: Floats) -> Floats:
        """Profit per unit staked at decimal odds ``price``; 0 where nothing was settled."""
        return self.void_factor + (1.0 - self.void_factor) * self.won * price - 1.0


def settle_many(
    *,
    market_type: Texts,
    side: Texts,
    line: Floats,
    home: Floats,
    away: Floats,
    tie: Texts,
    nil_nil_possible: Flags,
) -> SettledMany:
    """Settle many bets, each against the score of its own game.

    ``line`` is NaN where the bet has none and ``home`` or ``away`` where the score is missing;
    ``tie`` and ``nil_nil_possible`` come from each bet's settlement rules.
    Source: docs/domain.md section 7.
    """
    quarters = line * 4.0
    problem = _problems(
        market_type=market_type,
        side=side,
        quarters=quarters,
        home=home,
        away=away,
        tie=tie,
        nil_nil_possible=nil_nil_possible,
    )
    sound = problem == ""

    # HOME and OVER look up the axis, AWAY and UNDER down it; a total's line lies on the axis.
    upward = np.where((side == Side.HOME) | (side == Side.OVER), 1.0, -1.0)
    on_points = market_type == MarketType.TOTAL
    along = np.where(on_points, home + away, home - away)
    handicap = np.where(np.isnan(quarters), 0.0, np.where(on_points, -upward, 1.0) * quarters)
    ahead = 4.0 * upward * along + handicap

    three_way = market_type == MarketType.MONEYLINE_3WAY
    draw = side == Side.DRAW
    wins = np.where(draw, along == 0, upward * along > 0)
    ahead = np.where(three_way, np.where(wins, 4.0, -4.0), ahead)

    step = (np.clip(np.where(sound, ahead, 0.0), -2.0, 2.0) + 2.0).astype(np.int64)
    return SettledMany(
        outcome=np.where(sound, _OUTCOMES[step], np.str_(Outcome.UNGRADEABLE)),
        won=np.where(sound, _WON[step], 0).astype(np.int8),
        void_factor=np.where(sound, _VOID_FACTOR[step], 1.0),
        problem=problem,
    )


def _problems(
    *,
    market_type: Texts,
    side: Texts,
    quarters: Floats,
    home: Floats,
    away: Floats,
    tie: Texts,
    nil_nil_possible: Flags,
) -> Texts:
    """Name the first problem of each bet, in the order in which ``single`` finds them."""
    lined = np.isin(market_type, [str(market) for market in LINED_MARKETS])
    gradeable = np.isin(market_type, [str(market) for market in GRADEABLE_MARKETS])
    has_side = np.zeros(len(side), dtype=np.bool_)
    for market, sides in MARKET_SIDES.items():
        has_side |= (market_type == market) & np.isin(side, [str(one) for one in sides])
    missing = np.isnan(quarters)
    equal = home == away
    cases = [
        (~gradeable, Problem.MARKET_NOT_GRADEABLE),
        (~has_side, Problem.SIDE_NOT_IN_MARKET),
        (~lined & ~missing, Problem.LINE_UNEXPECTED),
        (lined & missing, Problem.LINE_MISSING),
        (
            lined & ~(np.isfinite(quarters) & (quarters == np.rint(quarters))),
            Problem.LINE_NOT_QUARTERS,
        ),
        (np.isnan(home) | np.isnan(away), Problem.SCORES_MISSING),
        ((home < 0) | (away < 0), Problem.SCORE_SUSPECT),
        (equal & (home == 0) & ~nil_nil_possible, Problem.SCORE_SUSPECT),
        (equal & (tie == TieRule.IMPOSSIBLE), Problem.TIE_IMPOSSIBLE),
    ]
    return np.select(
        [condition for condition, _ in cases],
        [np.str_(problem) for _, problem in cases],
        default=np.str_(""),
    )
