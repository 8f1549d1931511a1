"""The market's idea of how a game may end: how likely every margin and every total is.

A normal curve bent by what scoring plays make common and rare. The weights were counted over
60,000 games of ``football.play``; tests hold them to it, so that the books of this world are
honest about their league: what they misjudge is the teams, not the game.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import exp
from typing import Final, NamedTuple

MARGIN_SD: Final = 13.1  # points, where 45 are expected
TOTAL_SD: Final = 14.1
_USUAL: Final = 45.0
_SD_GROWS: Final = (0.30, 0.45)  # powers with which both grow with the expected total
_WIDEST: Final = 70
_HIGHEST: Final = 110
_CENTRED: Final = 3  # passes until the mean is what was asked for

# By absolute margin, then 1.
_MARGIN_WEIGHTS: Final = (
    *(0.02, 0.72, 0.73, 2.22, 0.89, 0.78, 0.99, 1.93, 0.90, 0.50, 1.23, 0.85, 0.62, 1.08, 1.32),
    *(0.73, 0.72, 1.30, 0.95, 0.61, 1.18, 1.23, 0.71, 0.80, 1.35, 0.89, 0.72, 1.11, 1.23, 0.69),
)
# By total, then 1.2: high totals are commoner than a normal curve has them.
_TOTAL_WEIGHTS: Final = (
    *(0.01, 0.01, 0.01, 0.53, 0.01, 0.07, 0.51, 0.31, 0.09, 1.06, 0.98, 0.04, 0.47, 1.71, 0.31),
    *(0.61, 1.53, 1.11, 0.26, 1.37, 1.23, 0.57, 0.92, 1.85, 0.91, 0.71, 1.32, 1.53, 0.57, 1.28),
    *(1.45, 0.95, 0.68, 1.59, 1.08, 0.82, 1.09, 1.54, 0.78, 0.94, 1.12, 1.18, 0.62, 1.26, 1.15),
    *(0.85, 0.80, 1.28, 0.81, 0.85, 0.94, 1.18, 0.70, 0.90, 1.02, 0.98, 0.63, 1.14, 0.92, 0.80),
    *(0.80, 1.12, 0.77, 0.90, 0.89, 1.10, 0.71, 0.92, 1.00, 1.03, 0.71, 1.25, 1.11, 0.88, 0.87),
)
_HIGH_TOTAL: Final = 1.2


class Chances(NamedTuple):
    """Of a line: that the side wins, that stakes return, that it loses. They sum to 1."""

    win: float
    push: float
    loss: float

    @property
    def fair(self) -> float:
        """The chance to win where stakes do not return: what a price without margin says."""
        return self.win / (self.win + self.loss)


class Curve:
    """A distribution over whole numbers."""

    def __init__(self, values: Sequence[int], weights: Sequence[float]) -> None:
        whole = sum(weights)
        self._values = values
        self._below = [0.0, *accumulate(weight / whole for weight in weights)]
        self.mean = sum(v * w for v, w in zip(values, weights, strict=True)) / whole

    def drawn(self, share: float) -> int:
        """Return the value below which that share of all games ends."""
        return self._values[min(bisect_right(self._below, share), len(self._values)) - 1]

    def above(self, line: float) -> Chances:
        """Return the chances of ending above a line; on it stakes return."""
        upto = self._below[bisect_right(self._values, line)]
        under = self._below[bisect_right(self._values, line - 0.25)]
        return Chances(win=1.0 - upto, push=upto - under, loss=under)


def margin_curve(margin: float, total: float) -> Curve:
    """Return how likely each home margin is, where these are expected."""
    return _margins(round(10 * margin), round(total))


def total_curve(total: float) -> Curve:
    """Return how likely each total is."""
    return _totals(round(10 * total))


def plain_margins(margin: float, sd: float) -> Curve:
    """A bare normal curve: of a game in progress, where scores to come matter more than plays."""
    values = range(-_WIDEST, _WIDEST + 1)
    return Curve(values, [exp(-(((k - margin) / sd) ** 2) / 2) for k in values])


@lru_cache(maxsize=4096)
def _margins(tenths: int, total: int) -> Curve:
    values = range(-_WIDEST, _WIDEST + 1)
    weights = [_weight(_MARGIN_WEIGHTS, abs(k), 1.0) for k in values]
    sd = MARGIN_SD * (total / _USUAL) ** _SD_GROWS[0]
    return bent(values, weights, tenths / 10, sd)


@lru_cache(maxsize=4096)
def _totals(tenths: int) -> Curve:
    values = range(_HIGHEST + 1)
    weights = [_weight(_TOTAL_WEIGHTS, k, _HIGH_TOTAL) for k in values]
    mean = tenths / 10
    return bent(values, weights, mean, TOTAL_SD * (mean / _USUAL) ** _SD_GROWS[1])


def _weight(weights: Sequence[float], at: int, beyond: float) -> float:
    return weights[at] if at < len(weights) else beyond


def bent(values: Sequence[int], weights: Sequence[float], mean: float, sd: float) -> Curve:
    """Bend a normal curve by the weights, its middle moved until the mean is as asked."""
    middle = mean
    for _ in range(_CENTRED):
        curved = [
            w * exp(-(((k - middle) / sd) ** 2) / 2) for k, w in zip(values, weights, strict=True)
        ]
        curve = Curve(values, curved)
        middle += mean - curve.mean
    return curve
