"""Basketball: two correlated scores, the margins teams play for, and overtime.

Regulation is a bell curve over margin and total, as wide as the ratings say this game is open;
that both teams share a game's pace is in the total being wider than independent scores would
make it. Margins are weighted by how much oftener than that they are seen. Level games go to
overtime, which adds points to the total and a margin of its own to the tie.

Margin and total are independent given where the game was decided, so that the joint table is two
products of a margin's chance and a total's, and its means are known before it is built.

Source: docs/model.md section 2; parameters fitted on NBA seasons 2009-2013.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor, sqrt
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

_PASSES: Final = 8  # tilts of the margin at most
_CLOSE_ENOUGH: Final = 1e-5  # of a point
_REACH: Final = 5.5  # standard deviations of a team's points that the table holds
_LEAST: Final = 4.5  # standard deviations above nothing that a team is expected to score
_MOST: Final = 250.0  # expected points of a team
_FARTHEST: Final = 250  # the widest margin of a table


class SpreadMissing(MeansOutOfRange):
    """How open the game is was not said, and a league's average is no substitute."""

    code = "SPREAD_OF_SCORES_MISSING"


@dataclass(frozen=True, slots=True)
class BasketballParameters:
    """What was fitted; a new fit is a new version, never an edited one."""

    version: str
    regulation_share: float  # of the ratings' deviation of a total; the rest is overtime's
    margin_weights: tuple[float, ...]  # in regulation, for an absolute margin of 0, 1, 2, ...
    weights_end: int  # the margin from which every weight is 1; a straight line leads there
    overtime_margins: tuple[float, ...]  # chance that overtime is won by 1, 2, ...
    overtime_total: float  # points of both teams in overtime
    overtime_total_sd: float


# The first eight overtime margins: the fit; those beyond: 456 overtimes of 2007-2013.
NBA_2013: Final = BasketballParameters(
    version="basketball-nba-2013",
    regulation_share=0.94,
    margin_weights=(
        *(2.31, 0.59, 0.86, 0.89, 0.85, 0.97, 1.10, 1.25, 1.15, 1.23, 1.19, 1.07, 1.05),
    ),
    weights_end=30,
    overtime_margins=(
        *(0.113, 0.150, 0.128, 0.115, 0.128, 0.122, 0.100, 0.078),
        *(0.023, 0.019, 0.011, 0.005, 0.006, 0.002),
    ),
    overtime_total=23.4,
    overtime_total_sd=10.1,
)

# Not fitted: overtime is as long as the NBA's and the scoring a minute a fifth slower.
FORTY_MINUTES_1: Final = BasketballParameters(
    version="basketball-forty-minutes-1",
    regulation_share=NBA_2013.regulation_share,
    margin_weights=NBA_2013.margin_weights,
    weights_end=NBA_2013.weights_end,
    overtime_margins=NBA_2013.overtime_margins,
    overtime_total=19.0,
    overtime_total_sd=9.0,
)


class BasketballModel:
    """Joint distributions of basketball scores for one version of the parameters."""

    period: Final = Period.FULL_GAME
    close_markets: Final = LINES_OF_POINTS

    def __init__(self, parameters: BasketballParameters) -> None:
        self.parameters = parameters

    @property
    def version(self) -> str:
        return self.parameters.version

    def closing(self, lines: ClosingLines) -> ClosingMeans:
        """Read the spread and the total."""
        return means_of_lines(lines)

    def distribution(self, means: TargetMeans) -> ScoreDistribution:
        """Return the joint distribution whose margin and total have the target's means.

        Raises:
            SpreadMissing: the target says no deviation of margin or total.
            MeansOutOfRange: a team would have to score next to nothing, more than 250, or so
                many more than the other that no table holds both.
        """
        margin_sd, total_sd = _deviations(means)
        regulation_sd = self.parameters.regulation_share * total_sd
        regulation = self._tilted_margins(means.margin, margin_sd)
        tied = float(regulation[_FARTHEST])
        overtime = tied * self._overtimes
        regulation[_FARTHEST] = 0.0
        # Nano-points: where another processor rounds a last bit otherwise, it draws the same.
        before = round(means.total - tied * self.parameters.overtime_total, 9)
        after = before + self.parameters.overtime_total
        team_sd = sqrt(margin_sd**2 + regulation_sd**2) / 2
        (low_home, homes), (low_away, aways) = (
            self._scores(expected, team_sd) for expected in (means.home, means.away)
        )
        if abs(low_home - low_away) + max(homes, aways) > _FARTHEST:
            raise MeansOutOfRange(f"No basketball game is expected to end {means.margin:+.0f}.")
        totals = np.arange(float(homes + aways - 1)) + (low_home + low_away)
        return ScoreDistribution(
            _product(regulation, _bell(totals, before, regulation_sd), low_home, low_away, homes)
            + _product(
                overtime,
                _bell(totals, after, sqrt(regulation_sd**2 + self.parameters.overtime_total_sd**2)),
                low_home,
                low_away,
                homes,
            ),
            low_home=low_home,
            low_away=low_away,
        )

    def _tilted_margins(self, target: float, sd: float) -> Floats:
        """Distribution of the regulation's margin, its centre moved until the mean is right.

        Overtime is as likely to be won by either side: it leaves the mean where it is.
        """
        centre = target
        for _ in range(_PASSES):
            weighted = _bell(_MARGINS, centre, sd) * self._weights
            off = target - float(_MARGINS @ weighted) / float(weighted.sum())
            if abs(off) < _CLOSE_ENOUGH:
                break
            centre += off
        weighted = _bell(_MARGINS, round(centre, 9), sd) * self._weights
        chances: Floats = weighted / weighted.sum()
        return chances

    def _scores(self, expected: float, sd: float) -> tuple[int, int]:
        """Return the lowest score of a team that has a chance, and how many there are."""
        low = max(floor(expected - _REACH * sd), 0)
        high = ceil(expected + _REACH * sd + self.parameters.overtime_total / 2)
        if expected < _LEAST * sd or expected > _MOST:
            raise MeansOutOfRange(f"No basketball team is expected to score {expected:.1f} points.")
        return low, high - low + 1

    @cached_property
    def _weights(self) -> Floats:
        given = self.parameters.margin_weights
        last = len(given) - 1
        steps = np.linspace(given[-1], 1.0, self.parameters.weights_end - last + 1)
        by_margin = np.ones(_FARTHEST + 1)
        by_margin[: last + 1] = given
        by_margin[last : self.parameters.weights_end + 1] = steps
        return np.concatenate((by_margin[:0:-1], by_margin))

    @cached_property
    def _overtimes(self) -> Floats:
        """Chance of each margin of an overtime, half of it to either side."""
        won_by = np.zeros(_FARTHEST + 1)
        chances = np.array(self.parameters.overtime_margins)
        won_by[1 : len(chances) + 1] = chances / (2.0 * chances.sum())
        return np.concatenate((won_by[:0:-1], won_by))


_MARGINS: Final = np.arange(-float(_FARTHEST), _FARTHEST + 1)


def _deviations(means: TargetMeans) -> tuple[float, float]:
    if not means.margin_sd or not means.total_sd:
        raise SpreadMissing("How far this game may stray from what is expected was not said.")
    return round(means.margin_sd, 9), round(means.total_sd, 9)


def _bell(points: Floats, centre: float, sd: float) -> Floats:
    curve: Floats = np.exp(-0.5 * ((points - centre) / sd) ** 2)
    return curve


def _product(margins: Floats, totals: Floats, low_home: int, low_away: int, homes: int) -> Floats:
    """Lay a margin's chance over a total's: cell (h, a) is one of h - a times one of h + a.

    A total has only every second margin, so it is made to sum to one half.
    """
    aways = len(totals) - homes + 1
    # Rows of cells by margin fall by one to the right, those by total rise by one.
    first = _FARTHEST + low_home - low_away
    falling = margins[first - aways + 1 : first + homes][::-1]
    by_margin = np.lib.stride_tricks.sliding_window_view(falling, aways)[::-1]
    by_total = np.lib.stride_tricks.sliding_window_view(totals / (0.5 * totals.sum()), aways)
    cells: Floats = by_margin * by_total
    return cells
