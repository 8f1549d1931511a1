"""Whether probabilities mean what they say.

A perfect model does not show an expected calibration error of zero: with forecasts between .3
and .7 it shows about .07 at n = 100 and .024 at n = 1,000. So the error is judged by how often a
perfect model of the same forecasts would show as much (docs/domain.md section 4), never by a limit.
"""

import math
from dataclasses import dataclass

import numpy as np

from apps.rulebook.statistics.samples import FloatArray, IntArray, NotASample, Numbers, forecasts

BINS = 10
DRAWS = 5_000

# Random numbers drawn at once, so that a league's history fits into little memory.
CHUNK = 2_000_000

MOST_STEPS = 100

# Log-odds that differ by less are one forecast.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """One bar of a reliability diagram."""

    low: float  # the bin holds low <= p < high; the last one holds 1 too
    high: float
    n: int
    mean_p: float
    mean_y: float


@dataclass(frozen=True, slots=True)
class EceTest:
    ece: float
    expected: float  # what a perfect model shows on the same forecasts, on average
    p_value: float  # how often it shows at least as much
    n: int
    draws: int


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """logit P(y) = intercept + slope * logit p. Slope below 1: forecasts too far from one half."""

    slope: float
    intercept: float
    slope_error: float  # standard error
    intercept_error: float
    n: int


def reliability(
    probabilities: Numbers, outcomes: Numbers, *, bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """Return the bins that hold a forecast, lowest first.

    Source: Naeini, Cooper and Hauskrecht 2015, docs/domain.md section 11.
    """
    p, y = forecasts(probabilities, outcomes)
    index = _bin_of(p, bins)
    counts = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_p = np.bincount(index, p, minlength=bins) / counts
        mean_y = np.bincount(index, y, minlength=bins) / counts
    return tuple(
        CalibrationBin(i / bins, (i + 1) / bins, int(counts[i]), float(mean_p[i]), float(mean_y[i]))
        for i in np.flatnonzero(counts).tolist()
    )


def ece(probabilities: Numbers, outcomes: Numbers, *, bins: int = BINS) -> float:
    """Return the expected calibration error: the mean over forecasts of |mean p - mean y| of
    their bin, bins of equal width (Naeini, Cooper and Hauskrecht 2015).
    """
    p, y = forecasts(probabilities, outcomes)
    gaps = np.bincount(_bin_of(p, bins), p - y, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))


def ece_test(
    probabilities: Numbers,
    outcomes: Numbers,
    *,
    seed: int,
    bins: int = BINS,
    draws: int = DRAWS,
) -> EceTest:
    """Ask how often a perfect model would look as badly calibrated as this one does.

    Consistency resampling (Brocker and Smith 2007): outcomes are drawn from the forecasts
    themselves. The observed sample counts among the draws, so the p-value is never zero.
    """
    p, y = forecasts(probabilities, outcomes)
    index = _bin_of(p, bins)
    observed = float(np.abs(np.bincount(index, p - y, minlength=bins)).sum() / len(p))
    perfect = _ece_of_perfect_models(p, index, np.random.default_rng(seed), draws)
    # An equal error must count as "as much", whatever the rounding of its sum.
    as_bad = int((perfect >= observed - 1e-12).sum())
    return EceTest(observed, float(perfect.mean()), (1 + as_bad) / (1 + draws), len(p), draws)


def calibration_line(probabilities: Numbers, outcomes: Numbers) -> CalibrationLine:
    """Fit the logistic recalibration line by maximum likelihood (Cox 1958).

    Raises:
        NotASample: a forecast of 0 or 1, forecasts that are all equal, or outcomes that the
            forecasts separate perfectly: no finite line fits best.
    """
    p, y = forecasts(probabilities, outcomes)
    if p.min() <= 0 or p.max() >= 1:
        raise NotASample("A forecast of 0 or 1 has no log-odds.")
    logits = np.log(p) - np.log1p(-p)
    if np.ptp(logits) < SAME:
        raise NotASample("Forecasts that are all equal have no slope.")
    if _separates(logits, y):
        raise NotASample("The forecasts separate the outcomes: no finite slope fits best.")

    # Centred, so that the two parameters disturb each other little while they are found.
    centre = logits.mean()
    design = np.column_stack([np.ones_like(logits), logits - centre])
    fitted, information = _maximum_likelihood(design, y, np.array([centre, 1.0]))
    covariance = np.linalg.inv(information)
    intercept = fitted[0] - fitted[1] * centre
    variance = covariance[0, 0] - 2 * centre * covariance[0, 1] + centre**2 * covariance[1, 1]
    return CalibrationLine(
        slope=float(fitted[1]),
        intercept=float(intercept),
        slope_error=math.sqrt(covariance[1, 1]),
        intercept_error=math.sqrt(variance),
        n=len(p),
    )


def _bin_of(p: FloatArray, bins: int) -> IntArray:
    return np.minimum((p * bins).astype(np.int64), bins - 1)


def _ece_of_perfect_models(
    p: FloatArray, index: IntArray, random: np.random.Generator, draws: int
) -> FloatArray:
    """Draw outcomes from the forecasts; sorted by bin, a bin's gap is the sum of one run."""
    order = np.argsort(index, kind="stable")
    p, index = p[order], index[order]
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    at_once = max(1, CHUNK // len(p))
    errors = []
    for first in range(0, draws, at_once):
        happened = random.random((min(at_once, draws - first), len(p))) < p
        gaps = np.add.reduceat(p - happened, starts, axis=1)
        errors.append(np.abs(gaps).sum(axis=1) / len(p))
    return np.concatenate(errors)


def _separates(logits: FloatArray, y: FloatArray) -> bool:
    """Whether one threshold on the forecasts tells all outcomes (either way round)."""
    if y.min() == y.max():
        return True
    yes, no = logits[y == 1], logits[y == 0]
    return bool(yes.min() >= no.max() - SAME or yes.max() <= no.min() + SAME)


def _maximum_likelihood(
    design: FloatArray, y: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Newton's method on the (concave) log-likelihood; a step that worsens it is halved."""
    at, best = start, _log_likelihood(design, y, start)
    for _ in range(MOST_STEPS):
        expected = _sigmoid(design @ at)
        gradient = design.T @ (y - expected)
        weights = expected * (1 - expected)
        information: FloatArray = (design * weights[:, np.newaxis]).T @ design
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            break  # the likelihood is flat: it rises towards infinity
        while (reached := _log_likelihood(design, y, at + step)) < best - 1e-9:
            step = step / 2
        at, best = at + step, reached
        if np.abs(step).max() < 1e-10:
            return at, information
    raise NotASample("No line fits the forecasts best.")


def _log_likelihood(design: FloatArray, y: FloatArray, at: FloatArray) -> float:
    scores = design @ at
    return float((y * scores - np.logaddexp(0, scores)).sum())


def _sigmoid(scores: FloatArray) -> FloatArray:
    result: FloatArray = np.exp(-np.logaddexp(0, -scores))
    return result
