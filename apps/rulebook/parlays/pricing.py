"""What a parlay is worth: its chance, its price, its expected value, and the least it may pay."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from math import prod
from typing import Final

from apps.rulebook.parlays.joint import Joint, Pattern
from apps.rulebook.settlement import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    WIN,
    Outcome,
    Settled,
    parlay_return,
)

METHOD_VERSION: Final = "parlay-1"
PRICE_STEP: Final = Decimal("0.000001")  # of canonical decimal odds
_PLACES: Final = 10

_SETTLED: Final[Mapping[Outcome, Settled]] = {
    settled.outcome: settled for settled in (WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS)
}


class JointMethod(StrEnum):
    """How the chance that all legs win was found."""

    INDEPENDENT = "INDEPENDENT"  # one leg a game: the product
    JOINT_DISTRIBUTION = "JOINT_DISTRIBUTION"  # legs of one game from its simulated scores


@dataclass(frozen=True, slots=True)
class PricedGame:
    """The legs of one game: how they end together, and the decimal odds of each."""

    joint: Joint
    prices: tuple[Decimal, ...]

    @property
    def all_win(self) -> float:
        return self.joint.get((Outcome.WIN,) * len(self.prices), 0.0)

    @property
    def returned(self) -> float:
        """Expected return per unit staked on these legs alone, the stake included."""
        return sum(
            chance * float(parlay_return(self._legs(pattern)))
            for pattern, chance in self.joint.items()
        )

    @property
    def apart(self) -> float:
        """What the chance would be if its legs knew nothing of each other."""
        return prod(
            sum(chance for pattern, chance in self.joint.items() if pattern[index] is Outcome.WIN)
            for index in range(len(self.prices))
        )

    def _legs(self, pattern: Pattern) -> Iterator[tuple[Settled, Decimal]]:
        return ((_SETTLED[one], price) for one, price in zip(pattern, self.prices, strict=True))


@dataclass(frozen=True, slots=True)
class PricedParlay:
    price: Decimal  # the product of the legs' decimal odds
    joint_prob: float  # that every leg wins
    independent_prob: float  # the same if legs of one game were strangers, too
    ev: float  # expected profit per unit staked, pushes and half stakes counted
    break_even_price: Decimal  # the least that all legs winning must pay for EV > 0
    method: JointMethod


def price_parlay(games: Sequence[PricedGame]) -> PricedParlay:
    """Price the legs of several games as one bet.

    Games are independent of each other; within one the legs end as its distribution says. A push
    takes its leg out and the others pay what they pay. Source: docs/domain.md section 9.
    """
    price = prod((one for game in games for one in game.prices), start=Decimal(1))
    chance = prod(game.all_win for game in games)
    returned = prod(game.returned for game in games)
    # What comes back where a leg pushes or is settled by halves is the same at any price.
    otherwise = returned - chance * float(price)
    least = Decimal((1.0 - otherwise) / chance) if chance > 0.0 else Decimal("Infinity")
    return PricedParlay(
        price=price.quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN),
        joint_prob=round(chance, _PLACES),
        independent_prob=round(prod(game.apart for game in games), _PLACES),
        ev=round(returned - 1.0, _PLACES),
        break_even_price=least.quantize(PRICE_STEP, rounding=ROUND_CEILING)
        if least.is_finite()
        else least,
        method=JointMethod.JOINT_DISTRIBUTION
        if any(len(game.prices) > 1 for game in games)
        else JointMethod.INDEPENDENT,
    )
