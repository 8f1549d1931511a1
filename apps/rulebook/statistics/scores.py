"""How good forecasts were: proper scoring rules, lower is better in each."""

import math

import numpy as np

from apps.rulebook.statistics.samples import Numbers, distributions, forecasts


def brier(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the mean squared error of yes-or-no forecasts, 0 to 1 (Brier 1950)."""
    p, y = forecasts(probabilities, outcomes)
    return float(((p - y) ** 2).mean())


def brier_multiclass(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the squared error SUMMED over classes, mean over rows, 0 to 2 (Brier 1950).

    On two classes it is twice ``brier``: the two are never put in one column.
    """
    p, classes = distributions(probabilities, outcomes)
    happened = np.eye(p.shape[1])[classes]
    return float(((p - happened) ** 2).sum(axis=1).mean())


def log_loss(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the mean of -ln(probability of what happened), in nats.

    Infinite where something happened that was called impossible: clipping would forgive it.
    Source: Good 1952, docs/domain.md section 11.
    """
    p, y = forecasts(probabilities, outcomes)
    return _surprise(np.where(y == 1, p, 1 - p))


def log_loss_multiclass(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the mean of -ln(probability of the class that came), in nats.

    Source: Good 1952, docs/domain.md section 11.
    """
    p, classes = distributions(probabilities, outcomes)
    return _surprise(p[np.arange(len(p)), classes])


def ignorance(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the logarithmic score in bits (Good 1952; Roulston and Smith 2002)."""
    return log_loss_multiclass(probabilities, outcomes) / math.log(2)


def rps(probabilities: Numbers, outcomes: Numbers) -> float:
    """Return the ranked probability score of ordered classes, 0 to 1 (Epstein 1969).

    Squared distance of the cumulative distributions over the number of steps, so that missing
    by two classes costs more than missing by one. Football: home, draw, away.
    """
    p, classes = distributions(probabilities, outcomes)
    happened = np.eye(p.shape[1])[classes]
    gaps = (p - happened).cumsum(axis=1)[:, :-1]
    return float((gaps**2).sum(axis=1).mean() / (p.shape[1] - 1))


def _surprise(happened: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    with np.errstate(divide="ignore"):
        return float(-np.log(happened).mean())
