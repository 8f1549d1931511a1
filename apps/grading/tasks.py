"""Jobs about grades. A job reads the clock, names itself, and calls one action."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance import jobs
from apps.governance.jobs import PublicTask
from apps.grading import actions
from apps.grading.verdicts import Rhythms

JOB = "grading.grade"


@shared_task(base=PublicTask, name=JOB)
def grade(**_newer: Any) -> None:
    """Ring for every tenant: a hundred to a message."""
    jobs.ring_tenants(JOB, at=clock.now())


@shared_task(base=PublicTask, name="grading.grade_tenants")
def grade_tenants(*, slot: str, schemas: Sequence[str], **_newer: Any) -> None:
    """Grade for each tenant in turn: one scope, one transaction, one receipt each."""
    at = clock.now()
    grade_due = partial(actions.grade_due, rhythms=Rhythms(at))
    jobs.for_each_tenant(JOB, slot, schemas, grade_due, by=Actor.job(JOB), at=at)
