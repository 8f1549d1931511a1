"""How a league is simulated, and how far its model is trusted against the market."""

from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator

from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds.document import (
    Document,
    Games,
    Hours,
    Iterations,
    Multiple,
    PointsSquared,
    Probability,
    Seasons,
    Weight,
)

# The profile that runs in the shadow of the others: no opinion may choose it.
CANDIDATE: Final = "candidate"


class ModelVariant(StrEnum):
    LINE_INFORMED = "LINE_INFORMED"  # past closing lines are learned from, after the game
    RESULTS_ONLY = "RESULTS_ONLY"  # the only one that may be called independent of the market


class BlendBasis(StrEnum):
    MEASURED = "MEASURED"  # weights are lower bounds out of sample, zero until measured
    RAW = "RAW"  # weight one everywhere: research and rehearsals, never above LEAN


class SimulationConfig(Document):
    """What a run depends on besides the event, the model version and its data.

    Its fingerprint is the run's ``sim_config_hash``: the two profiles share their runs.
    """

    variant: ModelVariant = Field(
        title="Variant", description="RESULTS_ONLY never sees a line; LINE_INFORMED after the game."
    )
    sim_count: Iterations = Field(
        title="Iterations", ge=1_000, le=10_000_000, description="Iterations of one run."
    )
    fail_probability: Probability = Field(
        title="False SIM_FAIL",
        gt=0,
        lt=1,
        description="Chance of a false SIM_FAIL in the bound sqrt(ln(2/p)/(2n)) on the worst line.",
    )
    horizon_h: Hours = Field(
        title="Simulated from",
        gt=0,
        le=8760,
        description="Hours before its start from which an event is simulated.",
    )


class BlendWeight(Document):
    """How far the model may pull a probability away from the market's (docs/model.md section 3)."""

    row_key = ("market_type", "hours_before_start")

    market_type: MarketType = Field(title="Market", description="Whose probability is pulled.")
    hours_before_start: Hours = Field(
        title="From hours before the start",
        ge=0,
        le=8760,
        description="Hours that must remain, inclusive; the largest bucket reached is in force.",
    )
    weight: Weight = Field(
        title="Weight", ge=0, le=1, description="w on the logit scale; 0 is the market's own."
    )
    estimate: Weight | None = Field(
        title="Estimate", description="Fitted w before the bound; empty: not measured."
    )
    standard_error: Weight | None = Field(
        title="Standard error", description="Of the fitted w; empty: not measured."
    )
    games: Games | None = Field(
        title="Games",
        ge=0,
        description="Games evaluated behind w; empty: not recorded, counts as none.",
    )

    @model_validator(mode="after")
    def _estimate_has_an_error(self) -> Self:
        if (self.estimate is None) != (self.standard_error is None):
            raise ValueError("An estimate and its standard error are stated together.")
        return self


class EdgeGate(Document):
    """What must be known about a league before tier EDGE is allowed (docs/model.md section 3)."""

    team_games_min: Games = Field(
        title="Games of each team", ge=0, le=200, description="Games of each team this season."
    )
    warmup_seasons_min: Seasons = Field(
        title="Warm-up seasons", ge=0, le=50, description="Seasons the ratings have seen."
    )
    margin_variance_steady: PointsSquared | None = Field(
        title="Steady variance of a margin",
        description="Points squared; steady prior variance of a margin. Empty: not known, no EDGE.",
    )
    variance_ratio_max: Multiple = Field(
        title="Largest variance",
        gt=0,
        description="Largest allowed prior variance as a multiple of the steady one.",
    )
    evaluated_games_min: Games = Field(
        title="Games behind the weight", ge=0, description="Games that must stand behind w."
    )


class ModelConfig(Document):
    """Section ``model``: one complete document per league and profile."""

    league: str = Field(min_length=1, max_length=16, description="League code.")
    simulation: SimulationConfig = Field(title="Simulation", description="How a run is made.")
    basis: BlendBasis = Field(
        title="Basis of the weights",
        description="MEASURED: lower bounds, zero until measured. RAW: research.",
    )
    weights: tuple[BlendWeight, ...] = Field(
        title="Weights against the market",
        description="Per market, by hours before the start; a market without one has weight 0.",
    )
    edge_gate: EdgeGate = Field(
        title="Gate of tier EDGE", description="What must be known before EDGE is allowed."
    )
    aligned_only: tuple[MarketType, ...] = Field(
        title="Never above MARKET_ALIGNED",
        description="Markets whose tier is never above MARKET_ALIGNED: an input is missing.",
    )

    @model_validator(mode="after")
    def _weights_are_in_order(self) -> Self:
        keys = [(weight.market_type, weight.hours_before_start) for weight in self.weights]
        if len(set(keys)) != len(keys):
            raise ValueError("A weight stands in the document twice.")
        for weight in self.weights:
            if self.basis is BlendBasis.MEASURED and weight.weight > _lower_bound(weight):
                raise ValueError("A measured weight exceeds estimate - 2 standard errors.")
        return self

    def weight(self, market_type: MarketType, hours_before_start: float) -> BlendWeight | None:
        """Return the weight in force: the largest bucket not above the hours that remain."""
        reached = [
            weight
            for weight in self.weights
            if weight.market_type is market_type
            and weight.hours_before_start <= max(hours_before_start, 0)
        ]
        return max(reached, key=lambda weight: weight.hours_before_start, default=None)


def _lower_bound(weight: BlendWeight) -> Decimal:
    if weight.estimate is None or weight.standard_error is None:
        return Decimal(0)
    return max(weight.estimate - 2 * weight.standard_error, Decimal(0))
