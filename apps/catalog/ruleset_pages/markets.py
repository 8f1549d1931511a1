"""The markets that have settlement rules, or could have."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from apps.catalog.models import League, SettlementRuleset
from apps.core import words
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import TIES


class MarketUnsettled(RuleBroken):
    code = "MARKET_UNSETTLED"

    def __init__(self, what: str) -> None:
        super().__init__(f"Nobody settles {what}.")


@dataclass(frozen=True, slots=True)
class Market:
    """One market of one league: what a line of versions is about."""

    league: League
    market_type: MarketType
    period: Period

    @classmethod
    def of(cls, ruleset: SettlementRuleset) -> Self:
        return cls(ruleset.league, MarketType(ruleset.market_type), Period(ruleset.period))

    @classmethod
    def named(cls, league: str, market_type: str, period: str) -> Self:
        """Read a market out of an address.

        Raises:
            MarketUnsettled: the league is none of ours, or that market is not settled there.
        """
        row = League.objects.filter(code=league).first()
        for market in main_markets_of(row) if row else ():
            if (market.market_type, market.period) == (market_type, period):
                return cls(market.league, market.market_type, market.period)
        raise MarketUnsettled(f"{league} {market_type} {period}")

    @property
    def address(self) -> tuple[str, str, str]:
        """Its part of the address of its pages."""
        return (self.league.code, self.market_type.value, self.period.value)

    @property
    def ties(self) -> tuple[str, ...]:
        return tuple(rule.value for rule in TIES[self.market_type])

    def __str__(self) -> str:
        market = words.market(self.market_type)
        return f"{self.league.code} {market}, {words.period(self.period)}"

    def newest(self) -> SettlementRuleset | None:
        """Return the newest version, whether its time has come or not."""
        return SettlementRuleset.objects.of(
            league_id=self.league.pk, market_type=self.market_type, period=self.period
        ).first()


def main_markets_of(league: League) -> Iterable[Market]:
    """Name the three markets of a league that picks are made on."""
    for market_type in (MarketType.SPREAD, MarketType(league.winner_market), MarketType.TOTAL):
        yield Market(league, market_type, Period(league.period))
