"""``python -m benchmarks [P5 P6 ...]``: run, print the table, exit 1 where a target is missed."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harness import CannotRun, Row, by_itself

EXIT_MISSED = 1


def discover() -> dict[str, str]:
    """Map ``P6`` to the module that measures it, in the order of the numbers."""
    files = sorted(Path(__file__).parent.glob("p[0-9][0-9]_*.py"))
    names: dict[str, str] = {}
    for file in files:
        name = f"P{int(file.stem[1:3])}"
        if name in names:
            raise SystemExit(f"{name} is measured by two files: {names[name]} and {file.stem}.")
        names[name] = file.stem
    return names


def chosen(asked: list[str], known: dict[str, str]) -> list[str]:
    """The asked rows in the order of the numbers; a row nobody measures is an error."""
    wanted = {name.upper() for name in asked}
    unknown = sorted(wanted - known.keys())
    if unknown:
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. Known: {', '.join(known)}.")
    return [name for name in known if not wanted or name in wanted]


def quantity(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit != "s":
        return f"{value:,.4g} {unit}"
    if value < 1e-3:
        return f"{value * 1e6:.1f} us"
    return f"{value * 1e3:.2f} ms" if value < 1 else f"{value:.2f} s"


def add_lines(table: Table, name: str, row: Row) -> None:
    """One line per target; the medians stand on the first."""
    shown = [name, row.label, *(quantity(v, row.unit) for v in (row.ours, row.limit, row.peer))]
    for target in row.targets:
        verdict = "[green]met[/]" if target.met else "[bold red]MISSED[/]"
        table.add_row(*shown, target.measured, target.text, verdict)
        shown = [""] * len(shown)


def main(asked: list[str]) -> int:
    known = discover()
    table = Table(title="ours, the limit and the peer, side by side (medians)")
    for column in ("row", "work"):
        table.add_column(column)
    for column in ("ours", "limit", "peer", "ratio"):
        table.add_column(column, justify="right")
    for column in ("target", "verdict"):
        table.add_column(column)

    missed = 0
    for name in chosen(asked, known):
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            rows = by_itself(known[name])
        except CannotRun as reason:
            table.add_row(name, f"[yellow]not run: {reason}[/]")
            continue
        for row in rows:
            add_lines(table, name, row)
            missed += sum(not target.met for target in row.targets)

    console = Console()
    # A pipe has no width of its own, and a table folded to 80 columns cannot be read.
    console = console if console.is_terminal else Console(width=150)
    console.print(table)
    if missed:
        console.print(f"{missed} target(s) missed.")
    return EXIT_MISSED if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="P5", help="which rows to run; all by default")
    sys.exit(main(parser.parse_args().rows))
