"""What a crash left behind: leases that ran out, and rows that nobody was rung for."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from apps.core.actor import Actor
from apps.core.queue import enqueue_on_commit
from apps.picks.actions.delivering.leasing import open_ways
from apps.picks.actions.delivering.outcomes import doubt, may_be_repeated, retry
from apps.picks.actions.owing import BELL
from apps.picks.models import Delivery

LEASE_EXPIRED = "LEASE_EXPIRED"


@dataclass(frozen=True, slots=True)
class SweptDeliveries:
    """What one sweep of a tenant's outbox found."""

    expired: dict[str, int] = field(default_factory=dict)  # by what they became
    rung: bool = False  # somebody was rung for what is due


@transaction.atomic
def sweep_deliveries(*, by: Actor, at: datetime) -> SweptDeliveries:
    """End the leases that ran out, and ring for what is due.

    Whoever had such a lease died, or lost the database, between taking it and writing down what
    came of it. What could be said twice waits for a person.
    """
    became: Counter[str] = Counter()
    for row in _expired():
        if may_be_repeated(row):
            became[retry(row, LEASE_EXPIRED, seconds=0, by=by, at=at)] += 1
        else:
            became[doubt(row, LEASE_EXPIRED, by=by, at=at)] += 1
    rung = bool(open_ways())
    if rung:
        enqueue_on_commit(BELL)
    return SweptDeliveries(
        expired={str(outcome): count for outcome, count in sorted(became.items())}, rung=rung
    )


def _expired() -> list[Delivery]:
    return list(
        Delivery.objects.raw(
            "SELECT * FROM delivery WHERE status = 'LEASED' AND lease_until < clock_timestamp()"
            " ORDER BY id FOR UPDATE SKIP LOCKED"
        )
    )
