"""Statistics: scores, calibration, intervals, and what chance does to wins and returns."""

from apps.rulebook.statistics.blend import BlendFit, blend_weight, blended
from apps.rulebook.statistics.calibration import (
    CalibrationBin,
    CalibrationLine,
    EceTest,
    calibration_line,
    ece,
    ece_test,
    reliability,
)
from apps.rulebook.statistics.intervals import Interval, clustered_mean, wilson
from apps.rulebook.statistics.returns import (
    Expectation,
    expected_returns,
    expected_wins,
    picks_needed,
    wins_distribution,
    wins_p_value,
)
from apps.rulebook.statistics.samples import NotASample, NothingToMeasure
from apps.rulebook.statistics.scores import (
    brier,
    brier_multiclass,
    ignorance,
    log_loss,
    log_loss_multiclass,
    rps,
)

__all__ = [
    "BlendFit",
    "CalibrationBin",
    "CalibrationLine",
    "EceTest",
    "Expectation",
    "Interval",
    "NotASample",
    "NothingToMeasure",
    "blend_weight",
    "blended",
    "brier",
    "brier_multiclass",
    "calibration_line",
    "clustered_mean",
    "ece",
    "ece_test",
    "expected_returns",
    "expected_wins",
    "ignorance",
    "log_loss",
    "log_loss_multiclass",
    "picks_needed",
    "reliability",
    "rps",
    "wilson",
    "wins_distribution",
    "wins_p_value",
]
