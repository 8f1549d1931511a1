"""The reading process: one database, the laid out bodies, nothing outside."""

import argparse
import os
import sys
from pathlib import Path

import django
from rich.console import Console


def main() -> int:
    """Read what the plan names and write its report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("plan", type=Path)
    arguments.add_argument("--json", default="", help="path of the JSON report; - is stdout")
    options = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beatvegas.settings.rehearsal")
    django.setup()

    # Only after the set-up may anything that touches a model be imported.
    from apps.ops.read_bodies.plan import Plan
    from apps.ops.read_bodies.reading import make_room, read_all
    from apps.ops.read_bodies.report import show, write
    from apps.rulebook.errors import RuleBroken

    try:
        plan = Plan.from_json(options.plan.read_text(encoding="utf-8"))
        make_room(plan)
        bodies = read_all(plan)
    except RuleBroken as refusal:
        Console(stderr=True).print(f"[red]{refusal.sentence}[/] ({refusal.code})")
        return 1
    write(bodies, options.json)
    # Where standard output belongs to the JSON, what a person reads goes to standard error.
    show(bodies, Console(stderr=options.json == "-"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
