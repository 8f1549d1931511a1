"""Bring the database up to date: tables of every tenant, rights, catalog, schedule. Repeatable.

Run before the processes of a new version start, and after a backup was restored: a dump knows
no roles. It needs the database's owner (DATABASE_OWNER_URL) beside the log-in that serves.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from apps.core import clock, ddl
from apps.ops.sandbox_league import install_real, install_sandbox
from apps.ops.schedule import install_schedule
from apps.ops.setup import INSTALLER, build_database


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--feeds",
            choices=["real", "sandbox"],
            help="have the feeds of The Odds API's real leagues, or the made-up league's",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        build_database((), at=clock.now(), tell=self.stdout.write)
        if options["feeds"]:
            self.stdout.write("Feeds")
            install = install_real if options["feeds"] == "real" else install_sandbox
            install(by=INSTALLER, at=clock.now())
        self.stdout.write("Rights of every tenant")
        ddl.adopt(connection.settings_dict["NAME"])
        self.stdout.write("Schedule")
        created = install_schedule()
        self.stdout.write(f"Up to date; {created} new entries in the schedule.")
