"""How legs of one game end together: read off the simulated scores, held to each leg's own chance.

A pick is judged by a probability that lies between the model's and the market's; the stored
distribution is the model's alone. What is taken from it is how the legs hang together: its cells
are weighted until each leg, on its own, has the chance it was published with. Among all joint
distributions with those chances this is the one nearest to the simulated (iterative proportional
fitting; Deming and Stephan 1940, Csiszár 1975), and it keeps every odds ratio between the legs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import Final

import numpy as np

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.scoring import ScoreDistribution
from apps.rulebook.settlement import Outcome, require_line, settle_many
from apps.rulebook.thresholds import TieRule

Pattern = tuple[Outcome, ...]  # one outcome per leg
Joint = Mapping[Pattern, float]

_TOLERANCE: Final = 1e-9  # of a leg's own chance; it is recorded to ten places
_ROUNDS: Final = 2_000
_PLACES: Final = 12


class NoJoint(RuleBroken):
    """The legs cannot be priced together: no distribution gives each the chance it has alone."""

    code = "PARLAY_NOT_PRICEABLE"


class Shape(StrEnum):
    """What a line can do besides win and lose."""

    PLAIN = "PLAIN"  # push, on a whole line; nothing else on a half one
    HALF_WIN = "HALF_WIN"  # a quarter line whose whole neighbour is the worse one
    HALF_LOSS = "HALF_LOSS"


@dataclass(frozen=True, slots=True)
class JointLeg:
    """One leg as it is judged: ``a``, ``b`` and ``v`` of docs/domain.md section 1."""

    market_type: MarketType
    side: Side
    line: Decimal | None
    a: float
    b: float
    v: float


def shape_of(market_type: MarketType, side: Side, line: Decimal | None) -> Shape:
    """Say how a bet at this line can end. Source: docs/domain.md section 7.

    Raises:
        NotSettled: the market, side and line do not make a bet.
    """
    return {1: Shape.HALF_WIN, 3: Shape.HALF_LOSS}.get(
        require_line(market_type, side, line) % 4, Shape.PLAIN
    )


def leg_alone(leg: JointLeg) -> Joint:
    """Write a, b and v as the chances of a leg's outcomes; those it cannot have are left out.

    On a quarter line v is half the chance that half the stake comes back, and a or b holds the
    other half of it. Source: docs/domain.md section 1.

    Raises:
        NoJoint: a, b and v are not those of such a line.
    """
    shape = shape_of(leg.market_type, leg.side, leg.line)
    if shape is Shape.PLAIN:
        chances = {Outcome.WIN: leg.a, Outcome.PUSH: leg.v, Outcome.LOSS: leg.b}
    elif shape is Shape.HALF_WIN:
        chances = {Outcome.WIN: leg.a - leg.v, Outcome.HALF_WIN: 2 * leg.v, Outcome.LOSS: leg.b}
    else:
        chances = {Outcome.WIN: leg.a, Outcome.HALF_LOSS: 2 * leg.v, Outcome.LOSS: leg.b - leg.v}
    if min(chances.values()) < -_TOLERANCE:
        raise NoJoint(f"{leg.a}, {leg.b} and {leg.v} are not the shares of {shape} at {leg.line}.")
    whole = sum(max(chance, 0.0) for chance in chances.values())
    return {
        (outcome,): max(chance, 0.0) / whole for outcome, chance in chances.items() if chance > 0.0
    }


def joint_of_game(scores: ScoreDistribution, legs: Sequence[JointLeg]) -> Joint:
    """Say how likely each way for legs of one game to end together is.

    Source: docs/domain.md section 9.

    Raises:
        NoJoint: the legs' own chances contradict each other under these scores.
        NotSettled: a leg is no bet on a score.
    """
    joint = _simulated(scores, legs)
    alone = [leg_alone(leg) for leg in legs]
    for _ in range(_ROUNDS):
        worst = 0.0
        for index, chances in enumerate(alone):
            now = _marginal(joint, index)
            for (outcome,), wanted in chances.items():
                if not now.get(outcome):
                    raise NoJoint(f"No simulated game ends {outcome} for leg {index + 1}.")
                worst = max(worst, abs(now[outcome] - wanted))
            joint = {
                pattern: weight * chances.get((pattern[index],), 0.0) / now[pattern[index]]
                for pattern, weight in joint.items()
                if weight > 0.0
            }
        if worst <= _TOLERANCE:
            whole = sum(joint.values())
            return {
                pattern: round(weight / whole, _PLACES) for pattern, weight in sorted(joint.items())
            }
    raise NoJoint("The chances of these legs contradict each other: they cannot all be true.")


def independent(games: Sequence[Joint]) -> Joint:
    """Put games together that know nothing of each other. Source: docs/domain.md section 9."""
    found: dict[Pattern, float] = {(): 1.0}
    for game in games:
        found = {
            (*before, *pattern): weight * chance
            for (before, weight), (pattern, chance) in product(found.items(), game.items())
        }
    return found


def _simulated(scores: ScoreDistribution, legs: Sequence[JointLeg]) -> dict[Pattern, float]:
    """Sum the simulated games by how they end for every leg."""
    rows, columns = np.nonzero(scores.weights)
    weights = scores.probabilities[rows, columns]
    home = (rows + scores.low_home).astype(np.float64)
    away = (columns + scores.low_away).astype(np.float64)
    outcomes = np.stack([_outcomes(leg, home, away) for leg in legs], axis=1)
    patterns, which = np.unique(outcomes, axis=0, return_inverse=True)
    sums = np.bincount(which.reshape(-1), weights=weights, minlength=len(patterns))
    return {
        tuple(Outcome(word) for word in pattern): float(weight)
        for pattern, weight in zip(patterns.tolist(), sums.tolist(), strict=True)
    }


def _outcomes(leg: JointLeg, home: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Settle one leg against every simulated score, whatever scores its league thinks possible."""
    shape_of(leg.market_type, leg.side, leg.line)  # refuses what is no bet
    count = len(home)
    settled = settle_many(
        market_type=np.full(count, str(leg.market_type)),
        side=np.full(count, str(leg.side)),
        line=np.full(count, np.nan if leg.line is None else float(leg.line)),
        home=home,
        away=away,
        tie=np.full(count, str(TieRule.PLAYED)),
        nil_nil_possible=np.ones(count, dtype=np.bool_),
    )
    return settled.outcome


def _marginal(joint: Joint, index: int) -> dict[Outcome, float]:
    found: dict[Outcome, float] = {}
    for pattern, weight in joint.items():
        found[pattern[index]] = found.get(pattern[index], 0.0) + weight
    return found
