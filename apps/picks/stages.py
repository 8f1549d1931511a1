"""How far this room's stages have got, asked as the stages themselves ask."""

from datetime import datetime

from django.db.models import Count, F, Min

from apps.core.db import fetch_all
from apps.core.stages import StageCount, by_hour, total
from apps.core.tenancy import current_schema
from apps.picks.kinds import OWED, Channel
from apps.picks.models import Delivery, LineTracking, Pick, PickChange, ProposalRound
from apps.picks.sweeping import NOW, VALIDITY, minima
from apps.picks.waiting import batches_without_a_round, outlooks
from apps.rulebook.lifecycle import PickStatus

# A pick is due since its quote changed, or since it grew stale.
_DIFFER = f"""
WITH now AS ({NOW})
SELECT count(*), min(CASE WHEN now.age_s > now.max_quote_age_s
    THEN now.last_seen_at + make_interval(secs => now.max_quote_age_s) ELSE now.observed_at END)
FROM now WHERE now.validity_state <> {VALIDITY}
"""


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Of everything a tenant's picks ought to have gone through by ``at``, how much has an outcome.

    propose: batches with a receipt. publish: picks that were proposed and wait no more, whatever
    became of them. deliver: messages to channels that wait no more, whether they arrived, were
    refused, or nobody knows. watch: published picks whose validity is what the market says.
    close: begun games' picks with a close, or the reason why there is none.
    """
    return {
        "propose": _propose(at),
        "publish": _publish(at),
        "deliver": _deliver(at),
        "watch": _watch(at),
        "close": _close(at),
    }


def done_by_hour(at: datetime) -> dict[str, list[int]]:
    """What these stages did in each of the 24 hours before ``at``.

    publish: proposals that were decided upon, whatever became of them. watch: changes of validity.
    """
    decided = PickChange.objects.filter(from_status=PickStatus.PROPOSED)
    moved = PickChange.objects.of_validity()
    return {
        "propose": by_hour(ProposalRound.objects.all(), "decided_at", at),
        "publish": by_hour(decided.exclude(to_status=F("from_status")), "changed_at", at),
        "deliver": by_hour(Delivery.objects.exclude(channel=Channel.APP), "sent_at", at),
        "watch": by_hour(moved, "changed_at", at),
        "close": by_hour(LineTracking.objects.all(), "completed_at", at),
    }


def _propose(at: datetime) -> StageCount:
    done = ProposalRound.objects.filter(decided_at__lte=at).count()
    waiting = [
        StageCount(due=found["n"], done=0, oldest_at=found["oldest"])
        for outlook in outlooks(current_schema(), at)
        for found in [
            batches_without_a_round(outlook, at)
            .order_by()
            .aggregate(n=Count("pk"), oldest=Min("evaluated_at"))
        ]
    ]
    return total([StageCount(due=done, done=done), *waiting])


def _publish(at: datetime) -> StageCount:
    proposed = Pick.objects.filter(born_blocked=False, proposed_at__lte=at)
    found = proposed.waiting().aggregate(n=Count("pk"), oldest=Min("proposed_at"))
    due = proposed.count()
    return StageCount(due=due, done=due - found["n"], oldest_at=found["oldest"])


def _deliver(at: datetime) -> StageCount:
    owed = Delivery.objects.exclude(channel=Channel.APP).filter(due_at__lte=at)
    found = owed.filter(status__in=OWED).aggregate(n=Count("pk"), oldest=Min("due_at"))
    due = owed.count()
    return StageCount(due=due, done=due - found["n"], oldest_at=found["oldest"])


def _watch(at: datetime) -> StageCount:
    seen = Pick.objects.seen().filter(published_at__lte=at).count()
    ((differing, oldest),) = fetch_all(_DIFFER, {"at": at, **minima()})
    return StageCount(due=seen, done=seen - differing, oldest_at=oldest)


def _close(at: datetime) -> StageCount:
    begun = LineTracking.objects.begun(at)
    found = begun.open().aggregate(n=Count("pk"), oldest=Min("pick__event__begins_at"))
    due = begun.count()
    return StageCount(due=due, done=due - found["n"], oldest_at=found["oldest"])
