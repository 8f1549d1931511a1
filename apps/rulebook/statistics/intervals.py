"""How sure a published figure may be: every one carries its n and its interval."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # ships no types

from apps.rulebook.statistics.samples import NotASample, NothingToMeasure, Numbers

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, where the truth may lie, and how much was seen."""

    value: float
    low: float
    high: float
    n: int
    clusters: int  # independent units among the n: events


def wilson(successes: int, n: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return a share and its score interval (Wilson 1927), which stays inside [0, 1] and is
    not empty at 0 and n, unlike the textbook's value plus or minus two errors.

    Raises:
        NothingToMeasure: n is zero.
        NotASample: successes outside 0 to n.
    """
    if n == 0:
        raise NothingToMeasure("A share of nothing has no value.")
    if not 0 <= successes <= n:
        raise NotASample(f"{successes} of {n} is no share.")
    z = _normal_quantile(confidence)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the bound equals the share; rounding must not put it on the other side.
    low = 0.0 if successes == 0 else centre - reach
    high = 1.0 if successes == n else centre + reach
    return Interval(share, low, high, n, n)


def clustered_mean(
    values: Numbers, clusters: Sequence[Hashable], *, confidence: float = CONFIDENCE
) -> Interval:
    """Return a mean whose interval counts each cluster, not each value, as one observation.

    Picks on one event win and lose together, so the residuals are added up per event before they
    are squared (Liang and Zeger 1986; CR1 correction G/(G-1), Student's t with G-1 degrees).

    Raises:
        NothingToMeasure: there is no value.
        NotASample: a value is missing, lengths differ, or there is one cluster only.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.shape != (len(clusters),):
        raise NotASample(f"One cluster per value, not {len(clusters)} for {sample.shape}.")
    n = len(sample)
    if not n:
        raise NothingToMeasure("A mean of nothing has no value.")
    if not np.isfinite(sample).all():
        raise NotASample("A missing value is counted beside the mean, not put into it.")
    numbers: dict[Hashable, int] = {}
    index = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    groups = len(numbers)
    if groups < 2:
        raise NotASample("One event alone says nothing about the next.")

    mean = float(sample.mean())
    residuals = np.bincount(index, sample - mean)
    variance = float((residuals**2).sum()) / n**2 * groups / (groups - 1)
    t = float(special.stdtrit(groups - 1, (1 + confidence) / 2))
    reach = t * math.sqrt(variance)
    return Interval(mean, mean - reach, mean + reach, n, groups)


def _normal_quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise NotASample(f"A confidence lies between 0 and 1, not at {confidence}.")
    return NormalDist().inv_cdf((1 + confidence) / 2)
