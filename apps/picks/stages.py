"""How far this room's stages have got, asked as the stages themselves ask."""

from datetime import datetime

from apps.core.db import fetch_all
from apps.core.stages import StageCount
from apps.core.tenancy import current_schema
from apps.picks.models import LineTracking, Pick, ProposalRound
from apps.picks.sweeping import NOW, VALIDITY, minima
from apps.picks.waiting import batches_without_a_round, outlooks

_DIFFER = f"""
WITH now AS ({NOW})
SELECT count(*) FROM now WHERE now.validity_state <> {VALIDITY}
"""


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Of everything a tenant's picks ought to have gone through by ``at``, how much has an outcome.

    propose: batches with a receipt. publish: picks that were proposed and wait no more, whatever
    became of them. watch: published picks whose validity is what the market says. close: begun
    games' picks with a close, or the reason why there is none.
    """
    return {
        "propose": _propose(at),
        "publish": _publish(at),
        "watch": _watch(at),
        "close": _close(at),
    }


def _propose(at: datetime) -> StageCount:
    done = ProposalRound.objects.filter(decided_at__lte=at).count()
    waiting = sum(
        batches_without_a_round(outlook, at).count() for outlook in outlooks(current_schema(), at)
    )
    return StageCount(due=done + waiting, done=done)


def _publish(at: datetime) -> StageCount:
    proposed = Pick.objects.filter(born_blocked=False, proposed_at__lte=at)
    return StageCount(due=proposed.count(), done=proposed.count() - proposed.waiting().count())


def _watch(at: datetime) -> StageCount:
    seen = Pick.objects.seen().filter(published_at__lte=at).count()
    ((differing,),) = fetch_all(_DIFFER, {"at": at, **minima()})
    return StageCount(due=seen, done=seen - differing)


def _close(at: datetime) -> StageCount:
    begun = LineTracking.objects.begun(at)
    return StageCount(due=begun.count(), done=begun.count() - begun.open().count())
