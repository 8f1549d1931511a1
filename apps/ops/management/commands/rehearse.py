"""Play recorded weeks of odds through the real stages and report what came out."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from apps.core import clock, ddl
from apps.ops.rehearsal.child import run_walled
from apps.ops.rehearsal.recording import PROFILES, Recording, instant
from apps.ops.rehearsal.scratch import kept_database, scratch_database
from apps.rulebook.errors import RuleBroken


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--changelog", nargs="+", default=[], metavar="FILE", help="change logs of polls"
        )
        parser.add_argument(
            "--bodies",
            nargs="+",
            default=[],
            metavar="FOLDER",
            help="folders of recorded bodies; a file is named after its capture time",
        )
        parser.add_argument(
            "--events",
            default="",
            metavar="FILE",
            help="who plays and when, for the events of the change logs",
        )
        parser.add_argument(
            "--history",
            nargs="+",
            default=[],
            metavar="FILE",
            help="past results, which warm up the ratings",
        )
        parser.add_argument(
            "--results",
            nargs="+",
            default=[],
            metavar="FILE",
            help="final scores and closing lines",
        )
        parser.add_argument("--tenant", default="acme", help="the tenant whose picks are made")
        parser.add_argument(
            "--profile",
            choices=PROFILES,
            default="measured",
            help="how far the model is trusted against the market",
        )
        parser.add_argument("--from", dest="start", default="", metavar="T", help="ISO instant")
        parser.add_argument("--to", dest="end", default="", metavar="T", help="ISO instant")
        parser.add_argument(
            "--keep",
            default="",
            metavar="NAME",
            help="keep the database under this name, or go on playing on it",
        )
        parser.add_argument("--drop", default="", metavar="NAME", help="drop a kept database")
        parser.add_argument(
            "--json",
            default="",
            metavar="PATH",
            help="write the report as JSON; - is standard output",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["drop"]:
                ddl.drop_database(kept_database(options["drop"]))
                self.stdout.write("Dropped.")
                return
            self._rehearse(options)
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal

    def _rehearse(self, options: dict[str, Any]) -> None:
        recording = Recording(
            changelogs=tuple(map(_absolute, options["changelog"])),
            bodies=tuple(map(_absolute, options["bodies"])),
            events=_absolute(options["events"]) if options["events"] else "",
            histories=tuple(map(_absolute, options["history"])),
            results=tuple(map(_absolute, options["results"])),
            tenant=options["tenant"],
            profile=options["profile"],
            start=options["start"],
            end=options["end"],
        )
        for text in (recording.start, recording.end):
            if text:
                instant(text)
        recording.require_usable()
        # The report may own standard output; what a person watches goes to standard error.
        console = Console(stderr=True)
        with (
            console.status("Preparing a database") as status,
            scratch_database(
                keep=options["keep"], at=clock.now(), tell=lambda step: status.update(step)
            ) as scratch,
        ):
            status.stop()
            code = run_walled(
                scratch,
                "apps.ops.rehearsal",
                *("--json", options["json"]),
                told={"BEATVEGAS_RECORDING": recording.to_json()},
            )
        if code:
            raise CommandError("The rehearsal did not reach its end.", returncode=code)
        if options["keep"]:
            console.print(
                f"Kept as [bold]{options['keep']}[/]."
                f" Look at it in the console: make up KEPT={options['keep']}"
            )


def _absolute(name: str) -> str:
    return str(Path(name).resolve())
