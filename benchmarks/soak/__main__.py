"""``python -m benchmarks.soak``: a day of eight leagues in 24 minutes; exit 1 if it went badly."""

import argparse
import signal
import sys

from rich.console import Console
from rich.table import Table


def main(asked: argparse.Namespace) -> int:
    from benchmarks.database import scratch_database

    # Told to stop, it still ends its workers and drops its database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scratch_database()
    from benchmarks.soak.run import soak

    report = soak(hours=asked.hours, speed=asked.speed, kill_every_s=asked.kill_every)
    table = Table(
        title=f"{report.simulated} in {report.seconds:.0f} s, {report.kills} workers killed"
    )
    for column in ("promise", "seen", "verdict"):
        table.add_column(column)
    for finding in report.findings:
        verdict = "[green]kept[/]" if finding.kept else "[bold red]BROKEN[/]"
        table.add_row(finding.promise, finding.seen, verdict)
    for what, amount in report.cost.items():
        table.add_row(what, f"{amount:,.0f}", "")
    console = Console()
    console = console if console.is_terminal else Console(width=120)
    console.print(table)
    return 0 if report.went_well else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of the sandbox's time")
    parser.add_argument("--speed", type=float, default=60.0, help="of its seconds in one of ours")
    parser.add_argument("--kill-every", type=float, default=60.0, help="seconds of ours")
    sys.exit(main(parser.parse_args()))
