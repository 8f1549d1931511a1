"""Models, ratings, runs and evaluations: all of them facts, written once."""

from apps.simulations.models.evaluation import EvaluationBatch, MarketEvaluation, NotEvaluated
from apps.simulations.models.model import ModelReport, ModelState, ModelVersion
from apps.simulations.models.rating import RatedGame, RatingDay, TeamRating
from apps.simulations.models.run import RunStatus, SimulationRun

__all__ = [
    "EvaluationBatch",
    "MarketEvaluation",
    "ModelReport",
    "ModelState",
    "ModelVersion",
    "NotEvaluated",
    "RatedGame",
    "RatingDay",
    "RunStatus",
    "SimulationRun",
    "TeamRating",
]
