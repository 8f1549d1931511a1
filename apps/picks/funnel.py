"""What became of everything that was evaluated: the funnel of a day, from the rounds' receipts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from apps.core.db import fetch_all
from apps.picks.kinds import Gate
from apps.picks.models import Pick, ProposalRound

DAY = timedelta(days=1)

_STOPPED = """
SELECT gate.value ->> 'gate', why.key, sum(why.value::bigint)
FROM proposal_round AS round
CROSS JOIN jsonb_array_elements(round.gates) AS gate
CROSS JOIN jsonb_each_text(gate.value -> 'stopped') AS why
WHERE round.decided_at > %(since)s AND round.decided_at <= %(until)s
GROUP BY 1, 2
"""
_SUMMED = """
SELECT count(*), coalesce(sum(evaluations), 0), coalesce(sum(proposed), 0)
FROM proposal_round WHERE decided_at > %(since)s AND decided_at <= %(until)s
"""


@dataclass(frozen=True, slots=True)
class Funnel:
    """One day of one tenant. What is taken away from ``evaluated`` leaves ``proposed``."""

    until: datetime
    rounds: int
    evaluated: int
    proposed: int
    published: int
    tiers: Mapping[str, int] = field(default_factory=dict)  # of what was published
    stopped: Mapping[Gate, Mapping[str, int]] = field(default_factory=dict)
    unpublished: Mapping[str, int] = field(default_factory=dict)  # of what was proposed, and why

    def reached(self, gate: Gate) -> int:
        """How many evaluations came as far as a gate."""
        return self.evaluated - self.stopped_at(*takewhile(lambda one: one is not gate, Gate))

    def stopped_at(self, *gates: Gate) -> int:
        return sum(sum(self.stopped.get(gate, {}).values()) for gate in gates)

    def reasons(self, *gates: Gate) -> list[tuple[str, int]]:
        """Why evaluations went no further there, the commonest reason first."""
        found: dict[str, int] = {}
        for gate in gates:
            for why, count in self.stopped.get(gate, {}).items():
                found[why] = found.get(why, 0) + count
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def funnel(at: datetime) -> Funnel | None:
    """The day before ``at``, or before the newest round where that lies further back.

    None where this tenant has not looked at anything yet.
    """
    newest = ProposalRound.objects.order_by("-decided_at").values_list("decided_at", flat=True)
    last = newest.filter(decided_at__lte=at).first()
    if last is None:
        return None
    until = at if at - last < DAY else last
    between = {"since": until - DAY, "until": until}
    [(rounds, evaluated, proposed)] = fetch_all(_SUMMED, between)
    stopped: dict[Gate, dict[str, int]] = {}
    for gate, why, count in fetch_all(_STOPPED, between):
        stopped.setdefault(Gate(gate), {})[why] = int(count)
    tiers: dict[str, int] = {}
    told = Pick.objects.seen().filter(published_at__gt=until - DAY, published_at__lte=until)
    for tier in told.values_list("tier", flat=True):
        tiers[tier] = tiers.get(tier, 0) + 1
    return Funnel(
        until=until,
        rounds=int(rounds),
        evaluated=int(evaluated),
        proposed=int(proposed),
        published=sum(tiers.values()),
        tiers=tiers,
        stopped=stopped,
        unpublished=_unpublished(until),
    )


def _unpublished(until: datetime) -> dict[str, int]:
    """Why what was proposed in the day did not go out, or has not yet."""
    made = Pick.objects.filter(
        born_blocked=False, published_at__isnull=True, proposed_at__gt=until - DAY
    ).filter(proposed_at__lte=until)
    ends = made.values_list("status", "expiry_reason", "block_reason").order_by()
    return dict(Counter(expired or blocked or status for status, expired, blocked in ends))
