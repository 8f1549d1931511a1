"""How a league's market is read: margin removal, consensus, closing lines, results."""

from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from apps.rulebook.markets import LINED_MARKETS, MarketType, Period
from apps.rulebook.thresholds.document import (
    Books,
    DecimalOdds,
    Document,
    Hours,
    Minutes,
    Overround,
    Points,
    Share,
)


class MarginMethod(StrEnum):
    """How a book's margin is taken out of its prices (docs/domain.md section 3)."""

    MULTIPLICATIVE = "MULTIPLICATIVE"
    ADDITIVE = "ADDITIVE"  # equal to Shin on two-way markets
    POWER = "POWER"
    SHIN = "SHIN"
    ODDS_RATIO = "ODDS_RATIO"


class OverroundLimits(Document):
    """Limits on the sum of one book's implied probabilities over the sides of one market."""

    store_low: Overround = Field(
        title="Stored from", gt=0, le=1, description="Sum; a pair below it is quarantined."
    )
    store_high: Overround = Field(
        title="Stored up to", gt=1, le=2, description="Sum; a pair above it is quarantined."
    )
    evaluate_above: Overround = Field(
        title="Evaluated above",
        gt=0,
        le=2,
        description="Sum, exclusive; a pair at or below it is stored, not evaluated.",
    )
    evaluate_up_to: Overround = Field(
        title="Evaluated up to",
        gt=1,
        le=2,
        description="Sum, inclusive; a pair above it is stored, not evaluated.",
    )

    @model_validator(mode="after")
    def _evaluated_is_inside_stored(self) -> Self:
        if not self.store_low <= self.evaluate_above < self.evaluate_up_to <= self.store_high:
            raise ValueError("Evaluated overrounds must lie inside the stored ones.")
        return self


class LineRange(Document):
    """What a main line of one market can be: kept on the league, read by every ingest.

    A line outside it is implausible (LEAGUE_RANGE), as where spread and total were swapped.
    """

    market_type: MarketType
    low: Points = Field(
        title="Lowest line", description="Points; the lowest plausible line, inclusive."
    )
    high: Points = Field(
        title="Highest line", description="Points; the highest plausible line, inclusive."
    )

    @model_validator(mode="after")
    def _has_a_line_and_an_order(self) -> Self:
        if self.market_type not in LINED_MARKETS:
            raise ValueError(f"A {self.market_type} has no line.")
        if self.low > self.high:
            raise ValueError("A line range runs from low to high.")
        return self

    def holds(self, line: Decimal) -> bool:
        return self.low <= line <= self.high


class MarketRule(Document):
    """One market of the league that is read and evaluated."""

    row_key = ("market_type", "period")

    market_type: MarketType = Field(title="Market", description="What is evaluated.")
    period: Period = Field(title="Period", description="Which part of the game it is about.")
    margin_method: MarginMethod = Field(
        title="Margin removal", description="Margin removal per book, and of the close."
    )


class ResultsRhythm(Document):
    """When a final is settled and how long it may still change (docs/domain.md section 7)."""

    grade_after_final_min: Minutes = Field(
        title="Graded after the final",
        ge=0,
        le=1440,
        description="Minutes from the final until picks are graded.",
    )
    recheck_h: Hours = Field(
        title="Re-read after the final",
        ge=0,
        le=720,
        description="Hours after the final during which its payload is re-read.",
    )
    graded_within_min: Minutes = Field(
        title="Promised within",
        gt=0,
        le=10080,
        description="Minutes after the final: the promise to subscribers.",
    )
    graded_share: Share = Field(
        title="Share that keeps the promise",
        gt=0,
        le=1,
        description="Share (0-1) of published picks that must keep that promise.",
    )


class MarketConfig(Document):
    """Section ``market``: one complete document per league and profile."""

    league: str = Field(min_length=1, max_length=16, description="League code.")
    markets: tuple[MarketRule, ...] = Field(
        title="Markets", min_length=1, description="What is evaluated."
    )
    consensus_books_min: Books = Field(
        title="Books for a consensus",
        ge=1,
        le=50,
        description="Books that must quote the modal line before there is a consensus.",
    )
    close_consensus_books_min: Books = Field(
        title="Books for a close by consensus",
        ge=1,
        le=50,
        description="Books needed where the consensus stands in for a close.",
    )
    sharp_books: tuple[str, ...] = Field(
        title="Reference books",
        description="Book keys, most trusted first, whose close stands in for a missing one.",
    )
    price_offered_above: DecimalOdds = Field(
        title="Price offered above",
        ge=1,
        le=2,
        description="Decimal odds, exclusive; at or below it a side is not offered.",
    )
    overround: OverroundLimits = Field(
        title="Overround",
        description="What a pair of prices adds up to before its margin is removed.",
    )
    volatility_window_h: Hours = Field(
        title="Volatility window",
        gt=0,
        le=336,
        description="Hours over which the pooled logit's deviation is taken.",
    )
    results: ResultsRhythm = Field(title="Results", description="When a final is settled.")

    @model_validator(mode="after")
    def _each_market_once(self) -> Self:
        markets = [(rule.market_type, rule.period) for rule in self.markets]
        if len(set(markets)) != len(markets):
            raise ValueError("A market stands in the document twice.")
        return self

    def rule(self, market_type: MarketType, period: Period) -> MarketRule | None:
        """Return the rule of a market, or None where the league does not evaluate it."""
        for rule in self.markets:
            if (rule.market_type, rule.period) == (market_type, period):
                return rule
        return None
