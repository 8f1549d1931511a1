"""Which turn of its own clock a job is in, so that a second beat finds the turn taken."""

from datetime import datetime

from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.core.actor import Actor
from apps.governance.jobs.receipts import fan_out, run_once, slot_of


def turn_of(job: str, at: datetime) -> str:
    """Name the turn of ``job`` at ``at``.

    A turn lasts half of the job's rhythm: two beats of one clock fall into one, and a beat that
    comes a moment early or late still has a turn of its own.
    """
    return slot_of(at, max(1, rhythm_of(job) // 2))


def ring_tenants(job: str, *, at: datetime) -> int:
    """Ring ``<job>_tenants`` for all active tenants; return how many messages that took.

    Every tenant leaves a receipt. Where there is no tenant the platform leaves one, because
    nothing to do is no reason to be missed.
    """
    slot = turn_of(job, at)
    messages = fan_out(f"{job}_tenants", slot=slot)
    if not messages:
        run_once(job, slot, _nobody, by=Actor.job(job), at=at)
    return messages


def _nobody(*, by: Actor, at: datetime) -> dict[str, int]:
    return {"tenants": 0}


def rhythm_of(job: str) -> int:
    """Return the seconds between two beats of ``job``: as an operator timed it, else as installed.

    A job that nobody beats has the rhythm of the slowest clock that would be noticed: a minute.
    """
    timed = PeriodicTask.objects.filter(
        task=job, enabled=True, interval__period=IntervalSchedule.SECONDS
    ).order_by("interval__every")
    every = timed.values_list("interval__every", flat=True).first()
    return int(every or settings.BEAT_DEFAULTS.get(job, {"every": 60})["every"])
