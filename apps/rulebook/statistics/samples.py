"""What a sample must be before a number is computed from it."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from apps.rulebook.errors import RuleBroken

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = Sequence[float] | npt.NDArray[np.generic]

SUM_TOLERANCE = 1e-6


class NothingToMeasure(RuleBroken):
    """Null, zero and "not run" are three things: a mean of nothing is none of them."""

    code = "STATISTIC_WITHOUT_SAMPLE"


class NotASample(RuleBroken):
    """A number that is missing, or is not what the statistic is defined for."""

    code = "STATISTIC_NOT_DEFINED"


def forecasts(probabilities: Numbers, outcomes: Numbers) -> tuple[FloatArray, FloatArray]:
    """Return yes-or-no forecasts and what happened, as arrays that can be computed with.

    Source: docs/domain.md section 11.

    Raises:
        NothingToMeasure: there is no forecast.
        NotASample: lengths differ, a probability outside [0, 1], or an outcome besides 0 and 1.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(outcomes, dtype=np.float64)
    if p.ndim != 1 or p.shape != y.shape:
        raise NotASample(f"One outcome per forecast, not {y.shape} for {p.shape}.")
    if not len(p):
        raise NothingToMeasure("There is no forecast to measure.")
    if not ((p >= 0) & (p <= 1)).all():  # also false for NaN
        raise NotASample("Probabilities lie between 0 and 1.")
    if not ((y == 0) | (y == 1)).all():
        raise NotASample("An outcome is 0 or 1; what was pushed or void is left out.")
    return p, y


def distributions(probabilities: Numbers, outcomes: Numbers) -> tuple[FloatArray, IntArray]:
    """Return forecasts over several classes, (n, classes), and the class that came.

    Source: docs/domain.md section 11.

    Raises:
        NothingToMeasure: there is no forecast.
        NotASample: shapes differ, a row is no distribution, or a class does not exist.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(outcomes)
    if p.size == 0 and y.size == 0:
        raise NothingToMeasure("There is no forecast to measure.")
    if p.ndim != 2 or p.shape[1] < 2 or y.shape != p.shape[:1]:
        raise NotASample(f"One class per row of (n, classes >= 2), not {y.shape} for {p.shape}.")
    if not (p >= 0).all() or not (np.abs(p.sum(axis=1) - 1) <= SUM_TOLERANCE).all():
        raise NotASample("Each row of probabilities is non-negative and adds up to 1.")
    classes = y.astype(np.int64)
    if (classes != y).any() or classes.min() < 0 or classes.max() >= p.shape[1]:
        raise NotASample(f"Classes are whole numbers from 0 to {p.shape[1] - 1}.")
    return p, classes
