"""How one bet settles against one final score, and what a score must be before it may.

Source: docs/domain.md section 7. ``many.py`` says the same about arrays; a property test holds
the two equal.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Side
from apps.rulebook.settlement.factors import HALF_LOSS, HALF_WIN, LOSS, PUSH, WIN, Settled
from apps.rulebook.thresholds.settlement import SettlementRules, TieRule


class Problem(StrEnum):
    """Why a bet cannot be settled as it stands."""

    SCORES_MISSING = "SCORES_MISSING"
    SCORE_SUSPECT = "SCORE_SUSPECT"  # negative, or 0-0 where that cannot be
    TIE_IMPOSSIBLE = "TIE_IMPOSSIBLE"  # equal scores in a league that cannot tie
    MARKET_NOT_GRADEABLE = "MARKET_NOT_GRADEABLE"
    SIDE_NOT_IN_MARKET = "SIDE_NOT_IN_MARKET"
    LINE_MISSING = "LINE_MISSING"  # None, which is not the pick'em 0
    LINE_UNEXPECTED = "LINE_UNEXPECTED"  # a line where the market has none
    LINE_NOT_QUARTERS = "LINE_NOT_QUARTERS"


class NotSettled(RuleBroken):
    """The bet has no outcome; ``problem`` says what an operator must look at."""

    code: ClassVar[str] = "UNGRADEABLE"

    def __init__(self, problem: Problem, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem


GRADEABLE_MARKETS = frozenset(
    {MarketType.SPREAD, MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY, MarketType.TOTAL}
)


@dataclass(frozen=True, slots=True)
class FinalScore:
    """The score of the period that the market is on, as the provider gave it."""

    home: int | None
    away: int | None


def require_score(rules: SettlementRules, score: FinalScore) -> tuple[int, int]:
    """Return home and away points of a score that may be settled on.

    Source: docs/domain.md section 7.

    Raises:
        NotSettled: a score is missing, cannot be, or is a tie where the league cannot tie.
    """
    home, away = score.home, score.away
    if home is None or away is None:
        raise NotSettled(Problem.SCORES_MISSING, "A final without both scores is no final.")
    if home < 0 or away < 0:
        raise NotSettled(Problem.SCORE_SUSPECT, f"{home}-{away} is no score.")
    if home == away == 0 and not rules.nil_nil_possible:
        raise NotSettled(Problem.SCORE_SUSPECT, f"0-0 cannot be a final of {rules.league}.")
    if home == away and rules.tie is TieRule.IMPOSSIBLE:
        raise NotSettled(Problem.TIE_IMPOSSIBLE, f"{rules.league} cannot tie at {home}-{away}.")
    return home, away


def settle(rules: SettlementRules, side: Side, line: Decimal | None, score: FinalScore) -> Settled:
    """Settle one bet on a game that was played out.

    ``line`` is the line as given to that side: HOME -6.5 that wins by 3 is a LOSS.
    Source: docs/domain.md section 7.

    Raises:
        NotSettled: the market, side, line or score does not make a bet that can be settled.
    """
    quarters = require_line(rules.market_type, side, line)
    home, away = require_score(rules, score)
    if rules.market_type is MarketType.MONEYLINE_3WAY:
        return WIN if side is _three_way_winner(home, away) else LOSS
    return _by_quarters(_ahead(rules.market_type, side, home, away) + quarters)


def require_line(market_type: MarketType, side: Side, line: Decimal | None) -> int:
    """Return the quarter points that the line adds to what the side is ahead by.

    Source: docs/domain.md section 7.

    Raises:
        NotSettled: no such side, a line that is missing, superfluous or no quarter line.
    """
    if market_type not in GRADEABLE_MARKETS:
        raise NotSettled(Problem.MARKET_NOT_GRADEABLE, f"Nobody settles a {market_type}.")
    if side not in MARKET_SIDES[market_type]:
        raise NotSettled(Problem.SIDE_NOT_IN_MARKET, f"A {market_type} has no side {side}.")
    if market_type not in LINED_MARKETS:
        if line is not None:
            raise NotSettled(Problem.LINE_UNEXPECTED, f"A {market_type} has no line, not even 0.")
        return 0
    if line is None:
        raise NotSettled(Problem.LINE_MISSING, f"A {market_type} without a line is no bet.")
    quarters = line * 4
    if not quarters.is_finite() or quarters != int(quarters):
        raise NotSettled(Problem.LINE_NOT_QUARTERS, f"{line} is no multiple of a quarter.")
    if market_type is MarketType.TOTAL and side is Side.OVER:
        return -int(quarters)
    return int(quarters)


def _ahead(market_type: MarketType, side: Side, home: int, away: int) -> int:
    """What the side is ahead by before its line, in quarter points.

    Over counts points above nothing, under counts them below: the line's sign is turned with
    them, so that a positive sum is a win on every market.
    """
    if market_type is MarketType.TOTAL:
        return 4 * (home + away) if side is Side.OVER else -4 * (home + away)
    return 4 * (home - away) if side is Side.HOME else 4 * (away - home)


def _three_way_winner(home: int, away: int) -> Side:
    if home == away:
        return Side.DRAW
    return Side.HOME if home > away else Side.AWAY


def _by_quarters(ahead: int) -> Settled:
    """Half a point ahead or more wins; a quarter settles half the stake and returns half."""
    if ahead >= 2:
        return WIN
    if ahead <= -2:
        return LOSS
    return {1: HALF_WIN, 0: PUSH, -1: HALF_LOSS}[ahead]
