"""Baseball, hockey and football (soccer): scores counted one by one, and what margins do to them.

Each side's score is a count with the spread its sport has: wider than Poisson's in baseball,
where runs come in bunches, narrower in hockey. Two such scores are joined and margins weighted
by how much oftener than that they are seen. Where a game cannot end level its tie weighs
nothing: the extra innings, the overtime and shoot-out goal and the empty net are in the weights
of the margins that they lead to. The expected counts are then tilted until the means come out.

Source: docs/model.md section 2.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np

from apps.rulebook.markets import HomeMargin, MarketType, Period
from apps.rulebook.scoring.axis import Floats
from apps.rulebook.scoring.distribution import ScoreDistribution
from apps.rulebook.scoring.model import (
    ClosingLines,
    ClosingMeans,
    MeansOutOfRange,
    TargetMeans,
)

_PASSES: Final = 12  # tilts of the means at most
_CLOSE_ENOUGH: Final = 1e-5  # of a run or goal


class Count(StrEnum):
    """How one side's score is spread around what is expected of it; ``shape`` says how far."""

    POISSON = "POISSON"  # shape unused: as wide as its mean
    BINOMIAL = "BINOMIAL"  # shape: the chances a side has in a game
    NEGATIVE_BINOMIAL = "NEGATIVE_BINOMIAL"  # shape: variance as a multiple of the mean


class Close(StrEnum):
    """Which market says best how far apart the sides are."""

    WINNER = "WINNER"  # the two-way winner's probability, at ``winner_sd``
    THREE_WAY = "THREE_WAY"  # the chances of all three results, margin and total at once


# A three-way winner tells both; the total beside a two-way one is read from its own market.
_READ: Final = {
    Close.WINNER: frozenset({MarketType.MONEYLINE, MarketType.TOTAL}),
    Close.THREE_WAY: frozenset({MarketType.MONEYLINE_3WAY}),
}


@dataclass(frozen=True, slots=True)
class CountParameters:
    """What was fitted; a new fit is a new version, never an edited one."""

    version: str
    period: Period
    count: Count
    shape: float
    scores: int  # of a side: 0 up to one less
    lowest: float  # expected scores that the table is built for
    highest: float
    step: float
    level_weight: float  # of a level game; 0 where it is played to an end
    home_weights: tuple[float, ...]  # for a home win by 1, 2, ...; then 1
    away_weights: tuple[float, ...]
    close: Close
    winner_sd: float  # of a margin, where a winner's price stands for it


# Weights for a home win: the last of the ninth is not played to its end, so one run is common.
MLB_2015: Final = CountParameters(
    version="baseball-mlb-2015",
    period=Period.FULL_GAME,
    count=Count.NEGATIVE_BINOMIAL,
    shape=2.2,
    scores=32,
    lowest=1.0,
    highest=11.0,
    step=0.1,
    level_weight=0.0,
    home_weights=(1.60, 1.02, 0.95, 0.90),
    away_weights=(1.07, 0.94, 0.945, 0.95, 0.945, 0.94),
    close=Close.WINNER,
    winner_sd=4.4,
)

NHL_2015: Final = CountParameters(
    version="hockey-nhl-2015",
    period=Period.FULL_GAME,
    count=Count.BINOMIAL,
    shape=20.0,
    scores=16,
    lowest=0.5,
    highest=9.0,
    step=0.1,
    level_weight=0.0,
    home_weights=(1.20, 0.73, 1.14, 0.86, 0.76),
    away_weights=(1.20, 0.73, 1.14, 0.86, 0.76),
    close=Close.WINNER,
    winner_sd=2.35,
)

# Weights refitted on the seasons from 2017, 2018 and 2023: the empty net came earlier. Those of
# 2015 fail a chi-square of these seasons' margins.
NHL_2024: Final = replace(
    NHL_2015,
    version="hockey-nhl-2024",
    home_weights=(1.06, 0.71, 1.31, 1.04, 1.00),
    away_weights=(1.06, 0.71, 1.31, 1.04, 1.00),
)

SOCCER_1: Final = CountParameters(
    version="soccer-1",
    period=Period.REGULATION,
    count=Count.POISSON,
    shape=1.0,
    scores=16,
    lowest=0.05,
    highest=8.0,
    step=0.05,
    level_weight=1.05,
    home_weights=(),
    away_weights=(),
    close=Close.THREE_WAY,
    winner_sd=0.0,
)


class CountModel:
    """Joint distributions of counted scores for one version of the parameters."""

    def __init__(self, parameters: CountParameters) -> None:
        self.parameters = parameters

    @property
    def version(self) -> str:
        return self.parameters.version

    @property
    def period(self) -> Period:
        return self.parameters.period

    def distribution(self, means: TargetMeans) -> ScoreDistribution:
        """Return the joint distribution whose margin and total have the target's means.

        Raises:
            MeansOutOfRange: a side would have to score less or more than any does.
        """
        home, away = means.home, means.away
        for _ in range(_PASSES):
            got_home, got_away = self._means(self._side(home), self._side(away))
            off_home, off_away = means.home - got_home, means.away - got_away
            home, away = home + off_home, away + off_away
            if max(abs(off_home), abs(off_away)) < _CLOSE_ENOUGH:
                break
        # Nano-points: where another processor rounds a last bit otherwise, it draws the same.
        joint = np.multiply.outer(self._side(round(home, 9)), self._side(round(away, 9)))
        return ScoreDistribution(joint * self._weights)

    @property
    def close_markets(self) -> frozenset[MarketType]:
        return _READ[self.parameters.close]

    def closing(self, lines: ClosingLines) -> ClosingMeans:
        """Read the winner market: a half-run line hardly says how far apart two sides are.

        Source: docs/model.md section 1.
        """
        home = lines.home_prob
        if home is None:
            return ClosingMeans(margin=None, total=lines.total)
        if self.parameters.close is Close.WINNER:
            apart = self.parameters.winner_sd * NormalDist().inv_cdf(home)
            return ClosingMeans(margin=HomeMargin(apart), total=lines.total)
        if (
            lines.draw_prob is None
            or not min(home, lines.draw_prob, 1 - home - lines.draw_prob) > 0
        ):
            return ClosingMeans(margin=None, total=None)
        return self._of_three_ways(home, lines.draw_prob)

    @cached_property
    def _rows(self) -> Floats:
        """One row per expected score: the distribution of a side's score."""
        p = self.parameters
        return count_scores(p, np.arange(p.lowest, p.highest + p.step / 2, p.step))

    @cached_property
    def _weights(self) -> Floats:
        points = np.arange(self.parameters.scores)
        margins = np.subtract.outer(points, points) + self.parameters.scores
        by_margin = np.ones(2 * self.parameters.scores + 1)
        level = self.parameters.scores
        by_margin[level] = self.parameters.level_weight
        for sign, given in ((1, self.parameters.home_weights), (-1, self.parameters.away_weights)):
            for won_by, weight in enumerate(given, start=1):
                by_margin[level + sign * won_by] = weight
        weights: Floats = by_margin[margins]
        return weights

    @cached_property
    def _points(self) -> Floats:
        return np.arange(float(self.parameters.scores))

    def _side(self, expected: float) -> Floats:
        """Distribution of a side's score, between two rows of the table."""
        position = (expected - self.parameters.lowest) / self.parameters.step
        below = math.floor(position)
        if not 0 <= below < len(self._rows) - 1:
            raise MeansOutOfRange(f"No side of this sport is expected to score {expected:.2f}.")
        part = position - below
        row: Floats = (1.0 - part) * self._rows[below] + part * self._rows[below + 1]
        return row

    def _means(self, home: Floats, away: Floats) -> tuple[float, float]:
        """Expected scores of both sides in the joint distribution, without building it."""
        weighted = self._weights @ away
        mass = home @ weighted
        home_points = (self._points * home) @ weighted
        away_points = home @ (self._weights @ (self._points * away))
        return float(home_points / mass), float(away_points / mass)

    def _of_three_ways(self, home_prob: float, draw_prob: float) -> ClosingMeans:
        """Find the margin and total at which this model gives all three results their chances.

        Newton's method on the logarithms of both sides' expected scores. A market in which no
        two sides of this model could meet says nothing.
        """
        wanted = _logits(home_prob, draw_prob, 1.0 - home_prob - draw_prob)
        logs = np.log(np.array([_TYPICAL_SIDE, _TYPICAL_SIDE]))
        try:
            for _ in range(_NEWTON_STEPS):
                missing = wanted - self._results(logs)
                if abs(missing).max() < _CLOSE_ENOUGH:
                    home, away = self._means(*(self._side(x) for x in np.exp(logs).tolist()))
                    return ClosingMeans(
                        margin=HomeMargin(round(home - away, 6)), total=round(home + away, 6)
                    )
                slopes = [
                    (self._results(logs + nudge) - self._results(logs - nudge)) / (2 * _NUDGE)
                    for nudge in _NUDGE * np.eye(2)
                ]
                step = np.linalg.solve(np.column_stack(slopes), missing)
                logs = logs + step / max(1.0, abs(step).max() / _LONGEST_STEP)
        except (MeansOutOfRange, np.linalg.LinAlgError):
            pass
        return ClosingMeans(margin=None, total=None)

    def _results(self, logs: Floats) -> Floats:
        """Home against away, and drawn against not, for sides expected to score so much."""
        home, away = (self._side(x) for x in np.exp(logs).tolist())
        joint = np.multiply.outer(home, away) * self._weights
        won, drawn = float(np.tril(joint, -1).sum()), float(np.trace(joint))
        mass = float(joint.sum())
        return _logits(won / mass, drawn / mass, 1.0 - (won + drawn) / mass)


def _logits(home: float, draw: float, away: float) -> Floats:
    return np.array([math.log(home / away), math.log(draw / (1.0 - draw))])


_TYPICAL_SIDE: Final = 1.35  # goals, where the search begins
_NEWTON_STEPS: Final = 30
_LONGEST_STEP: Final = 0.5  # of a logarithm
_NUDGE: Final = 0.02


def count_scores(parameters: CountParameters, expected: Floats) -> Floats:
    """Distribution of one side's score, a row for each expected one.

    Each chance follows from the one before it; what lies beyond the grid is left out.
    Source: docs/model.md section 2.
    """
    scores = np.zeros((len(expected), parameters.scores))
    shape = parameters.shape
    if parameters.count is Count.POISSON:
        scores[:, 0] = np.exp(-expected)
        ratios = [expected / k for k in range(1, parameters.scores)]
    elif parameters.count is Count.BINOMIAL:
        chance = expected / shape
        scores[:, 0] = (1.0 - chance) ** shape
        odds = chance / (1.0 - chance)
        ratios = [odds * max(shape - k + 1, 0.0) / k for k in range(1, parameters.scores)]
    else:
        sources = expected / (shape - 1.0)
        scores[:, 0] = shape**-sources
        again = 1.0 - 1.0 / shape
        ratios = [again * (sources + k - 1) / k for k in range(1, parameters.scores)]
    for k, ratio in enumerate(ratios, start=1):
        scores[:, k] = scores[:, k - 1] * ratio
    return scores
