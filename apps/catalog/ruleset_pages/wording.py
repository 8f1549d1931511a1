"""Settlement rules in sentences, as a bookmaker's page of rules would say them."""

from collections.abc import Mapping
from typing import Final

from apps.core import formats
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import (
    MinutesPlayed,
    SettlementRules,
    TieRule,
    UntilWeekday,
    WithinHours,
)
from apps.rulebook.thresholds.settlement import MinimumPlay, Postponement

_DAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
_MARKETS: Final[Mapping[MarketType, str]] = {
    MarketType.SPREAD: "The team's margin plus its own line. Half a point ahead or more wins,"
    " level returns the stake, and a quarter settles half of it and returns the other half.",
    MarketType.TOTAL: "The points of both teams against the line. Half a point past it or more"
    " wins, level returns the stake, and a quarter settles half of it and returns the other half.",
    MarketType.MONEYLINE: "The higher score wins.",
    MarketType.MONEYLINE_3WAY: "Home, draw or away, as the score has it.",
}
_TIES: Final[Mapping[TieRule, str]] = {
    TieRule.PUSH: "An equal score returns the stakes.",
    TieRule.LOSS: "An equal score is the draw's: bets on either team lose.",
    TieRule.PLAYED: "An equal score is a score like any other: the line decides.",
    TieRule.IMPOSSIBLE: "A game here cannot end equal. Such a score is taken for a mistake, and"
    " the picks wait for a better one or for a person.",
}


def in_words(rules: SettlementRules) -> list[tuple[str, str]]:
    """Say every rule: what it is about, and the sentence."""
    return [
        ("The bet", _MARKETS[rules.market_type]),
        ("Equal score", _TIES[rules.tie]),
        ("0\u20130", _nil_nil(rules)),
        ("Overtime", _overtime(rules)),
        (
            "Cut short",
            f"A game that was cut short counts once {_enough(rules.minimum_play)}."
            f" {_decided(rules)}",
        ),
        (
            "Moved",
            f"A bet stands if the game is {_in_time(rules.postponement)}; else it is void. So is"
            " one on a game that is cancelled.",
        ),
    ]


def _nil_nil(rules: SettlementRules) -> str:
    if rules.nil_nil_possible:
        return "0\u20130 is a score like any other."
    return "0\u20130 cannot be a final score. A provider's 0\u20130 is taken for a blank."


def _overtime(rules: SettlementRules) -> str:
    if not rules.overtime_counts:
        return (
            "Regulation time and its stoppages alone count. A score that may hold extra time"
            " settles nothing until a person has looked."
        )
    if rules.shootout_goals:
        return "Overtime counts, and the winner of a shoot-out has one goal more, as reported."
    return "Overtime counts."


def _decided(rules: SettlementRules) -> str:
    if rules.market_type is not MarketType.TOTAL:
        return "Bets on one that was shorter are void."
    if rules.decided_stands:
        return "Bets on one that was shorter are void, unless the total had been passed already."
    return "Bets on one that was shorter are void, even if the total had been passed already."


def _enough(least: MinimumPlay) -> str:
    if isinstance(least, MinutesPlayed):
        return f"{formats.plural(least.minutes, 'minute was', 'minutes were')} played"
    return (
        f"{least.innings.normalize():f} innings were played,"
        f" {least.innings_home_leads.normalize():f} where the home team leads"
    )


def _in_time(rule: Postponement) -> str:
    if isinstance(rule, UntilWeekday):
        day = _DAYS[rule.last_iso_weekday - 1]
        return f"played by the {day} of the league week that it was scheduled in"
    if isinstance(rule, WithinHours):
        return f"started within {formats.plural(rule.hours, 'hour')} of the scheduled start"
    return "played on the date, at its ground, that it was scheduled for"
