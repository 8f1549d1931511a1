"""Jobs of the platform itself."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task

from apps.core import clock, ddl
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, run_once, turn_of
from apps.ops.stock import take_stock as count_everything

DAYS_AHEAD = 7


@shared_task(base=PublicTask, name="ops.make_partitions")
def make_partitions(**_newer: Any) -> None:
    """Make the coming week's partitions; runs on queue ``ddl``, which knows the owner."""
    at, by = clock.now(), Actor.job("ops.make_partitions")
    run_once("ops.make_partitions", turn_of("ops.make_partitions", at), _make_week, by=by, at=at)


def _make_week(*, by: Actor, at: datetime) -> dict[str, int]:
    today = at.date()
    made = ddl.ensure_partitions(today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))
    return {"made": made}


@shared_task(base=PublicTask, name="ops.take_stock")
def take_stock(**_newer: Any) -> None:
    """Count what the stages and the tenants have to show, for the overview and the metrics."""
    at, by = clock.now(), Actor.job("ops.take_stock")
    run_once("ops.take_stock", turn_of("ops.take_stock", at), count_everything, by=by, at=at)
