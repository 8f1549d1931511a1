"""Exit 1 where beat has rung for nothing for ten minutes: its health check, as it has no port.

Beat writes down what it rang for every three minutes.
"""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max
from django_celery_beat.models import PeriodicTask

from apps.core import clock

SILENCE = timedelta(minutes=10)


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        rung = PeriodicTask.objects.filter(enabled=True).aggregate(last=Max("last_run_at"))
        last = rung["last"]
        if last is None or clock.now() - last > SILENCE:
            raise CommandError("Beat has rung for nothing for ten minutes.")
        self.stdout.write(f"Beat rang last at {last:%F %T} UTC.")
