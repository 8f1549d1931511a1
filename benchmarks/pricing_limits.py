"""The arithmetic of each sport's pricing written straight into numpy, its tables at hand.

The limit that P5 holds ours against: exactly one game's numbers, with nothing stored, checked or
named. What it prices is compared with ours before anything is timed.
"""

from collections.abc import Callable

import numpy as np

from apps.rulebook.scoring import TargetMeans
from apps.rulebook.scoring.basketball import BasketballModel
from apps.rulebook.scoring.counts import CountModel
from apps.rulebook.scoring.football import FootballModel

Prices = tuple[np.ndarray, np.ndarray]


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def slanted(table: np.ndarray) -> np.ndarray:
    """Sums of the cells with equal row + column."""
    rows, columns = table.shape
    padded = np.zeros((rows, rows + columns))
    padded[:, :columns] = table
    return padded.reshape(-1)[:-rows].reshape(rows, rows + columns - 1).sum(axis=0)


def all_lines(games: np.ndarray, sims: int) -> np.ndarray:
    upto = np.cumsum(games) / sims
    rungs = np.zeros((len(upto) + 1, 2, 3))
    rungs[0, :, 0] = 1.0
    rungs[1:, :, 0] = (1.0 - upto)[:, None]
    rungs[1:, 1, 1] = upto
    rungs[2:, 0, 1] = upto[:-1]
    rungs[1:, 0, 2] = games / sims
    return rungs.reshape(-1, 3)


def drawn(joint: np.ndarray, seed: int, sims: int) -> Prices:
    rows = joint.sum(axis=1)
    draw = generator(seed)
    games = draw.multinomial(sims, rows)
    counts = draw.multinomial(games, joint / np.where(rows > 0, rows, 1)[:, None])
    return all_lines(slanted(counts[::-1])[::-1], sims), all_lines(slanted(counts), sims)


def football(
    model: FootballModel, means: TargetMeans, seed: int, sims: int
) -> Callable[[], Prices]:
    scores, weights, overtimes = model._scores, model._weights, model._overtimes
    mass_of_tie, points_of_tie = model._after_overtime
    points = np.arange(80.0)

    def team(expected: float) -> np.ndarray:
        position = (expected - 2.0) * 2.0
        row = int(position)
        part = position - row
        return (1.0 - part) * scores[row] + part * scores[row + 1]

    def work() -> Prices:
        home, away = means.home, means.away
        for _ in range(3):
            h, a = team(home), team(away)
            tied, weighted = h * a, weights @ a
            decided = points_of_tie @ tied
            mass = h @ weighted + mass_of_tie @ tied
            home += means.home - ((points * h) @ weighted + decided) / mass
            away += means.away - (h @ (weights @ (points * a)) + decided) / mass
        joint = np.multiply.outer(h := team(home), a := team(away))
        joint *= weights
        cells = joint.reshape(-1)
        for by, share in overtimes:
            won = (h * a)[:-by] * share
            cells[by * 80 :: 81][: len(won)] += won
            cells[by::81][: len(won)] += won
        cells /= cells.sum()
        return drawn(cells.reshape(80, 80), seed, sims)

    return work


def basketball(
    model: BasketballModel, means: TargetMeans, seed: int, sims: int
) -> Callable[[], Prices]:
    weights, overtimes, parameters = model._weights, model._overtimes, model.parameters
    exact = model.distribution(means)
    low_home, low_away = exact.low_home, exact.low_away
    homes, aways = exact.weights.shape
    middle = len(weights) // 2
    margins = np.arange(-float(middle), middle + 1)
    totals = np.arange(float(homes + aways - 1)) + low_home + low_away
    seen = slice(middle + low_home - low_away - aways + 1, middle + low_home - low_away + homes)
    margin_sd = means.margin_sd
    total_sd = parameters.regulation_share * means.total_sd
    later_sd = np.hypot(total_sd, parameters.overtime_total_sd)
    window = np.lib.stride_tricks.sliding_window_view

    def work() -> Prices:
        centre = means.margin
        off = 1.0
        while abs(off) >= 1e-5:
            chances = np.exp(-0.5 * ((margins - centre) / margin_sd) ** 2) * weights
            off = means.margin - margins @ chances / chances.sum()
            centre += off
        chances = np.exp(-0.5 * ((margins - centre) / margin_sd) ** 2) * weights
        chances /= chances.sum()
        tied, chances[middle] = chances[middle], 0.0
        before = means.total - tied * parameters.overtime_total
        joint = 0.0
        for share, at, sd in (
            (chances, before, total_sd),
            (tied * overtimes, before + parameters.overtime_total, later_sd),
        ):
            bell = np.exp(-0.5 * ((totals - at) / sd) ** 2)
            joint = joint + window(share[seen][::-1], aways)[::-1] * window(
                bell / (0.5 * bell.sum()), aways
            )
        return drawn(joint / joint.sum(), seed, sims)

    return work


def counts(model: CountModel, means: TargetMeans, seed: int, sims: int) -> Callable[[], Prices]:
    rows, weights, parameters = model._rows, model._weights, model.parameters
    points = np.arange(float(parameters.scores))

    def side(expected: float) -> np.ndarray:
        position = (expected - parameters.lowest) / parameters.step
        row = int(position)
        part = position - row
        return (1.0 - part) * rows[row] + part * rows[row + 1]

    def work() -> Prices:
        home, away = means.home, means.away
        off = 1.0
        while off >= 1e-5:
            h, a = side(home), side(away)
            weighted = weights @ a
            mass = h @ weighted
            off_home = means.home - (points * h) @ weighted / mass
            off_away = means.away - h @ (weights @ (points * a)) / mass
            home, away = home + off_home, away + off_away
            off = max(abs(off_home), abs(off_away))
        joint = np.multiply.outer(side(home), side(away)) * weights
        return drawn(joint / joint.sum(), seed, sims)

    return work
