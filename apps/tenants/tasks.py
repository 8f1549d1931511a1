"""Jobs about tenants. They build, so they run on the queue ``ddl``, which knows the owner."""

import logging
from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask
from apps.rulebook.errors import RuleBroken
from apps.tenants import provisioning

logger = logging.getLogger(__name__)


@shared_task(base=PublicTask, name="tenants.provision")
def provision(**_newer: Any) -> None:
    """Finish every tenant that was requested; the console only writes the request down."""
    by, at = Actor.job("tenants.provision"), clock.now()
    for schema in provisioning.waiting():
        try:
            provisioning.finish(schema, by=by, at=at)
        except RuleBroken as refusal:
            logger.warning("Tenant %s waits: %s", schema, refusal.sentence)
