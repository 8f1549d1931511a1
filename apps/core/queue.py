"""The one door to Celery: a job is rung for after the commit, by name, with its tenant."""

from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction

from apps.core.tenancy import current_schema


def enqueue_on_commit(job: str, **kwargs: Any) -> None:
    """Ask for ``job`` once the surrounding transaction has committed.

    By name, so that tasks may import actions and never the reverse. The broker may lose it, or
    be away: work that must happen is a row, and a sweep finds the row. So a bell that cannot be
    rung is logged and stops nothing. In a rehearsal no bell hangs: the player calls the stages.
    """
    if not settings.DOORBELLS:
        return
    headers = {"tenant_schema": current_schema()}

    def ring() -> None:
        current_app.send_task(job, kwargs=kwargs, headers=headers)

    transaction.on_commit(ring, robust=True)
