"""The replaying process: one scratch database, a file of steps, nothing outside."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import django
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def main() -> int:
    """Take the steps of a file and write down how many there were of each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("steps", type=Path)
    arguments.add_argument("total", type=int)
    arguments.add_argument("replayed", type=Path, help="where what was done is written")
    options = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beatvegas.settings.rehearsal")
    django.setup()

    # Only after the set-up may anything that touches a model be imported.
    from apps.ops.reconstruction.player import replay
    from apps.ops.reconstruction.steps import read

    columns = (
        TextColumn("[bold]Making again"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[instant]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=max(options.total, 1), instant="")

        def tell(at: datetime) -> None:
            bar.update(task, advance=1, instant=f"{at:%a %d %b %H:%M} UTC")

        done = replay(read(options.steps), tell=tell)
    options.replayed.write_text(json.dumps(asdict(done)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
