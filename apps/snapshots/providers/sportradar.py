"""Sportradar, the second provider: its place is kept, nobody has a contract with it yet.

What is here is what can be right without one: how its ids look, and how its settlements read in
our words. Every question is refused with PROVIDER_NOT_CONFIGURED. Source of the settlement's
shape: the provider's public page on bet_settlement, five combinations and no other.
"""

import re
from decimal import Decimal
from typing import Final, NoReturn

from apps.rulebook.errors import RuleBroken
from apps.rulebook.settlement import Outcome, Settled
from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, ProviderNotConfigured

NAMESPACE: Final = "sportradar"  # of its ids, in event_source
_EVENT_KEY: Final = re.compile(r"sr:(?:match|stage):[1-9][0-9]{0,18}")

_WHOLE, _HALF, _NONE = Decimal(1), Decimal("0.5"), Decimal(0)
# (result, void_factor) -> how it reads here. A whole refund is told apart by its void reason.
_READS: Final = {
    (0, _NONE): Outcome.LOSS,
    (1, _NONE): Outcome.WIN,
    (0, _HALF): Outcome.HALF_LOSS,
    (1, _HALF): Outcome.HALF_WIN,
    (0, _WHOLE): Outcome.PUSH,
}


class SettlementUnreadable(RuleBroken):
    code = "SETTLEMENT_UNREADABLE"

    def __init__(self, result: int, void_factor: Decimal, dead_heat_factor: Decimal) -> None:
        super().__init__(
            f"Result {result} with void factor {void_factor} and dead heat factor"
            f" {dead_heat_factor} is no settlement that the provider documents."
        )


class EventKeyUnreadable(RuleBroken):
    code = "EVENT_KEY_UNREADABLE"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:64]!r} is no event id of {NAMESPACE}.")


class Sportradar:
    """Answers for quotes, results and injuries, one day."""

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        self._refuse()

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        self._refuse()

    def fetch_injuries(self, request: FetchRequest) -> FetchOutcome:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ProviderNotConfigured(NAMESPACE)


def event_key(text: str) -> str:
    """Return an event's id as it stands in ``event_source``: the URN as the provider writes it.

    Raises:
        EventKeyUnreadable: it names no event.
    """
    if not _EVENT_KEY.fullmatch(text):
        raise EventKeyUnreadable(text)
    return text


def settled(
    *,
    result: int,
    void_factor: Decimal | None = None,
    dead_heat_factor: Decimal | None = None,
    void_reason: int | None = None,
) -> Settled:
    """Read one outcome of a bet_settlement message in our words; what it leaves out is None.

    A stake that is returned whole is a VOID where the market names a reason for it, else a PUSH:
    the first leaves the denominator, the second stays in it. Source: docs/domain.md section 7.

    Raises:
        SettlementUnreadable: the provider documents no such combination.
    """
    void = _NONE if void_factor is None else void_factor
    shared = _WHOLE if dead_heat_factor is None else dead_heat_factor
    outcome = _READS.get((result, void))
    is_shared = shared != _WHOLE
    if outcome is None or not _NONE < shared <= _WHOLE:
        raise SettlementUnreadable(result, void, shared)
    if is_shared and outcome is not Outcome.WIN:
        raise SettlementUnreadable(result, void, shared)
    if outcome is Outcome.PUSH and void_reason is not None:
        outcome = Outcome.VOID
    return Settled(outcome, won=result, void_factor=void, dead_heat_factor=shared)
