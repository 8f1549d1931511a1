"""What every sport's score model offers, and how a game is simulated with it.

A model turns what two teams are expected to score into the exact joint distribution of the
final score. A simulation samples that distribution with a seed derived from its identity;
the sample is the record, the exact distribution the yardstick it is held against.

Source: docs/domain.md section 4, docs/model.md section 2.
"""

from dataclasses import dataclass
from math import log, sqrt
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import HomeMargin, HomeSpread, MarketType, Period
from apps.rulebook.scoring.axis import Floats
from apps.rulebook.scoring.distribution import ScoreDistribution, margin_sums, total_sums

# Chance that a sound run is called failed on one axis; the bound holds for all its lines.
FALSE_ALARM: Final = 1e-6
# Written into the configuration hash of a run: another generator would draw other games.
SAMPLER: Final = f"numpy-{np.__version__}-philox-two-multinomials"


class MeansOutOfRange(RuleBroken):
    """No team of this sport is expected to score so little or so much."""

    code = "MEANS_OUT_OF_RANGE"


@dataclass(frozen=True, slots=True)
class TargetMeans:
    """What the two teams are expected to do, in points: home minus away, and together.

    The deviations are those of the result. Only a sport whose scores are not made of plays asks
    for them; the others know their own.
    """

    margin: HomeMargin
    total: float
    margin_sd: float | None = None
    total_sd: float | None = None

    @property
    def home(self) -> float:
        return (self.total + self.margin) / 2

    @property
    def away(self) -> float:
        return (self.total - self.margin) / 2


@dataclass(frozen=True, slots=True)
class ClosingLines:
    """The last word of the market on one game; None where it had none.

    Probabilities are no-vig, of the winner market: of a three-way one with the draw beside it.
    """

    home_spread: HomeSpread | None = None
    total: float | None = None
    home_prob: float | None = None
    draw_prob: float | None = None


@dataclass(frozen=True, slots=True)
class ClosingMeans:
    """What the close expected the two teams to do, as far as it said."""

    margin: HomeMargin | None
    total: float | None


class ScoreModel(Protocol):
    """A sport's way from expected points to a distribution of scores."""

    @property
    def version(self) -> str:
        """Name of the fitted parameters, part of a run's identity."""
        ...

    @property
    def period(self) -> Period:
        """The part of the game whose score this is: no other period is priced from it."""
        ...

    def distribution(self, means: TargetMeans) -> ScoreDistribution:
        """Return the exact joint distribution whose means are the target's.

        Raises:
            MeansOutOfRange: no game of this sport looks like that.
        """
        ...

    @property
    def close_markets(self) -> frozenset[MarketType]:
        """The markets that ``closing`` reads."""
        ...

    def closing(self, lines: ClosingLines) -> ClosingMeans:
        """Read margin and total from the markets that name them best in this sport."""
        ...


LINES_OF_POINTS: Final = frozenset({MarketType.SPREAD, MarketType.TOTAL})


def means_of_lines(lines: ClosingLines) -> ClosingMeans:
    """Where a spread and a total move by whole points, they are the market's margin and total.

    Source: docs/model.md section 1.
    """
    spread = lines.home_spread
    return ClosingMeans(
        margin=None if spread is None else HomeMargin(-spread),
        total=lines.total,
    )


@dataclass(frozen=True, slots=True)
class Simulation:
    """One simulated game: the sample that is stored, and how far it strays from the exact."""

    exact: ScoreDistribution
    sampled: ScoreDistribution
    worst_gap: float  # largest difference in probability on any line of margin or total
    bound: float

    @property
    def failed(self) -> bool:
        """SIM_FAIL: the sample does not come from the distribution it claims."""
        return self.worst_gap > self.bound


def sim_fail_bound(sims: int, false_alarm: float = FALSE_ALARM) -> float:
    """sqrt(ln(2 / false_alarm) / 2n), the DKW inequality: .0085 at 100,000 games.

    Source: Massart 1990, docs/domain.md section 4.
    """
    return sqrt(log(2 / false_alarm) / (2 * sims))


def simulate(
    model: ScoreModel,
    means: TargetMeans,
    *,
    seed: int,
    sims: int,
    false_alarm: float = FALSE_ALARM,
) -> Simulation:
    """Draw ``sims`` games from the model's distribution, the same ones for the same seed.

    Multinomials over the grid are ``sims`` independent games, counted by their score.
    Source: docs/model.md section 2.
    """
    exact = model.distribution(means)
    counts = _draw(exact.probabilities, seed=seed, sims=sims)
    sampled = ScoreDistribution(counts, low_home=exact.low_home, low_away=exact.low_away, sims=sims)
    return Simulation(
        exact=exact,
        sampled=sampled,
        worst_gap=_worst_gap(exact, sampled),
        bound=sim_fail_bound(sims, false_alarm),
    )


def _draw(joint: Floats, *, seed: int, sims: int) -> NDArray[np.int64]:
    """Draw the home scores of all games, then the away scores of those with each home score.

    Two multinomials in place of one over the whole grid: the same law, a fifth sooner.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    home = np.add.reduce(joint, axis=1)
    games = generator.multinomial(sims, home / np.add.reduce(home))
    away = joint / np.where(home > 0.0, home, 1.0)[:, None]
    counts: NDArray[np.int64] = generator.multinomial(games, away)
    return counts


def _worst_gap(exact: ScoreDistribution, sampled: ScoreDistribution) -> float:
    """Largest difference of two distributions on one grid, on any line of either axis."""
    margins = margin_sums(exact.weights) - sampled.margin.pmf
    totals = total_sums(exact.weights) - sampled.total.pmf
    return float(max(abs(margins.cumsum()).max(), abs(totals.cumsum()).max()))
