"""What published probabilities promise, and whether wins and returns keep it.

Source: docs/domain.md section 11. Prices differ from pick to pick, so a plain binomial against one
break-even rate is never used: wins are a sum of unequal coins (Poisson-binomial), and returns
weigh each of them with its price.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from apps.rulebook.statistics.samples import FloatArray, NotASample, NothingToMeasure, Numbers


@dataclass(frozen=True, slots=True)
class Expectation:
    """Sum of what n picks at one unit each should return, and how far chance may move it."""

    mean: float  # units
    variance: float  # units squared
    n: int

    def deviations(self, seen: float) -> float:
        """How many standard deviations the seen sum lies from the promised one."""
        if self.variance == 0:
            raise NotASample("Where nothing can vary, nothing can deviate.")
        return (seen - self.mean) / math.sqrt(self.variance)


def expected_wins(probabilities: Numbers) -> Expectation:
    """Return sum p and sum p(1-p): mean and variance of the Poisson-binomial.

    Source: docs/domain.md section 11.
    """
    p = _chances(probabilities)
    return Expectation(float(p.sum()), float((p * (1 - p)).sum()), len(p))


def expected_returns(probabilities: Numbers, prices: Numbers) -> Expectation:
    """Return the profit that the probabilities promise at these decimal odds.

    Mean sum(p d - 1), variance sum p(1-p) d^2, one unit on each, picks of different events.
    Source: docs/domain.md section 11.
    """
    p = _chances(probabilities)
    d = np.asarray(prices, dtype=np.float64)
    if d.shape != p.shape or not (d > 1).all():
        raise NotASample("One price above 1 per probability.")
    mean = float((p * d - 1).sum())
    return Expectation(mean, float((p * (1 - p) * d**2).sum()), len(p))


def wins_distribution(probabilities: Numbers) -> FloatArray:
    """Return P(0 wins), P(1 win), ..., P(n wins) exactly, one pick at a time.

    Source: docs/domain.md section 11.
    """
    p = _chances(probabilities)
    chances = np.zeros(len(p) + 1)
    chances[0] = 1.0
    for done, win in enumerate(p.tolist(), start=1):
        chances[1 : done + 1] = chances[1 : done + 1] * (1 - win) + chances[:done] * win
        chances[0] *= 1 - win
    return chances


def wins_p_value(wins: int, probabilities: Numbers) -> float:
    """Return how often fair chance strays at least as far, in either direction.

    Twice the smaller tail, the seen number included. Source: docs/domain.md section 11.
    """
    chances = wins_distribution(probabilities)
    if not 0 <= wins < len(chances):
        raise NotASample(f"{wins} wins of {len(chances) - 1} picks cannot be.")
    tail = min(chances[: wins + 1].sum(), chances[wins:].sum())
    return float(min(1.0, 2 * tail))


def picks_needed(
    win_rate: float, price: float, *, significance: float = 0.05, power: float = 0.8
) -> int:
    """Return how many picks show that a win rate beats a price's break-even rate.

    One-sided, normal approximation, rounded up (Fleiss, Levin and Paik 2003). At -110, 55 % needs
    2,243.
    """
    break_even = 1 / price
    if not break_even < win_rate < 1:
        raise NotASample(f"{win_rate} does not lie above the break-even rate {break_even:.4f}.")
    under_chance = NormalDist().inv_cdf(1 - significance) * math.sqrt(break_even * (1 - break_even))
    under_skill = NormalDist().inv_cdf(power) * math.sqrt(win_rate * (1 - win_rate))
    return math.ceil(((under_chance + under_skill) / (win_rate - break_even)) ** 2)


def _chances(probabilities: Numbers) -> FloatArray:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.size == 0:
        raise NothingToMeasure("There is no pick to add up.")
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise NotASample("Probabilities lie between 0 and 1.")
    return p
