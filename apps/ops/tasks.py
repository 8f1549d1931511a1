"""Jobs of the platform itself."""

from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, run_once, turn_of
from apps.ops.actions import archive_days as put_away
from apps.ops.actions import drop_days as let_go
from apps.ops.ahead import make_week
from apps.ops.stock import take_stock as count_everything

# These three run on queue ``ddl``, whose worker knows the owner.


@shared_task(base=PublicTask, name="ops.make_partitions")
def make_partitions(**_newer: Any) -> None:
    """Make the coming week's partitions, and tell of rows that came without one."""
    at, by = clock.now(), Actor.job("ops.make_partitions")
    run_once("ops.make_partitions", turn_of("ops.make_partitions", at), make_week, by=by, at=at)


@shared_task(base=PublicTask, name="ops.archive_days")
def archive_days(**_newer: Any) -> None:
    """Put days away that are over."""
    at, by = clock.now(), Actor.job("ops.archive_days")
    run_once("ops.archive_days", turn_of("ops.archive_days", at), put_away, by=by, at=at)


@shared_task(base=PublicTask, name="ops.drop_days")
def drop_days(**_newer: Any) -> None:
    """Drop days whose time in the database is over."""
    at, by = clock.now(), Actor.job("ops.drop_days")
    run_once("ops.drop_days", turn_of("ops.drop_days", at), let_go, by=by, at=at)


@shared_task(base=PublicTask, name="ops.take_stock")
def take_stock(**_newer: Any) -> None:
    """Count what the stages and the tenants have to show, for the overview and the metrics."""
    at, by = clock.now(), Actor.job("ops.take_stock")
    run_once("ops.take_stock", turn_of("ops.take_stock", at), count_everything, by=by, at=at)
