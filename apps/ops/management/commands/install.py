"""Bring the database up to date: tables of every tenant, rights, catalog, schedule. Repeatable.

Run before the processes of a new version start, and after a backup was restored: a dump knows
no roles. It needs the database's owner (DATABASE_OWNER_URL) beside the log-in that serves.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from apps.core import clock, ddl
from apps.ops.schedule import install_schedule
from apps.ops.setup import build_database


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        build_database((), at=clock.now(), tell=self.stdout.write)
        self.stdout.write("Rights of every tenant")
        ddl.adopt(connection.settings_dict["NAME"])
        self.stdout.write("Schedule")
        created = install_schedule()
        self.stdout.write(f"Up to date; {created} new entries in the schedule.")
