"""Score models: from what two teams are expected to score to a joint distribution of scores.

A sport is a ``ScoreModel``; its fitted parameters are versions of it. Everything else (the
sampling, the pricing of lines, storage) is the same for all sports and stands beside them.
"""

from functools import cache
from typing import Final

from apps.rulebook.errors import RuleBroken
from apps.rulebook.scoring.axis import (
    Abv,
    Axis,
    AxisDistribution,
    LineNotPriceable,
    TargetOutOfReach,
    axis_of,
)
from apps.rulebook.scoring.distribution import (
    DistributionUnreadable,
    NotSampled,
    ScoreDistribution,
)
from apps.rulebook.scoring.football import NFL_2015, FootballModel
from apps.rulebook.scoring.model import (
    SAMPLER,
    MeansOutOfRange,
    ScoreModel,
    Simulation,
    TargetMeans,
    sim_fail_bound,
    simulate,
)

__all__ = [
    "SAMPLER",
    "Abv",
    "Axis",
    "AxisDistribution",
    "DistributionUnreadable",
    "LineNotPriceable",
    "MeansOutOfRange",
    "NotSampled",
    "ScoreDistribution",
    "ScoreModel",
    "ScoreModelUnknown",
    "Simulation",
    "TargetMeans",
    "TargetOutOfReach",
    "axis_of",
    "score_model",
    "sim_fail_bound",
    "simulate",
]

# Sport, as the league names it -> version of its parameters -> what makes the model.
_SPORTS: Final = {
    "football": {NFL_2015.version: NFL_2015},
}


class ScoreModelUnknown(RuleBroken):
    """No model of this sport, or not with these parameters: the game is not simulated."""

    code = "SCORE_MODEL_UNKNOWN"


@cache
def score_model(sport: str, version: str) -> ScoreModel:
    """Return the model of a sport with one version of its parameters, built once.

    Source: docs/model.md section 2.

    Raises:
        ScoreModelUnknown: nobody fitted that.
    """
    try:
        return FootballModel(_SPORTS[sport][version])
    except KeyError:
        raise ScoreModelUnknown(f"There is no score model {version!r} of {sport!r}.") from None
