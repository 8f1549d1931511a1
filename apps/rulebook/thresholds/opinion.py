"""What a tenant thinks is worth publishing, and how much of it."""

from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds.document import (
    Books,
    Document,
    Iterations,
    Minutes,
    Picks,
    Points,
    ProbabilityGap,
    Return,
    Share,
)
from apps.rulebook.thresholds.model import CANDIDATE


class Tier(StrEnum):
    EDGE = "EDGE"
    LEAN = "LEAN"
    MARKET_ALIGNED = "MARKET_ALIGNED"
    BLOCKED = "BLOCKED"  # a check failed; always with its reasons


class TierThreshold(Document):
    """What a tier asks for."""

    edge_prob_min: ProbabilityGap = Field(
        title="Edge at least",
        ge=0,
        lt=1,
        description="Probability points (0-1), inclusive: decision_prob - fair_prob.",
    )
    ev_min: Return = Field(
        title="EV at least",
        ge=0,
        lt=1,
        description="Profit per unit staked, inclusive; EV must exceed 0 besides.",
    )


class PointsThreshold(Document):
    """Distance from the fair line below which a tier carries SMALL_POINTS_EDGE."""

    row_key = ("market_type",)

    market_type: MarketType = Field(title="Market", description="Spread or total.")
    lean_points: Points = Field(title="LEAN", gt=0, description="Points, inclusive.")
    edge_points: Points = Field(title="EDGE", gt=0, description="Points, inclusive.")


class PublishLimits(Document):
    """How many picks may be published: of this league, or of all where it is said for all.

    A day is the tenant's, and the league's for a team.
    """

    per_day: Picks = Field(title="Picks a day", ge=0, description="Picks per tenant day.")
    spreads_per_day: Picks = Field(
        title="Spreads a day", ge=0, description="Spreads per tenant day."
    )
    totals_per_day: Picks = Field(title="Totals a day", ge=0, description="Totals per tenant day.")
    moneylines_per_day: Picks = Field(
        title="Moneylines a day", ge=0, description="Moneylines per tenant day."
    )
    per_event: Picks = Field(title="Picks per event", ge=0, description="Picks per event.")
    per_team: Picks = Field(
        title="Picks per team and day", ge=0, description="Picks per team and league day."
    )


class QuietHours(Document):
    """Hours of the tenant's day in which nothing is published; may run over midnight."""

    start: time = Field(title="From", description="Tenant's local time, inclusive.")
    end: time = Field(title="Until", description="Tenant's local time, exclusive.")

    def covers(self, local: time) -> bool:
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class StakePlan(Document):
    """How much of a bankroll a pick is said to be worth: a part of Kelly, and never more than."""

    kelly_fraction: Share = Field(
        title="Part of Kelly",
        gt=0,
        le=1,
        description="Share of the stake that makes a bankroll grow fastest: 0.25 is a quarter.",
    )
    most: Share = Field(
        title="At most", gt=0, le=1, description="Largest stake, as a share of the bankroll."
    )


class OpinionConfig(Document):
    """Section ``opinion``: one complete document per tenant and league."""

    league: str = Field(
        max_length=16, description="League code; empty: every league that has none of its own."
    )
    market_profile: str = Field(
        title="Market profile",
        min_length=1,
        max_length=32,
        description="Which of the league's market configurations.",
    )
    model_profile: str = Field(
        title="Model profile",
        min_length=1,
        max_length=32,
        description="Which of the league's model configurations.",
    )
    edge: TierThreshold = Field(title="Tier EDGE", description="What EDGE asks for, both at once.")
    lean: TierThreshold = Field(title="Tier LEAN", description="What LEAN asks for, both at once.")
    points: tuple[PointsThreshold, ...] = Field(
        title="Points thresholds",
        description="Risk flags only, never a tier; a market without one gets no flag.",
    )
    published_tiers: tuple[Tier, ...] = Field(
        title="Published tiers", description="Tiers that may be published."
    )
    sims_min: Iterations = Field(
        title="Iterations of a run",
        ge=1,
        description="Iterations below which a run blocks its picks.",
    )
    books_min: Books = Field(
        title="Fresh books", ge=1, le=50, description="Fresh books that must quote the market."
    )
    books: tuple[str, ...] = Field(
        title="Books",
        description="Book keys the tenant recommends; empty: every sportsbook of the feed.",
    )
    limits: PublishLimits = Field(
        title="Publish limits",
        description="The best picks come first. A tenant's opinion on one league counts that"
        " league's picks, its opinion on every league counts all of them, and both hold.",
    )
    quiet_hours: QuietHours | None = Field(
        title="Quiet hours",
        description="Empty: publishes at any hour. Those of one league and of all both hold.",
    )
    cool_down_min: Minutes = Field(
        title="Cool-down",
        ge=0,
        le=1440,
        description="Minutes between two publications on the same event; the longer of one"
        " league's and of all leagues' holds.",
    )
    # Versions that were written before there were stakes have none, and suggest none.
    stake: StakePlan | None = Field(
        default=None, title="Suggested stake", description="Empty: none is suggested."
    )

    @model_validator(mode="after")
    def _edge_is_above_lean(self) -> Self:
        if self.edge.edge_prob_min < self.lean.edge_prob_min or self.edge.ev_min < self.lean.ev_min:
            raise ValueError("EDGE may not be easier to reach than LEAN.")
        if self.model_profile == CANDIDATE:
            raise ValueError("A candidate runs in the shadow: nothing is published by it.")
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
