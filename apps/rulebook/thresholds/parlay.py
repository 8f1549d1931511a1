"""How parlays are put together: one document per named profile, of a tenant or of the platform.

Every threshold is about a single leg, so a profile asks the same of three legs as of six.
"""

from typing import Final, Self

from pydantic import Field, model_validator

from apps.rulebook.thresholds.document import (
    Combinations,
    Document,
    Hours,
    Legs,
    Return,
    Share,
    Weight,
)

FEWEST_LEGS: Final = 3
MOST_LEGS: Final = 6


class LegCounts(Document):
    """How many legs a parlay has; two are made only of two picks that somebody names."""

    fewest: Legs = Field(title="Fewest", ge=FEWEST_LEGS, le=MOST_LEGS, description="Inclusive.")
    usual: Legs = Field(
        title="Usual", ge=FEWEST_LEGS, le=MOST_LEGS, description="Where nobody says how many."
    )
    most: Legs = Field(title="Most", ge=FEWEST_LEGS, le=MOST_LEGS, description="Inclusive.")


class LegWeights(Document):
    """What a leg's weight is made of; each part is a share of 1, and so is their mean.

    A part that is not known earns nothing: it is not guessed.
    """

    tier: Weight = Field(title="Tier", ge=0, description="How much the tier counts.")
    confidence: Weight = Field(
        title="Confidence", ge=0, description="How much the measured confidence counts."
    )
    ev: Weight = Field(title="EV", ge=0, description="How much the expected value counts.")
    volatility: Weight = Field(
        title="Volatility", ge=0, description="How much a market at rest counts."
    )
    lean_share: Share = Field(
        title="LEAN earns", ge=0, le=1, description="Of what EDGE earns for its tier."
    )
    ev_full: Return = Field(
        title="Full EV",
        gt=0,
        lt=1,
        description="Profit per unit staked that earns all of its part; less earns in proportion.",
    )
    volatility_most: Weight = Field(
        title="Volatility too high",
        gt=0,
        description="Standard deviation of the market's log-odds that earns nothing of its part.",
    )


class ParlayLimits(Document):
    """What one slate's parlay may hold."""

    per_team: Legs = Field(title="Legs per team", ge=1, le=MOST_LEGS, description="Inclusive.")
    totals: Legs = Field(title="Totals", ge=0, le=MOST_LEGS, description="Inclusive.")
    per_game: Legs = Field(
        title="Legs per game",
        ge=1,
        le=MOST_LEGS,
        description="Where same-game legs are asked for; 1: they may not be.",
    )


class ParlayConfig(Document):
    """Section ``parlay``: one complete document per profile."""

    league: str = Field(max_length=0, description="Always empty: legs may be of any league.")
    legs: LegCounts = Field(title="Legs", description="Never more, never fewer, never a filler.")
    leg_weight_min: Share = Field(
        title="A leg's weight",
        ge=0,
        le=1,
        description="At least, inclusive. Of each leg, so it does not depend on their number.",
    )
    weights: LegWeights = Field(title="Weight", description="What a leg's weight is made of.")
    limits: ParlayLimits = Field(title="Limits", description="What one parlay may hold.")
    slate_h: Hours = Field(
        title="Slate", ge=1, le=240, description="Games that begin within so many hours."
    )
    choices: Combinations = Field(
        title="Choices",
        ge=1,
        le=20,
        description="The best combinations that seeds other than 0 choose among.",
    )

    @model_validator(mode="after")
    def _counts_follow_each_other(self) -> Self:
        if not self.legs.fewest <= self.legs.usual <= self.legs.most:
            raise ValueError("The usual number of legs lies between the fewest and the most.")
        weights = self.weights
        if not weights.tier + weights.confidence + weights.ev + weights.volatility > 0:
            raise ValueError("A weight is made of something: one of its parts counts.")
        return self
