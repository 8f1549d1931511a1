"""Make the last days again from the stored answers and compare them with what was live."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from apps.core import clock
from apps.ops.reconstruction.report import show, write
from apps.ops.reconstruction.whole import NotReplayed, reconstruct
from apps.ops.reconstruction.window import WARM_UP
from apps.ops.rehearsal.recording import instant
from apps.rulebook.errors import RuleBroken


class Command(BaseCommand):
    help = f"{__doc__} Ends with status 1 where something differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how many are compared")
        parser.add_argument(
            "--warm-up",
            type=int,
            default=WARM_UP,
            metavar="DAYS",
            help="how many days before them are played to get there",
        )
        parser.add_argument("--league", default="", help="its code: nfl; else all of them")
        parser.add_argument(
            "--to",
            dest="last",
            default="",
            metavar="T",
            help="ISO instant at which they end; else the newest, on the last full hour",
        )
        parser.add_argument(
            "--json",
            default="",
            metavar="PATH",
            help="write the report as JSON; - is standard output",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        where = options["json"]
        # The report may own standard output; what a person watches goes to standard error.
        console = Console(stderr=True)
        try:
            with console.status("Looking at what was stored") as status:
                report = reconstruct(
                    days=options["days"],
                    warm_up=options["warm_up"],
                    league=options["league"].upper(),
                    last=instant(options["last"]) if options["last"] else None,
                    at=clock.now(),
                    tell=status.update,
                    hush=status.stop,
                )
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        except NotReplayed as failure:
            raise CommandError(str(failure)) from failure
        write(report, str(Path(where).resolve()) if where not in {"", "-"} else where)
        show(report, console if where == "-" else Console())
        if not report["equal"]:
            raise SystemExit(1)
