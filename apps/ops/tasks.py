"""Jobs of the platform itself."""

from datetime import timedelta
from typing import Any

from celery import shared_task

from apps.core import clock, ddl
from apps.governance.jobs import PublicTask

DAYS_AHEAD = 7


@shared_task(base=PublicTask, name="ops.make_partitions")
def make_partitions(**_newer: Any) -> None:
    """Make the coming week's partitions; runs on queue ``ddl``, which knows the owner."""
    today = clock.now().date()
    ddl.ensure_partitions(today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))
