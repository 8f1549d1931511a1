"""P5: price one game of each sport: 100,000 iterations, all spreads, totals and moneylines.

Ours is what the pipeline runs: exact distribution, seeded sample, check of the sample, every
line. The limit is the same arithmetic written straight into numpy, with nothing stored or
checked; the floor under it is the one multinomial. The peer is what a user would write:
draw 100,000 games and put a mask over them for every line.

The grid of a sport that counts goals has two hundred cells, and a multinomial over those is
over before numpy has been called twice: there the floor is what football's takes, which is the
.2 to .3 ms that docs/model.md allows such a game.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.markets import HomeMargin
from apps.rulebook.scoring import ScoreDistribution, ScoreModel, Simulation, TargetMeans, simulate
from benchmarks import pricing_limits
from benchmarks.harness import Row, Target, at_most, interleaved
from benchmarks.pricing_limits import Prices, generator

SEED = 5
SIMS = 100_000
MANY_SIMS = 1_000_000
WORST_LINE = 0.0063  # four standard errors of a probability of one half


class Sport(NamedTuple):
    """A usual game of a league, its limit, and the lines that the peer puts its masks over."""

    league: str
    artefact: str
    means: TargetMeans
    limit: Callable[..., Callable[[], Prices]]
    spreads: np.ndarray  # the peer's; ours prices every half point there is
    totals: np.ndarray

    @property
    def model(self) -> ScoreModel:
        return MODEL_ARTEFACTS[self.artefact].score_model()


def means(margin: float, total: float, *sd: float) -> TargetMeans:
    return TargetMeans(HomeMargin(margin), total, *sd)


def around(centre: float, reach: float) -> np.ndarray:
    """Every half point within reach."""
    return np.arange(centre - reach, centre + reach + 0.25, 0.5)


SPORTS = (
    Sport(
        *("NFL", "nfl-lines-2015", means(2.5, 44.0), pricing_limits.football),
        *(around(0, 20), around(44, 20)),
    ),
    Sport(
        *("NBA", "nba-lines-2013", means(3.0, 212.0, 12.0, 17.5), pricing_limits.basketball),
        *(around(0, 20), around(212, 20)),
    ),
    Sport(
        *("NCAAB", "ncaab-lines-1", means(4.0, 143.0, 12.0, 16.5), pricing_limits.basketball),
        *(around(0, 20), around(143, 20)),
    ),
    Sport(
        *("MLB", "mlb-results-2015", means(0.12, 8.7), pricing_limits.counts),
        *(around(0, 5), around(8.5, 5)),
    ),
    Sport(
        *("NHL", "nhl-lines-2024", means(0.3, 5.9), pricing_limits.counts),
        *(around(0, 5), around(6, 5)),
    ),
    Sport(
        *("EPL", "epl-lines-1", means(0.35, 2.75), pricing_limits.counts),
        *(around(0, 3), around(3, 3)),
    ),
)


def priced(run: Simulation) -> Prices:
    """Every spread and total in half points, both sides; the moneyline is the spread of 0."""
    return run.sampled.margin.ladder, run.sampled.total.ladder


def masks(exact: ScoreDistribution, spreads: np.ndarray, totals: np.ndarray) -> Prices:
    """Draw every game by itself and look at all of them for every line."""
    cells = exact.probabilities
    which = generator(SEED).choice(cells.size, size=SIMS, p=cells.ravel())
    home = which // cells.shape[1] + exact.low_home
    away = which % cells.shape[1] + exact.low_away
    margin, total = home - away, home + away

    def price(beaten_by: np.ndarray) -> tuple[float, float, float]:
        return (beaten_by > 0).mean(), (beaten_by < 0).mean(), (beaten_by == 0).mean()

    return (
        np.array([price(margin + line) for line in spreads]),
        np.array([price(total - line) for line in totals]),
    )


def worst_line(run: Simulation) -> float:
    pairs = ((run.sampled.margin, run.exact.margin), (run.sampled.total, run.exact.total))
    return max(float(abs(drawn.ladder - exact.ladder).max()) for drawn, exact in pairs)


def measured(sport: Sport) -> list[Row]:
    model = sport.model

    def ours(sims: int = SIMS) -> tuple[Simulation, Prices]:
        run = simulate(model, sport.means, seed=SEED, sims=sims)
        return run, priced(run)

    simulation, prices = ours()
    limit = sport.limit(model, sport.means, SEED, SIMS)
    for mine, straight in zip(prices, limit(), strict=True):
        # Half a game in a hundred thousand: a last bit may let one draw fall otherwise.
        if mine.shape != straight.shape or not np.allclose(mine, straight, atol=5e-5):
            raise AssertionError(f"{sport.league}: ours and the limit price different games.")
    exact = simulation.exact
    counted = sport.limit is pricing_limits.counts
    grid = SPORTS[0].model.distribution(SPORTS[0].means) if counted else exact
    cells = grid.probabilities.ravel()
    samples = interleaved(
        {
            "ours": ours,
            "limit": limit,
            "multinomial": lambda: generator(SEED).multinomial(SIMS, cells),
            "million": lambda: ours(MANY_SIMS),
            "peer": lambda: masks(exact, sport.spreads, sport.totals),
        }
    )
    gap = worst_line(simulation)
    lines = len(sport.spreads) + len(sport.totals)
    return [
        Row(
            label=f"{sport.league}, 100,000 iterations, every line; peer: a mask per line, {lines}",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(
                at_most(1.5, samples.ratio("ours", "limit"), "the limit"),
                at_most(1, samples.ratio("ours", "multinomial"), "football's multinomial")
                if counted
                else at_most(2, samples.ratio("ours", "multinomial"), "one multinomial"),
                Target(
                    f"<= {WORST_LINE} from exact on the worst line", f"{gap:.4f}", gap <= WORST_LINE
                ),
            ),
        ),
        Row(
            label=f"{sport.league}, 1,000,000 iterations",
            ours=samples.median("million"),
            limit=samples.median("ours"),
            targets=(at_most(10, samples.ratio("million", "ours"), "100,000 iterations"),),
        ),
    ]


def run() -> list[Row]:
    return [row for sport in SPORTS for row in measured(sport)]
