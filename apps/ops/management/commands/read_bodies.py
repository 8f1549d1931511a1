"""Read a folder of recorded bodies by the real stages and account for every price in them."""

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from apps.core import clock
from apps.ops.read_bodies.folder import bodies_in
from apps.ops.read_bodies.plan import laid_out
from apps.ops.rehearsal.child import run_walled
from apps.ops.rehearsal.recording import Recording
from apps.ops.rehearsal.scratch import scratch_database
from apps.rulebook.errors import RuleBroken


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            type=Path,
            help="where the bodies lie (*.json, also in folders inside it); each is taken when"
            " its name (20251012T151858Z.json), a manifest.json or the newest update in it says",
        )
        parser.add_argument(
            "--json",
            default="",
            metavar="PATH",
            help="write the counts as JSON; - is standard output",
        )

    def handle(self, *args: Any, folder: Path, json: str, **options: Any) -> None:
        try:
            self._read(folder, json)
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal

    def _read(self, folder: Path, report: str) -> None:
        console = Console(stderr=True)
        bodies = bodies_in(folder)
        with (
            TemporaryDirectory() as root,
            console.status("Preparing a database") as status,
            scratch_database(
                keep="", at=clock.now(), tell=lambda step: status.update(step)
            ) as scratch,
        ):
            plan = laid_out(bodies, Path(root))
            written = Path(root, "plan.json")
            written.write_text(plan.to_json(), encoding="utf-8")
            status.update(f"Reading {len(bodies)} bodies")
            recording = Recording(
                changelogs=(),
                bodies=tuple(feed.folder for feed in plan.feeds),
                events="",
                histories=(),
                results=(),
                tenant="",
            )
            code = run_walled(
                scratch,
                "apps.ops.read_bodies",
                str(written),
                *("--json", str(Path(report).resolve()) if report not in {"", "-"} else report),
                told={"BEATVEGAS_RECORDING": recording.to_json()},
            )
        if code:
            raise CommandError("The bodies were not read to their end.", returncode=code)
