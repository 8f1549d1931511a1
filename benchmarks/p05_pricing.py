"""P5: price one NFL game: 100,000 iterations, all spreads, totals and moneylines.

Ours is what the pipeline runs: exact distribution, seeded sample, check of the sample, every
line. The limit is the same arithmetic written straight into numpy, with nothing stored or
checked; the floor under it is the one multinomial. The peer is what a user would write:
draw 100,000 games and put a mask over them for every line.
"""

from collections.abc import Callable

import numpy as np

from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.markets import HomeMargin
from apps.rulebook.scoring import Simulation, TargetMeans, simulate
from benchmarks.harness import Row, Target, at_most, interleaved

MEANS = TargetMeans(margin=HomeMargin(2.5), total=44.0)
SEED = 5
SIMS = 100_000
MANY_SIMS = 1_000_000
SPREADS = np.arange(-20.0, 20.25, 0.5)  # the peer's; ours prices every half point there is
TOTALS = np.arange(24.0, 64.25, 0.5)
WORST_LINE = 0.0063  # four standard errors of a probability of one half

Prices = tuple[np.ndarray, np.ndarray]


def ours(sims: int = SIMS) -> tuple[Simulation, Prices]:
    model = MODEL_ARTEFACTS["nfl-lines-2015"].score_model()
    run = simulate(model, MEANS, seed=SEED, sims=sims)
    return run, priced(run)


def priced(run: Simulation) -> Prices:
    """Every spread and total in half points, both sides; the moneyline is the spread of 0."""
    return run.sampled.margin.ladder, run.sampled.total.ladder


def bare() -> Callable[[], Prices]:
    """The model's arithmetic for exactly this game, with its tables at hand."""
    model = MODEL_ARTEFACTS["nfl-lines-2015"].score_model()
    scores, weights, overtimes = model._scores, model._weights, model._overtimes
    mass_of_tie, points_of_tie = model._after_overtime
    points = np.arange(80.0)

    def team(expected: float) -> np.ndarray:
        position = (expected - 2.0) * 2.0
        row = int(position)
        part = position - row
        return (1.0 - part) * scores[row] + part * scores[row + 1]

    def slanted(table: np.ndarray) -> np.ndarray:
        padded = np.zeros((80, 160))
        padded[:, :80] = table
        return padded.reshape(-1)[:-80].reshape(80, 159).sum(axis=0)

    def all_lines(games: np.ndarray) -> np.ndarray:
        upto = np.cumsum(games) / SIMS
        rungs = np.zeros((160, 2, 3))
        rungs[0, :, 0] = 1.0
        rungs[1:, :, 0] = (1.0 - upto)[:, None]
        rungs[1:, 1, 1] = upto
        rungs[2:, 0, 1] = upto[:-1]
        rungs[1:, 0, 2] = games / SIMS
        return rungs.reshape(-1, 3)

    def work() -> Prices:
        home, away = MEANS.home, MEANS.away
        for _ in range(3):
            h, a = team(home), team(away)
            tied, weighted = h * a, weights @ a
            decided = points_of_tie @ tied
            mass = h @ weighted + mass_of_tie @ tied
            home += MEANS.home - ((points * h) @ weighted + decided) / mass
            away += MEANS.away - (h @ (weights @ (points * a)) + decided) / mass
        joint = np.multiply.outer(h := team(home), a := team(away))
        joint *= weights
        cells = joint.reshape(-1)
        for by, share in overtimes:
            won = (h * a)[:-by] * share
            cells[by * 80 :: 81][: len(won)] += won
            cells[by::81][: len(won)] += won
        cells /= cells.sum()
        rows = cells.reshape(80, 80).sum(axis=1)
        draw = generator()
        games = draw.multinomial(SIMS, rows)
        counts = draw.multinomial(games, joint / np.where(rows > 0, rows, 1)[:, None])
        return all_lines(slanted(counts[::-1])[::-1]), all_lines(slanted(counts))

    return work


def generator() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=SEED))


def masks(cells: np.ndarray) -> Prices:
    """Draw every game by itself and look at all of them for every line."""
    drawn = generator().choice(len(cells), size=SIMS, p=cells)
    home, away = drawn // 80, drawn % 80
    margin, total = home - away, home + away

    def price(beaten_by: np.ndarray) -> tuple[float, float, float]:
        return (beaten_by > 0).mean(), (beaten_by < 0).mean(), (beaten_by == 0).mean()

    return (
        np.array([price(margin + line) for line in SPREADS]),
        np.array([price(total - line) for line in TOTALS]),
    )


def worst_line(run: Simulation) -> float:
    pairs = ((run.sampled.margin, run.exact.margin), (run.sampled.total, run.exact.total))
    return max(float(abs(drawn.ladder - exact.ladder).max()) for drawn, exact in pairs)


def run() -> list[Row]:
    simulation, prices = ours()
    limit = bare()
    for mine, straight in zip(prices, limit(), strict=True):
        if not np.allclose(mine, straight, atol=1e-12):
            raise AssertionError("Ours and the limit price different games.")
    cells = simulation.exact.probabilities.ravel()
    samples = interleaved(
        {
            "ours": ours,
            "limit": limit,
            "multinomial": lambda: generator().multinomial(SIMS, cells),
            "million": lambda: ours(MANY_SIMS),
            "peer": lambda: masks(cells),
        }
    )
    gap = worst_line(simulation)
    return [
        Row(
            label="NFL, 100,000 iterations, every line; peer: a mask per line, 162 lines",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(
                at_most(1.5, samples.ratio("ours", "limit"), "the limit"),
                at_most(2, samples.ratio("ours", "multinomial"), "one multinomial"),
                Target(
                    f"<= {WORST_LINE} from exact on the worst line", f"{gap:.4f}", gap <= WORST_LINE
                ),
            ),
        ),
        Row(
            label="NFL, 1,000,000 iterations",
            ours=samples.median("million"),
            limit=samples.median("ours"),
            targets=(at_most(10, samples.ratio("million", "ours"), "100,000 iterations"),),
        ),
    ]
