"""How a parlay ends: the product of what its legs return, a returned leg counting one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from apps.rulebook.settlement import Outcome, Settled, parlay_return


class ParlayOutcome(StrEnum):
    WIN = "WIN"  # returns more than was staked
    PUSH = "PUSH"  # returns the stake: a bet with zero return
    PART_LOSS = "PART_LOSS"  # returns a part of the stake: half-lost legs
    LOSS = "LOSS"
    VOID = "VOID"  # no leg was a bet: it leaves the denominator
    UNGRADEABLE = "UNGRADEABLE"  # a leg cannot be settled and none is lost


@dataclass(frozen=True, slots=True)
class SettledParlay:
    outcome: ParlayOutcome
    returned: Decimal  # per unit staked, the stake included

    @property
    def profit(self) -> Decimal:
        return self.returned - 1


def settle_parlay(legs: Sequence[tuple[Settled, Decimal]]) -> SettledParlay:
    """Settle all legs, each with the decimal odds at which it stands in the parlay.

    Legs multiply: a push or void leg counts 1, a half-win ``(1 + d) / 2``, a half-loss one half,
    and a lost one loses the parlay, whatever became of the others. All void refunds. A leg that
    cannot be settled holds everything but that up. Source: docs/domain.md sections 7 and 9.
    """
    outcomes = [settled.outcome for settled, _price in legs]
    if Outcome.LOSS in outcomes:
        return SettledParlay(ParlayOutcome.LOSS, Decimal(0))
    if Outcome.UNGRADEABLE in outcomes:
        return SettledParlay(ParlayOutcome.UNGRADEABLE, Decimal(1))
    returned = parlay_return(legs)
    if all(outcome is Outcome.VOID for outcome in outcomes):
        return SettledParlay(ParlayOutcome.VOID, returned)
    if returned == 1:
        return SettledParlay(ParlayOutcome.PUSH, returned)
    won = returned > 1
    return SettledParlay(ParlayOutcome.WIN if won else ParlayOutcome.PART_LOSS, returned)
