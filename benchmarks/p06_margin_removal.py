"""P6: margin removal, edge and EV of one poll: 1,800 markets, 4,000 prices.

Ours is the rulebook's own functions, with their checks and refusals. The limit is the same
arithmetic written straight into numpy for exactly this board, checking nothing. The peer is a
published library asked market by market, which is how such libraries are used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shin
from penaltyblog.implied import ImpliedMethod, calculate_implied

from apps.rulebook.odds import (
    FloatArray,
    MarginMethod,
    expected_value,
    model_prob,
    remove_margin,
)
from benchmarks.harness import Row, at_least, at_most, interleaved

TWO_WAY_MARKETS = 1_400
THREE_WAY_MARKETS = 400
STEPS = 6  # of Newton's method: what this board needs, known in advance


@dataclass(frozen=True)
class Board:
    """Markets of one size with what the model says about each outcome."""

    prices: FloatArray  # (m, n)
    a: FloatArray
    b: FloatArray


@dataclass(frozen=True)
class Contest:
    method: MarginMethod
    limit: Callable[[FloatArray], FloatArray]  # implied (n, m) -> fair (n, m)
    peer_name: str
    peer: Callable[[list[float]], list[float]]


def boards() -> list[Board]:
    """A seeded poll: fair chances, a margin of 3 to 8 %, a model that disagrees a little."""
    random = np.random.default_rng(6)
    made = []
    for markets, outcomes in ((TWO_WAY_MARKETS, 2), (THREE_WAY_MARKETS, 3)):
        fair = random.dirichlet(np.full(outcomes, 6.0), markets).clip(0.03)
        margin = random.uniform(1.03, 1.08, (markets, 1))
        prices = (1.0 / (fair / fair.sum(axis=1, keepdims=True) * margin)).round(6)
        push = random.uniform(0, 0.09, (markets, 1))
        a = (fair * random.uniform(0.95, 1.05, fair.shape)).clip(0.01, 0.98) * (1 - push)
        made.append(Board(prices, a, 1 - push - a))
    return made


def ours(board: Board, method: MarginMethod) -> tuple[FloatArray, FloatArray]:
    edge = model_prob(board.a, board.b) - remove_margin(board.prices, method)
    return edge, expected_value(board.a, board.b, board.prices)


def bare(
    board: Board, fair_of: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    fair = fair_of(1.0 / np.ascontiguousarray(board.prices.T))
    edge = board.a / (board.a + board.b) - fair.T
    return edge, board.a * (board.prices - 1.0) - board.b


def market_by_market(
    rows: list[tuple[list[float], list[float], list[float]]],
    fair_of: Callable[[list[float]], list[float]],
) -> list[tuple[float, float]]:
    return [
        (win / (win + loss) - fair, win * (price - 1) - loss)
        for prices, a, b in rows
        for price, win, loss, fair in zip(prices, a, b, fair_of(prices), strict=True)
    ]


def multiplicative(implied: FloatArray) -> FloatArray:
    return implied / implied.sum(axis=0)


def additive(implied: FloatArray) -> FloatArray:
    return implied - (implied.sum(axis=0) - 1.0) / len(implied)


def power(implied: FloatArray) -> FloatArray:
    logs = np.log(implied)
    k = np.ones(implied.shape[1])
    for _ in range(STEPS - 1):
        powers = np.exp(k * logs)
        total = powers.sum(axis=0)
        k = k - np.log(total) * total / (powers * logs).sum(axis=0)
    return np.exp(k * logs)


def shin_of(implied: FloatArray) -> FloatArray:
    if len(implied) == 2:
        return additive(implied)
    squares = implied * implied / implied.sum(axis=0)
    z = np.zeros(implied.shape[1])
    for _ in range(STEPS):
        roots = np.sqrt(z * z + 4.0 * (1.0 - z) * squares)
        slope = ((z - 2.0 * squares) / roots).sum(axis=0) - 1.0
        z = z - (roots.sum(axis=0) - 2.0 - z) / slope
    return (np.sqrt(z * z + 4.0 * (1.0 - z) * squares) - z) / (2.0 - 2.0 * z)


def odds_ratio(implied: FloatArray) -> FloatArray:
    odds = implied / (1.0 - implied)
    if len(implied) == 2:
        scaled = odds / np.sqrt(odds[0] * odds[1])
        return scaled / (1.0 + scaled)
    u = np.ones(implied.shape[1])
    for _ in range(STEPS):
        share = 1.0 / (1.0 + u * odds)
        u = u - (2.0 - share.sum(axis=0)) / (odds * share * share).sum(axis=0)
    scaled = u * odds
    return scaled / (1.0 + scaled)


def penaltyblog(method: ImpliedMethod) -> Callable[[list[float]], list[float]]:
    return lambda prices: calculate_implied(prices, method=method).probabilities


CONTESTS = (
    Contest(
        MarginMethod.MULTIPLICATIVE,
        multiplicative,
        "penaltyblog",
        penaltyblog(ImpliedMethod.MULTIPLICATIVE),
    ),
    Contest(MarginMethod.ADDITIVE, additive, "penaltyblog", penaltyblog(ImpliedMethod.ADDITIVE)),
    Contest(MarginMethod.POWER, power, "penaltyblog", penaltyblog(ImpliedMethod.POWER)),
    Contest(MarginMethod.SHIN, shin_of, "shin", shin.calculate_implied_probabilities),
    Contest(MarginMethod.SHIN, shin_of, "penaltyblog", penaltyblog(ImpliedMethod.SHIN)),
    Contest(
        MarginMethod.ODDS_RATIO, odds_ratio, "penaltyblog", penaltyblog(ImpliedMethod.ODDS_RATIO)
    ),
)


def run() -> list[Row]:
    poll = boards()
    rows = [
        row
        for board in poll
        for row in zip(board.prices.tolist(), board.a.tolist(), board.b.tolist(), strict=True)
    ]
    return [measured(contest, poll, rows) for contest in CONTESTS]


def measured(
    contest: Contest,
    poll: list[Board],
    rows: list[tuple[list[float], list[float], list[float]]],
) -> Row:
    works = {
        "ours": lambda: [ours(board, contest.method) for board in poll],
        "limit": lambda: [bare(board, contest.limit) for board in poll],
        "peer": lambda: market_by_market(rows, contest.peer),
    }
    require_same_answers(works)
    samples = interleaved(works)
    return Row(
        label=f"{contest.method}, peer {contest.peer_name}",
        ours=samples.median("ours"),
        limit=samples.median("limit"),
        peer=samples.median("peer"),
        targets=(
            at_most(2, samples.ratio("ours", "limit"), "the limit"),
            at_least(20, samples.ratio("peer", "ours"), "faster than the peer"),
        ),
    )


def require_same_answers(works: dict[str, Callable[[], list]]) -> None:
    """A race between different computations would prove nothing."""
    flat = {
        name: np.concatenate([np.stack(pair, axis=-1).reshape(-1, 2) for pair in works[name]()])
        for name in ("ours", "limit")
    }
    flat["peer"] = np.array(works["peer"]())
    for name, answers in flat.items():
        np.testing.assert_allclose(answers, flat["ours"], rtol=0, atol=1e-6, err_msg=name)
