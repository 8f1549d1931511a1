"""What a reconstruction came to, as JSON and as a table. Nothing of this machine enters it."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apps.core.canonical import fingerprint
from apps.ops.reconstruction.differences import Causes, Difference, differences
from apps.ops.reconstruction.said import CLOSE, GRADE, PICK, RECEIPTS, Facts
from apps.ops.reconstruction.window import Window

COMPARED = {PICK: "picks", CLOSE: "closes", GRADE: "grades"}
SHOWN = 20  # differences; the JSON has them all
LISTED = 200  # receipts that differ, the earliest; what follows differs because these do


def compile_report(
    window: Window,
    *,
    bounded: bool,
    league: str,
    tenants: Sequence[str],
    replayed: Mapping[str, Any],
    live: tuple[Facts, Facts],
    again: tuple[Facts, Facts],
) -> dict[str, Any]:
    """Compare outcomes and receipts of both sides (pairs of them, in that order)."""
    outcomes = [
        difference
        for difference in differences(live[0], again[0])
        if not league or difference.said.league == league
    ]
    receipts = differences(live[1], again[1])
    causes = Causes(receipts)
    return {
        "from": window.first.isoformat(),
        "to": window.last.isoformat(),
        "warmed_up_from": window.begins.isoformat() if bounded else None,
        "league": league or None,
        "tenants": list(tenants),
        "replayed": dict(sorted(replayed["steps"].items())),
        "refused": replayed["refused"],
        "equal": not outcomes,
        "compared": {
            name: _counted(what, live[0], again[0], outcomes, league)
            for what, name in COMPARED.items()
        },
        "receipts": {what: _counted(what, live[1], again[1], receipts, "") for what in RECEIPTS},
        "receipts_differing": [receipt.to_json() for receipt in receipts[:LISTED]],
        "differences": [
            {**difference.to_json(), "first_cause": causes.of(difference)}
            for difference in outcomes
        ],
        "sha256": fingerprint(
            [
                [said.what, said.tenant, said.key, said.at, said.says]
                for _key, said in sorted(again[0].items())
                if not league or said.league == league
            ]
        ),
    }


def _counted(
    what: str, live: Facts, again: Facts, found: Sequence[Difference], league: str
) -> dict[str, int]:
    def count(facts: Facts) -> int:
        return sum(
            1 for said in facts.values() if said.what == what and league in ("", said.league)
        )

    how = Counter(each.to_json()["is"] for each in found if each.said.what == what)
    rows = count(live)
    return {
        "live": rows,
        "reconstructed": count(again),
        "equal": rows - how["different"] - how["missing"],
        "different": how["different"],
        "missing": how["missing"],
        "extra": how["extra"],
    }


def write(report: Mapping[str, Any], where: str) -> None:
    """Write the report to a file, or to standard output for ``-``; without a place nowhere."""
    if not where:
        return
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, encoding="utf-8")


def show(report: Mapping[str, Any], console: Console) -> None:
    """Say it to a person: the counts, and each difference with what it came from."""
    title = f"Made again, {report['from'][:16]} to {report['to'][:16]} UTC"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    columns = ("live", "reconstructed", "equal", "different", "missing", "extra")
    for name in columns:
        table.add_column(name, justify="right")
    for part in ("receipts", "compared"):
        for name, counts in report[part].items():
            table.add_row(name, *(f"{counts[column]:,}" for column in columns))
        table.add_section()
    console.print(table)
    for refused in report["refused"][:SHOWN]:
        console.print(f"{refused['kind']} at {refused['at']} was refused: {refused['sentence']}")
    for found in report["differences"][:SHOWN]:
        cause = found["first_cause"]
        came = "itself alone" if cause["what"] == "itself" else _named(cause)
        console.print(f"{_named(found)}; first cause: {came}", soft_wrap=True)
    if len(report["differences"]) > SHOWN:
        console.print(f"... and {len(report['differences']) - SHOWN:,} more: --json has them all.")
    if report["equal"]:
        console.print("Every pick, close and grade is as it was live.")


def _named(found: Mapping[str, Any]) -> str:
    fields = ", ".join(found["fields"])
    whose = f" of {found['tenant']}" if found["tenant"] else ""
    what = f"{found['what']} {found['key']}{whose} at {found['at'][:19]} is {found['is']}"
    return f"{what} ({fields})" if fields else what
