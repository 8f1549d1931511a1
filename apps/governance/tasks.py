"""Jobs of governance itself: they watch the others, and end what is over."""

from typing import Any

from celery import shared_task
from django.conf import settings

from apps.core import clock
from apps.core.actor import Actor
from apps.governance import alerts, approvals
from apps.governance.jobs import PublicTask, heartbeats, run_once, slot_of
from apps.governance.jobs.lateness import WATCH, watch_jobs

SWEEP = "governance.sweep_alerts"


@shared_task(base=PublicTask, name=WATCH)
def watch(**_newer: Any) -> None:
    """Look at every job of the schedule, and leave a sign of life."""
    by, at = Actor.job(WATCH), clock.now()
    heartbeats.look_for_lost(by=by, at=at)
    if run_once(WATCH, slot_of(at, settings.WATCH_TURN_S), watch_jobs, by=by, at=at):
        heartbeats.beat()


@shared_task(base=PublicTask, name=SWEEP)
def sweep(**_newer: Any) -> None:
    """End what has been quiet, pull the latches that wait, close approvals nobody used.

    And look whether the watch still does: what watches is watched from here.

    Rung for by a tenant's latching alert, too, which must not wait for a turn to be over.
    """
    by, at = Actor.job(SWEEP), clock.now()
    heartbeats.look_for_lost(by=by, at=at)
    alerts.pull_latches(by=by, at=at)
    run_once(SWEEP, slot_of(at, settings.WATCH_TURN_S), alerts.sweep, by=by, at=at)
    approvals.expire_overdue(by=by, at=at)
