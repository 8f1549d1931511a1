"""Score models: from what two teams are expected to score to a joint distribution of scores.

A sport is a ``ScoreModel``; its fitted parameters are versions of it. Everything else (the
sampling, the pricing of lines, storage) is the same for all sports and stands beside them.
"""

from collections.abc import Mapping
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
from apps.rulebook.scoring.basketball import (
    FORTY_MINUTES_1,
    NBA_2013,
    BasketballModel,
    BasketballParameters,
    SpreadMissing,
)
from apps.rulebook.scoring.counts import (
    MLB_2015,
    NHL_2015,
    NHL_2024,
    SOCCER_1,
    CountModel,
    CountParameters,
)
from apps.rulebook.scoring.distribution import (
    DistributionUnreadable,
    NotSampled,
    ScoreDistribution,
)
from apps.rulebook.scoring.football import NFL_2015, FootballModel, FootballParameters
from apps.rulebook.scoring.model import (
    SAMPLER,
    ClosingLines,
    ClosingMeans,
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
    "ClosingLines",
    "ClosingMeans",
    "DistributionUnreadable",
    "LineNotPriceable",
    "MeansOutOfRange",
    "NotSampled",
    "ScoreDistribution",
    "ScoreModel",
    "ScoreModelUnknown",
    "ScoreParameters",
    "Simulation",
    "SpreadMissing",
    "TargetMeans",
    "TargetOutOfReach",
    "axis_of",
    "score_model",
    "score_parameters",
    "sim_fail_bound",
    "simulate",
]

ScoreParameters = FootballParameters | BasketballParameters | CountParameters

# Sport, as the league names it -> version of its parameters -> the parameters.
_SPORTS: Final[Mapping[str, Mapping[str, ScoreParameters]]] = {
    "football": {NFL_2015.version: NFL_2015},
    "basketball": {NBA_2013.version: NBA_2013, FORTY_MINUTES_1.version: FORTY_MINUTES_1},
    "baseball": {MLB_2015.version: MLB_2015},
    "hockey": {NHL_2015.version: NHL_2015, NHL_2024.version: NHL_2024},
    "soccer": {SOCCER_1.version: SOCCER_1},
}


class ScoreModelUnknown(RuleBroken):
    """No model of this sport, or not with these parameters: the game is not simulated."""

    code = "SCORE_MODEL_UNKNOWN"


def score_parameters(sport: str, version: str) -> ScoreParameters:
    """Return one version of a sport's fitted parameters.

    Source: docs/model.md section 2.

    Raises:
        ScoreModelUnknown: nobody fitted that.
    """
    try:
        return _SPORTS[sport][version]
    except KeyError:
        raise ScoreModelUnknown(f"There is no score model {version!r} of {sport!r}.") from None


@cache
def score_model(sport: str, version: str) -> ScoreModel:
    """Return the model of a sport with one version of its parameters, built once.

    Source: docs/model.md section 2.

    Raises:
        ScoreModelUnknown: nobody fitted that.
    """
    parameters = score_parameters(sport, version)
    if isinstance(parameters, FootballParameters):
        return FootballModel(parameters)
    if isinstance(parameters, BasketballParameters):
        return BasketballModel(parameters)
    return CountModel(parameters)
