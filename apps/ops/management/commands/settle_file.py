"""``manage.py settle_file FILE``: settle every row of a file of past games and count."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.ops.settle_file import FileCounts, FileUnreadable, settle_file

COLUMNS = [
    "rows",
    "final",
    "home_win",
    "tie",
    "away_win",
    "over",
    "total_push",
    "under",
    "home_cover",
    "spread_push",
    "away_cover",
]
HALVES = ["half_over", "half_under", "half_home_cover", "half_away_cover"]


class Command(BaseCommand):
    help = "Settle home win, spread and total of every row of a file of past games."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV with scores and closing lines.")
        parser.add_argument(
            "--json", metavar="PATH", help="Write the counts as JSON too; - is standard output."
        )

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            counts = settle_file(file)
        except FileUnreadable as error:
            raise CommandError(str(error)) from error
        target = options["json"]
        text = json.dumps(counts.as_dict(), sort_keys=True)
        if target == "-":
            self.stdout.write(text)
            return
        if target:
            Path(target).write_text(text + "\n", encoding="utf-8")
        self.stdout.write(table(counts))


def table(counts: FileCounts) -> str:
    values = counts.as_dict()
    shown = COLUMNS + [half for half in HALVES if values[half]]
    lines = [counts.file]
    lines += [f"  {name:<16} {'' if values[name] is None else values[name]:>8}" for name in shown]
    suspect = "league unknown" if counts.suspect is None else counts.suspect
    lines.append(f"  {'suspect':<16} {suspect:>8}")
    lines += [f"  not settled, {code}: {n}" for code, n in sorted(counts.unsettled.items())]
    lines += [f"  missing: {what}" for what in counts.missing]
    return "\n".join(lines)
