"""``manage.py up``: the whole platform in the foreground, on embedded servers."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops import embedded
from apps.ops.up import FIRST_PORT, up
from apps.rulebook.errors import RuleBroken


class Command(BaseCommand):
    help = "Start servers, build what is missing, serve the console, run jobs; Ctrl-C ends it."
    # The tables do not exist before it has made them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=FIRST_PORT,
            help="of the console, or the next free one (default: %(default)s)",
        )

        parser.add_argument(
            "--kept",
            default="",
            metavar="NAME",
            help="open the console on the database that a rehearsal kept under this name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = up(port=options["port"], kept=options["kept"])
        except embedded.StackTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        sys.exit(status)
