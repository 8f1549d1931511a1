"""American football: scores made of drives, overtime and the margins that teams play for.

Each side has about twelve drives that end in a field goal, a touchdown with its extra
points, a safety or nothing. Two such scores are joined, ties go to overtime, and margins
are weighted by how much oftener than that they are seen: so 3 and 7 are common by
themselves. The expected points are then tilted until the means come out as asked.

Source: docs/model.md section 2; parameters fitted on NFL seasons 2002-2015.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from apps.rulebook.markets import Period
from apps.rulebook.scoring.axis import Floats
from apps.rulebook.scoring.distribution import ScoreDistribution
from apps.rulebook.scoring.model import (
    LINES_OF_POINTS,
    ClosingLines,
    ClosingMeans,
    MeansOutOfRange,
    TargetMeans,
    means_of_lines,
)

SCORES: Final = 80  # 0..79 points a team
_LOWEST, _HIGHEST, _STEP = 2.0, 48.0, 0.5  # expected points that the table is built for
_POINTS: Final = np.arange(float(SCORES))
_PASSES: Final = 3  # tilts of the means; the rest is then below 2e-4 points


@dataclass(frozen=True, slots=True)
class FootballParameters:
    """What was fitted; a new fit is a new version, never an edited one."""

    version: str
    drives: float  # per team and game; a fraction mixes the two whole numbers around it
    field_goal_share: float  # of a team's points, for a team expected to score 22
    field_goal_slope: float  # change of that share per expected point
    touchdown_six: float  # touchdowns worth 6
    touchdown_eight: float  # touchdowns worth 8
    safety: float  # per drive
    overtime_decided: float  # of tied games
    overtime_field_goal: float  # of decided overtimes: won by 3, the others by 6
    margin_weights: tuple[float, ...]  # for an absolute margin of 0, 1, 2, ...; then 1


# Rates: unrounded fit. Weights: fitted with twelve drives, for means that come from ratings.
NFL_2015: Final = FootballParameters(
    version="football-nfl-2015",
    drives=12.0,
    field_goal_share=0.2061876791741018,
    field_goal_slope=-0.007006518025181291,
    touchdown_six=0.03170477680584316,
    touchdown_eight=0.024069570360562523,
    safety=0.003426606804189227,
    overtime_decided=0.95,
    overtime_field_goal=0.72,
    margin_weights=(
        *(0.67, 0.80, 1.15, 1.59, 0.81, 0.98, 1.04, 1.32, 0.89, 0.49, 1.04, 0.54, 0.66),
        *(0.87, 0.94, 0.58, 0.89, 0.87, 0.79, 0.79, 0.95, 1.07, 0.77, 0.80, 1.12),
    ),
)


class FootballModel:
    """Joint distributions of NFL and NCAAF scores for one version of the parameters."""

    period: Final = Period.FULL_GAME
    close_markets: Final = LINES_OF_POINTS

    def __init__(self, parameters: FootballParameters) -> None:
        self.parameters = parameters

    @property
    def version(self) -> str:
        return self.parameters.version

    def distribution(self, means: TargetMeans) -> ScoreDistribution:
        """Return the joint distribution whose margin and total have the target's means.

        Raises:
            MeansOutOfRange: a team would have to score less than 2 or more than 48 points.
        """
        home, away = means.home, means.away
        for _ in range(_PASSES):
            got_home, got_away = self._means(self._team(home), self._team(away))
            home, away = home + means.home - got_home, away + means.away - got_away
        # Nano-points: where another processor rounds a last bit otherwise, it draws the same.
        joint = self._joint(self._team(round(home, 9)), self._team(round(away, 9)))
        return ScoreDistribution(joint)

    def closing(self, lines: ClosingLines) -> ClosingMeans:
        """Read the spread and the total."""
        return means_of_lines(lines)

    @cached_property
    def _scores(self) -> Floats:
        """One row per expected number of points: the distribution of a team's score."""
        return team_scores(self.parameters, np.arange(_LOWEST, _HIGHEST + _STEP, _STEP))

    @cached_property
    def _weights(self) -> Floats:
        """What a cell keeps: its margin's weight; of a tie what overtime leaves undecided."""
        points = np.arange(SCORES)
        weights: Floats = self._margin_weights[abs(np.subtract.outer(points, points))]
        weights.flat[:: SCORES + 1] *= 1.0 - self.parameters.overtime_decided
        return weights

    @cached_property
    def _margin_weights(self) -> Floats:
        weights = np.ones(SCORES)
        weights[: len(self.parameters.margin_weights)] = self.parameters.margin_weights
        return weights

    @cached_property
    def _overtimes(self) -> tuple[tuple[int, float], ...]:
        """Points that decide an overtime, and the weighted share of ties that each side wins so."""
        by_field_goal = self.parameters.overtime_field_goal
        return tuple(
            (points, self.parameters.overtime_decided * share / 2 * self._margin_weights[points])
            for points, share in ((3, by_field_goal), (6, 1.0 - by_field_goal))
        )

    @cached_property
    def _after_overtime(self) -> tuple[Floats, Floats]:
        """Per tied score: weighted mass, and either team's points, of the overtimes decided."""
        mass, points = np.zeros(SCORES), np.zeros(SCORES)
        for won_by, share in self._overtimes:
            decided = slice(0, SCORES - won_by)
            mass[decided] += 2 * share
            points[decided] += share * (2 * _POINTS[decided] + won_by)
        return mass, points

    def _team(self, expected: float) -> Floats:
        """Distribution of the points of a team's drives, between two rows of the table."""
        position = (expected - _LOWEST) / _STEP
        below = math.floor(position)
        if not 0 <= below < len(self._scores) - 1:
            raise MeansOutOfRange(f"No football team is expected to score {expected:.1f} points.")
        part = position - below
        row: Floats = (1.0 - part) * self._scores[below] + part * self._scores[below + 1]
        return row

    def _means(self, home: Floats, away: Floats) -> tuple[float, float]:
        """Expected points of both teams in the joint distribution, without building it."""
        tied = home * away
        mass_of_tie, points_of_tie = self._after_overtime
        weighted = self._weights @ away
        decided = points_of_tie @ tied
        mass = home @ weighted + mass_of_tie @ tied
        home_points = (_POINTS * home) @ weighted + decided
        away_points = home @ (self._weights @ (_POINTS * away)) + decided
        return float(home_points / mass), float(away_points / mass)

    def _joint(self, home: Floats, away: Floats) -> Floats:
        """Independent drives, then overtime, then margin weights; not normalised."""
        joint: Floats = np.multiply.outer(home, away)
        cells = joint.reshape(-1)  # a view, in which every 81st cell is a tie
        tied = cells[:: SCORES + 1].copy()
        joint *= self._weights
        for points, share in self._overtimes:
            won = tied[:-points] * share
            cells[points * SCORES :: SCORES + 1][: len(won)] += won
            cells[points :: SCORES + 1][: len(won)] += won
        return joint


def team_scores(parameters: FootballParameters, lambdas: Floats) -> Floats:
    """Distribution of one team's points, a row for each expected number of points.

    Source: docs/model.md section 2.
    """
    fewer = int(np.floor(parameters.drives))
    part = parameters.drives - fewer
    per_drive = _drive(parameters, lambdas)
    scores = np.zeros((len(lambdas), SCORES))
    scores[:, 0] = 1.0
    for _ in range(fewer):
        scores = _after_a_drive(scores, per_drive)
    if part:
        scores = (1.0 - part) * scores + part * _after_a_drive(scores, per_drive)
    return scores


def _drive(parameters: FootballParameters, lambdas: Floats) -> dict[int, Floats]:
    """Chance of each number of points from one drive, so that all drives give ``lambdas``."""
    safeties = 2 * parameters.safety * parameters.drives
    from_scores = lambdas - safeties
    share = parameters.field_goal_share + parameters.field_goal_slope * (lambdas - 22.0)
    share = np.clip(share, 0.05, 0.9)
    worth = 7.0 - parameters.touchdown_six + parameters.touchdown_eight
    field_goal = from_scores * share / (3.0 * parameters.drives)
    touchdown = from_scores * (1.0 - share) / (worth * parameters.drives)
    seven = 1.0 - parameters.touchdown_six - parameters.touchdown_eight
    return {
        0: 1.0 - field_goal - touchdown - parameters.safety,
        2: np.full_like(lambdas, parameters.safety),
        3: field_goal,
        6: touchdown * parameters.touchdown_six,
        7: touchdown * seven,
        8: touchdown * parameters.touchdown_eight,
    }


def _after_a_drive(scores: Floats, per_drive: dict[int, Floats]) -> Floats:
    after = np.zeros_like(scores)
    for points, chance in per_drive.items():
        after[:, points:] += chance[:, None] * scores[:, : SCORES - points]
    return after
