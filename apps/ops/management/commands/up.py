"""``manage.py up``: the whole platform in the foreground, on embedded servers."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops import embedded
from apps.ops.history.span import PLAYED_DAYS
from apps.ops.outside import PACE
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
            "--days",
            type=int,
            default=PLAYED_DAYS,
            help="of the sandbox's past, played at the first start (default: %(default)s)",
        )
        parser.add_argument(
            "--pace",
            type=float,
            default=PACE,
            help="times faster that the sandbox lives after its first start",
        )
        parser.add_argument(
            "--kept",
            default="",
            metavar="NAME",
            help="open the console on the database that a rehearsal kept under this name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = up(
                port=options["port"],
                kept=options["kept"],
                days=options["days"],
                pace=options["pace"],
            )
        except embedded.StackTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        sys.exit(status)
