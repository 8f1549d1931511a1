"""Jobs about picks. A job reads the clock, names itself, and calls its actions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.core.queue import enqueue_on_commit
from apps.governance import jobs, rollouts
from apps.governance.jobs import PublicTask, TenantTask
from apps.picks import actions


def _walk(job: str, slot: str, schemas: Sequence[str], work: Callable[..., Any]) -> None:
    """Work for each tenant in turn: one scope, one transaction, one receipt each."""
    at: datetime = clock.now()
    jobs.for_each_tenant(job, slot, schemas, work, by=Actor.job(job), at=at)


@shared_task(base=PublicTask, name="picks.propose")
def propose(**_newer: Any) -> None:
    jobs.ring_tenants("picks.propose", at=clock.now())


@shared_task(base=PublicTask, name="picks.propose_tenants")
def propose_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    """Propose, and publish in the same turn what was proposed.

    Two walks and two receipts: what was proposed stays, whatever happens to its publication.
    """
    _walk("picks.propose", slot, schemas, actions.propose_due)
    _walk("picks.publish_proposed", slot, schemas, actions.publish_ready)


@shared_task(base=PublicTask, name="picks.publish")
def publish(**_newer: Any) -> None:
    jobs.ring_tenants("picks.publish", at=clock.now())


@shared_task(base=PublicTask, name="picks.publish_tenants")
def publish_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    """The sweep: what a limit, a switch or a crash left waiting."""
    _walk("picks.publish", slot, schemas, actions.publish_ready)


@shared_task(base=PublicTask, name="picks.watch")
def watch(**_newer: Any) -> None:
    jobs.ring_tenants("picks.watch", at=clock.now())


@shared_task(base=PublicTask, name="picks.watch_tenants")
def watch_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    _walk("picks.watch", slot, schemas, actions.watch_live)


@shared_task(base=PublicTask, name="picks.close")
def close(**_newer: Any) -> None:
    jobs.ring_tenants("picks.close", at=clock.now())


@shared_task(base=PublicTask, name="picks.close_tenants")
def close_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    """Take the closes of games that began, and those that were missing and are known by now.

    Two walks and two receipts of one stage: whoever plays it again calls both.
    """
    at, by = clock.now(), Actor.job("picks.close")
    jobs.for_each_tenant("picks.close", slot, schemas, actions.close_started, by=by, at=at)
    jobs.for_each_tenant("picks.fill_closes", slot, schemas, actions.fill_closes, by=by, at=at)


@shared_task(base=TenantTask, name="picks.deliver", asks_rollouts=True)
def deliver(*, rolled_out: frozenset[str], **_newer: Any) -> None:
    """Send what the tenant owes its channels; rings for itself where that is more than a turn."""
    done = actions.deliver_due(
        in_slates=rollouts.SLATE_MESSAGE in rolled_out,
        by=Actor.job("picks.deliver"),
        at=clock.now(),
    )
    if done.more:
        enqueue_on_commit("picks.deliver")


@shared_task(base=PublicTask, name="picks.sweep_deliveries")
def sweep_deliveries(**_newer: Any) -> None:
    jobs.ring_tenants("picks.sweep_deliveries", at=clock.now())


@shared_task(base=PublicTask, name="picks.sweep_deliveries_tenants")
def sweep_deliveries_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    """The sweep: leases of workers that died, and rows whose bell was lost."""
    _walk("picks.sweep_deliveries", slot, schemas, actions.sweep_deliveries)
