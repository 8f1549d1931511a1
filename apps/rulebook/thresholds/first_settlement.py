"""Version 1 of the settlement rules of every league, as data (docs/domain.md section 7)."""

from collections.abc import Mapping
from decimal import Decimal as D
from typing import Final, NamedTuple

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds.first import LEAGUES, main_markets
from apps.rulebook.thresholds.settlement import (
    InningsPlayed,
    MinutesPlayed,
    SameLocalDate,
    SettlementRules,
    TieRule,
    UntilWeekday,
    WithinHours,
)

WEDNESDAY: Final = 3  # ISO
_DAY: Final = WithinHours(hours=24)

# Baseball's winner is official after five innings; run line and total need the whole game.
_OFFICIAL: Final = InningsPlayed(innings=D("5"), innings_home_leads=D("4.5"))
_WHOLE: Final = InningsPlayed(innings=D("9"), innings_home_leads=D("8.5"))


class NoSettlementRules(RuleBroken):
    code = "MARKET_NOT_GRADEABLE"


class _League(NamedTuple):
    can_tie: bool
    nil_nil_possible: bool
    overtime_counts: bool
    shootout_goals: int
    minimum_minutes: int | None  # None: by innings
    postponement: UntilWeekday | WithinHours | SameLocalDate


# Where the source is silent, the nearest league's rule holds: college follows its profession in
# minutes, and a game that is moved by more than a day is void. The last 0-0 of the NFL was played
# in 1943: one in a feed is a blank until a person says otherwise.
_RULES: Mapping[str, _League] = {
    "NFL": _League(
        can_tie=True,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=55,
        postponement=UntilWeekday(last_iso_weekday=WEDNESDAY),
    ),
    "NCAAF": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=55,
        postponement=_DAY,
    ),
    "SFL": _League(
        can_tie=True,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=55,
        postponement=_DAY,
    ),
    "NBA": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=43,
        postponement=_DAY,
    ),
    "WNBA": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=35,
        postponement=_DAY,
    ),
    "NCAAB": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=35,
        postponement=_DAY,
    ),
    "MLB": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=0,
        minimum_minutes=None,
        postponement=SameLocalDate(),
    ),
    "NHL": _League(
        can_tie=False,
        nil_nil_possible=False,
        overtime_counts=True,
        shootout_goals=1,
        minimum_minutes=55,
        postponement=_DAY,
    ),
    "EPL": _League(
        can_tie=True,
        nil_nil_possible=True,
        overtime_counts=False,
        shootout_goals=0,
        minimum_minutes=90,
        postponement=_DAY,
    ),
    "WORLDCUP": _League(
        can_tie=True,
        nil_nil_possible=True,
        overtime_counts=False,
        shootout_goals=0,
        minimum_minutes=90,
        postponement=_DAY,
    ),
}


def _tie(league: _League, market_type: MarketType) -> TieRule:
    if market_type is MarketType.MONEYLINE_3WAY:
        return TieRule.LOSS
    if not league.can_tie:
        return TieRule.IMPOSSIBLE
    return TieRule.PUSH if market_type is MarketType.MONEYLINE else TieRule.PLAYED


def _minimum(league: _League, market_type: MarketType) -> MinutesPlayed | InningsPlayed:
    if league.minimum_minutes is not None:
        return MinutesPlayed(minutes=league.minimum_minutes)
    return _OFFICIAL if market_type is MarketType.MONEYLINE else _WHOLE


def _rules(code: str, market_type: MarketType, period: Period) -> SettlementRules:
    league = _RULES[code]
    return SettlementRules(
        version=1,
        league=code,
        market_type=market_type,
        period=period,
        tie=_tie(league, market_type),
        nil_nil_possible=league.nil_nil_possible,
        overtime_counts=league.overtime_counts,
        shootout_goals=league.shootout_goals,
        minimum_play=_minimum(league, market_type),
        postponement=league.postponement,
        decided_stands=True,
    )


FIRST_SETTLEMENT_RULES: Final = tuple(
    _rules(code, market_type, period)
    for code in LEAGUES
    for market_type, period in main_markets(code)
)


def settlement_rules(league: str, market_type: MarketType, period: Period) -> SettlementRules:
    """Return version 1 of a market's rules. Source: docs/domain.md section 7.

    Raises:
        NoSettlementRules: nobody has said how this market settles, so it is never published.
    """
    for rules in FIRST_SETTLEMENT_RULES:
        if (rules.league, rules.market_type, rules.period) == (league, market_type, period):
            return rules
    raise NoSettlementRules(f"No settlement rules for {market_type} {period} of {league}.")
