"""Jobs about tenants. They build, so they run on the queue ``ddl``, which knows the owner."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, run_once, slot_of
from apps.rulebook.errors import RuleBroken
from apps.tenants import provisioning

logger = logging.getLogger(__name__)

JOB = "tenants.provision"
# It is rung for as well, as soon as somebody asks for a tenant: that waits for no turn to pass.
_TURN_S = 1


@shared_task(base=PublicTask, name=JOB)
def provision(**_newer: Any) -> None:
    """Finish every tenant that was requested; the console only writes the request down."""
    by, at = Actor.job(JOB), clock.now()
    run_once(JOB, slot_of(at, _TURN_S), _finish_waiting, by=by, at=at)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What one turn of provisioning did."""

    finished: int = 0
    waiting: int = 0  # refused: each says why in the log, and is tried again


def _finish_waiting(*, by: Actor, at: datetime) -> Provisioned:
    finished, waiting = 0, 0
    for schema in provisioning.waiting():
        try:
            provisioning.finish(schema, by=by, at=at)
        except RuleBroken as refusal:
            logger.warning("Tenant %s waits: %s", schema, refusal.sentence)
            waiting += 1
        else:
            finished += 1
    return Provisioned(finished=finished, waiting=waiting)
