"""The beat's default entries, installed so that operators may retime them."""

from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.governance.jobs import heartbeats


def install_schedule() -> int:
    """Create the default entries that are missing; what an operator retimed stays as it is.

    Done at every start. From then on the watch over the jobs is expected to look. Returns how
    many entries were created.
    """
    created = 0
    for task, rhythm in settings.BEAT_DEFAULTS.items():
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=rhythm["every"], period=IntervalSchedule.SECONDS
        )
        _, new = PeriodicTask.objects.get_or_create(
            name=task, defaults={"task": task, "interval": interval}
        )
        created += new
    heartbeats.arm()
    return created
