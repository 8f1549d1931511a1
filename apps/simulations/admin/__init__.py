"""What people see of models, strengths, runs and evaluations: everything, and nothing to change."""

from apps.simulations.admin.models import ModelReportAdmin, ModelVersionAdmin
from apps.simulations.admin.ratings import RatedGameAdmin, RatingDayAdmin, TeamRatingAdmin
from apps.simulations.admin.runs import EvaluationBatchAdmin, SimulationRunAdmin

__all__ = [
    "EvaluationBatchAdmin",
    "ModelReportAdmin",
    "ModelVersionAdmin",
    "RatedGameAdmin",
    "RatingDayAdmin",
    "SimulationRunAdmin",
    "TeamRatingAdmin",
]
