"""Everything that may happen to ratings, runs and evaluations. The only writer of them."""

from apps.simulations.actions.evaluate import EvaluatedPolls, evaluate_due
from apps.simulations.actions.rate import RatedResults, rate_results
from apps.simulations.actions.simulate import SimulatedEvents, simulate_due
from apps.simulations.actions.versions import (
    AlreadyReported,
    ModelEdited,
    register_model,
    report_model,
)

__all__ = [
    "AlreadyReported",
    "EvaluatedPolls",
    "ModelEdited",
    "RatedResults",
    "SimulatedEvents",
    "evaluate_due",
    "rate_results",
    "register_model",
    "report_model",
    "simulate_due",
]
