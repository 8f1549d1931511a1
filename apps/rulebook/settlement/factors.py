"""The three numbers every settlement is computed from, and what they pay.

``return = stake * (void_factor + (1 - void_factor) * won * d * dead_heat_factor)``

Source: docs/domain.md section 7, the way settlement feeds do it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from apps.rulebook.errors import RuleBroken


class Outcome(StrEnum):
    WIN = "WIN"
    HALF_WIN = "HALF_WIN"
    PUSH = "PUSH"  # a bet with zero return: stays in the denominator
    HALF_LOSS = "HALF_LOSS"
    LOSS = "LOSS"
    VOID = "VOID"  # no bet: leaves the denominator
    UNGRADEABLE = "UNGRADEABLE"  # with a reason; counted and aged, never silent


class NotADeadHeat(RuleBroken):
    code = "NOT_A_DEAD_HEAT"


@dataclass(frozen=True, slots=True)
class Settled:
    """How one bet ended. ``won`` means nothing where the whole stake is returned."""

    outcome: Outcome
    won: int  # 0 or 1
    void_factor: Decimal  # share of the stake that is returned: 0, 0.5 or 1
    dead_heat_factor: Decimal = Decimal(1)  # places won per tied competitor

    def returned(self, price: Decimal) -> Decimal:
        """Return per unit staked, the stake included, at decimal odds ``price``."""
        played = 1 - self.void_factor
        return self.void_factor + played * self.won * price * self.dead_heat_factor

    def profit(self, price: Decimal) -> Decimal:
        """Profit per unit staked: 0 where the stake is returned, -1 where it is lost."""
        return self.returned(price) - 1


WIN: Final = Settled(Outcome.WIN, 1, Decimal(0))
HALF_WIN: Final = Settled(Outcome.HALF_WIN, 1, Decimal("0.5"))
PUSH: Final = Settled(Outcome.PUSH, 0, Decimal(1))
HALF_LOSS: Final = Settled(Outcome.HALF_LOSS, 0, Decimal("0.5"))
LOSS: Final = Settled(Outcome.LOSS, 0, Decimal(0))
VOID: Final = Settled(Outcome.VOID, 0, Decimal(1))

UNGRADEABLE: Final = Settled(Outcome.UNGRADEABLE, 0, Decimal(1))

_AS: Final = {
    settled.outcome: settled
    for settled in (WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS, VOID, UNGRADEABLE)
}


def settled_as(outcome: Outcome) -> Settled:
    """Return the three numbers of an outcome that was decided elsewhere, dead heats left out.

    Source: docs/domain.md section 7.
    """
    return _AS[outcome]


def dead_heat(*, tied: int, places: int) -> Settled:
    """Settle a winner that shares ``places`` among ``tied`` competitors: ``d * w / t - 1``.

    Source: docs/domain.md section 7.

    Raises:
        NotADeadHeat: nobody is tied, or there is a place for everybody who is.
    """
    if not 0 < places < tied:
        raise NotADeadHeat(f"{tied} tied for {places} places is no dead heat.")
    return Settled(Outcome.WIN, 1, Decimal(0), Decimal(places) / Decimal(tied))


def parlay_return(legs: Iterable[tuple[Settled, Decimal]]) -> Decimal:
    """Multiply the legs' returns: the return per unit staked on all of them together.

    A push or void leg counts 1, a half-win ``(1 + d) / 2``, a half-loss one half; any loss
    makes it 0, and legs that are all void return the stake. Source: docs/domain.md section 7.
    """
    product = Decimal(1)
    for settled, price in legs:
        product *= settled.returned(price)
    return product
