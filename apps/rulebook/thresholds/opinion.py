"""What a tenant thinks is worth publishing, and how much of it."""

from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds.document import Document, Number


class Tier(StrEnum):
    EDGE = "EDGE"
    LEAN = "LEAN"
    MARKET_ALIGNED = "MARKET_ALIGNED"
    BLOCKED = "BLOCKED"  # a check failed; always with its reasons


class TierThreshold(Document):
    edge_prob_min: Number = Field(
        ge=0, lt=1, description="Probability points (0-1), inclusive: decision_prob - fair_prob."
    )
    ev_min: Number = Field(
        ge=0, lt=1, description="Profit per unit staked, inclusive; EV must exceed 0 besides."
    )


class PointsThreshold(Document):
    """Distance from the fair line below which a tier carries SMALL_POINTS_EDGE."""

    market_type: MarketType
    lean_points: Number = Field(gt=0, description="Points, inclusive.")
    edge_points: Number = Field(gt=0, description="Points, inclusive.")


class PublishLimits(Document):
    """How many picks may be published; the tenant's day, except per team and event."""

    per_day: int = Field(ge=0, description="Picks per tenant day.")
    spreads_per_day: int = Field(ge=0, description="Spreads per tenant day.")
    totals_per_day: int = Field(ge=0, description="Totals per tenant day.")
    moneylines_per_day: int = Field(ge=0, description="Moneylines per tenant day.")
    per_event: int = Field(ge=0, description="Picks per event.")
    per_team: int = Field(ge=0, description="Picks per team and league day.")


class QuietHours(Document):
    """Hours of the tenant's day in which nothing is published; may run over midnight."""

    start: time = Field(description="Tenant's local time, inclusive.")
    end: time = Field(description="Tenant's local time, exclusive.")

    def covers(self, local: time) -> bool:
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class OpinionConfig(Document):
    """Section ``opinion``: one complete document per tenant and league."""

    league: str = Field(
        max_length=16, description="League code; empty: every league that has none of its own."
    )
    market_profile: str = Field(
        min_length=1, max_length=32, description="Which of the league's market configurations."
    )
    model_profile: str = Field(
        min_length=1, max_length=32, description="Which of the league's model configurations."
    )
    edge: TierThreshold
    lean: TierThreshold
    points: tuple[PointsThreshold, ...] = Field(
        description="Risk flags only, never a tier; a market without one gets no flag."
    )
    published_tiers: tuple[Tier, ...] = Field(description="Tiers that may be published.")
    sims_min: int = Field(ge=1, description="Iterations below which a run blocks its picks.")
    books_min: int = Field(ge=1, le=50, description="Fresh books that must quote the market.")
    books: tuple[str, ...] = Field(
        description="Book keys the tenant recommends; empty: every sportsbook of the feed."
    )
    limits: PublishLimits
    quiet_hours: QuietHours | None = Field(description="Empty: publishes at any hour.")
    cool_down_min: int = Field(
        ge=0, le=1440, description="Minutes between two publications on the same event."
    )

    @model_validator(mode="after")
    def _edge_is_above_lean(self) -> Self:
        if self.edge.edge_prob_min < self.lean.edge_prob_min or self.edge.ev_min < self.lean.ev_min:
            raise ValueError("EDGE may not be easier to reach than LEAN.")
        if Tier.BLOCKED in self.published_tiers:
            raise ValueError("A blocked pick is never published.")
        markets = [threshold.market_type for threshold in self.points]
        if len(set(markets)) != len(markets):
            raise ValueError("A points threshold stands in the document twice.")
        return self

    def threshold(self, tier: Tier) -> TierThreshold:
        """Return the thresholds of EDGE or LEAN; anything below them has none but EV > 0."""
        if tier is Tier.EDGE:
            return self.edge
        if tier is Tier.LEAN:
            return self.lean
        return TierThreshold(edge_prob_min=Decimal(0), ev_min=Decimal(0))

    def points_threshold(self, market_type: MarketType) -> PointsThreshold | None:
        for threshold in self.points:
            if threshold.market_type is market_type:
                return threshold
        return None
