"""What became of every price of every body: as JSON, and as a table."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

COUNTS = ("prices", "written", "unchanged", "quarantined")


def write(bodies: Mapping[str, Mapping[str, Any]], where: str) -> None:
    """Write the report to a file, or to standard output for ``-``; without a place nowhere."""
    if not where:
        return
    text = json.dumps({"bodies": bodies}, indent=2, ensure_ascii=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, encoding="utf-8")


def show(bodies: Mapping[str, Mapping[str, Any]], console: Console) -> None:
    table = Table(title="Bodies", title_justify="left")
    table.add_column("body", overflow="fold")
    for name in COUNTS:
        table.add_column(name, justify="right")
    table.add_column("reasons", overflow="fold")
    for name, told in bodies.items():
        reasons = ", ".join(
            f"{code} {count:,}" if count else code for code, count in told["reasons"].items()
        )
        said = f"nothing could be read: {reasons}" if told["refused"] else reasons
        table.add_row(name, *(f"{told[column]:,}" for column in COUNTS), said)
    totals = (sum(told[column] for told in bodies.values()) for column in COUNTS)
    table.add_section()
    table.add_row(f"{len(bodies)} bodies", *(f"{total:,}" for total in totals), "")
    console.print(table)
