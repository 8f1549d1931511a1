"""The playing process of a rehearsal: one database, one recording, nothing outside."""

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import django
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def main() -> int:
    """Play the recording named by BEATVEGAS_RECORDING and write its report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", default="", help="path of the JSON report; - is stdout")
    options = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beatvegas.settings.rehearsal")
    django.setup()

    # Only after the set-up may anything that touches a model be imported.
    from apps.ops.rehearsal.feeds import register_feeds
    from apps.ops.rehearsal.player import play
    from apps.ops.rehearsal.recording import Recording
    from apps.ops.rehearsal.report import compile_report, show
    from apps.rulebook.errors import RuleBroken

    recording = Recording.from_json(os.environ["BEATVEGAS_RECORDING"])
    # The bar and, when standard output belongs to the JSON, the table go to standard error.
    console = Console(stderr=True)
    try:
        span = register_feeds(recording)
        with _bar(console) as bar:
            total = max((span.last - span.first).total_seconds(), 1.0)
            task = bar.add_task("Playing", total=total, instant=_short(span.first))

            def tell(at: datetime) -> None:
                done = min((at - span.first).total_seconds(), total)
                bar.update(task, completed=done, instant=_short(at))

            played = play(recording, first=span.first, tell=tell)
            bar.update(task, completed=total)
    except RuleBroken as refusal:
        console.print(f"[red]{refusal.sentence}[/] ({refusal.code})")
        return 1

    if played.had_finished:
        console.print("This recording has been played here to its end: nothing was done again.")
    report = compile_report(recording)
    _write(report, options.json)
    show(report, console if options.json == "-" else Console())
    return 0


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[instant]}"),
        TimeElapsedColumn(),
        console=console,
    )


def _short(at: datetime) -> str:
    return f"{at:%a %d %b %H:%M} UTC"


def _write(report: dict[str, Any], where: str) -> None:
    if not where:
        return
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
