"""P5: price one NFL game: 100,000 iterations, all spreads, totals and moneylines.

Ours is what the pipeline runs: exact distribution, seeded sample, check of the sample, every
line. The limit is the same arithmetic written straight into numpy, with nothing stored or
checked; the floor under it is the one multinomial. The peer is what a user would write:
draw 100,000 games and put a mask over them for every line.
"""

from collections.abc import Callable

import numpy as np

from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.markets import HomeMargin, MarketType, Side
from apps.rulebook.scoring import Simulation, TargetMeans, simulate
from benchmarks.harness import Row, Target, at_most, interleaved

MEANS = TargetMeans(margin=HomeMargin(2.5), total=44.0)
SEED = 5
SIMS = 100_000
MANY_SIMS = 1_000_000
WORST_LINE = 0.0063  # four standard errors of a probability of one half
# A row of (a, b, v) prices both sides of a line: the other one's is (b, a, v).
SPREADS = np.arange(-20.0, 20.25, 0.5)
TOTALS = np.arange(24.0, 64.25, 0.5)

Prices = tuple[np.ndarray, np.ndarray, np.ndarray]


def ours(sims: int = SIMS) -> tuple[Simulation, Prices]:
    model = MODEL_ARTEFACTS["nfl-lines-2015"].score_model()
    run = simulate(model, MEANS, seed=SEED, sims=sims)
    return run, priced(run)


def priced(run: Simulation) -> Prices:
    return (
        run.sampled.price_lines(MarketType.SPREAD, Side.HOME, SPREADS),
        run.sampled.price_lines(MarketType.TOTAL, Side.OVER, TOTALS),
        run.sampled.price_lines(MarketType.MONEYLINE, Side.HOME, [None]),
    )


def bare() -> Callable[[], Prices]:
    """The model's arithmetic for exactly this game, with its tables at hand."""
    model = MODEL_ARTEFACTS["nfl-lines-2015"].score_model()
    scores, weights, overtimes = model._scores, model._weights, model._overtimes
    mass_of_tie, points_of_tie = model._after_overtime
    points = np.arange(80.0)
    spread_at = np.rint(-2 * SPREADS).astype(int)
    total_at = np.rint(2 * TOTALS).astype(int)

    def team(expected: float) -> np.ndarray:
        position = (expected - 2.0) * 2.0
        row = int(position)
        part = position - row
        return (1.0 - part) * scores[row] + part * scores[row + 1]

    def axis(slanted: np.ndarray, low: int, halves: np.ndarray) -> np.ndarray:
        padded = np.zeros((80, 160))
        padded[:, :80] = slanted
        sums = padded.reshape(-1)[:-80].reshape(80, 159).sum(axis=0)
        upto = np.cumsum(sums) / SIMS
        win, loss = 1.0 - upto[(halves >> 1) - low], upto[((halves + 1) >> 1) - low - 1]
        return np.stack((win, loss, 1.0 - win - loss))

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
        spreads = axis(counts[:, ::-1], -79, spread_at)
        return spreads, axis(counts, 0, total_at), spreads[:, len(SPREADS) // 2]

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
        np.array([price(margin)]),
    )


def worst_line(run: Simulation) -> float:
    exact = Simulation(exact=run.exact, sampled=run.exact, worst_gap=0.0, bound=0.0)
    return max(
        float(abs(drawn - truth).max())
        for drawn, truth in zip(priced(run), priced(exact), strict=True)
    )


def run() -> list[Row]:
    simulation, prices = ours()
    limit = bare()
    for mine, straight in zip(prices, limit(), strict=True):
        if not np.allclose(mine.T.ravel(), straight.ravel(), atol=1e-12):
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
            label="NFL, 100,000 iterations, 163 lines; peer: a mask per line",
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
