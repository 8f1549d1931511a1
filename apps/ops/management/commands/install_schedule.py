"""Install the beat's default entries; entries that exist keep their rhythm."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.ops.schedule import install_schedule


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{install_schedule()} entries installed.")
