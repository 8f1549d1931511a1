"""P18: what the whole stack costs a laptop: from nothing to a page, to a pick, and then at rest.

One `manage.py up` in a home of its own, as a new user runs it, packages installed: every process
is counted, the servers too. Nothing else does this work, so there is no peer; the promises are
the ones that a person feels.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from benchmarks.harness import CannotRun, Row, Target

PROJECT = Path(__file__).resolve().parents[1]
FIRST_START_WITHIN_S, SECOND_START_WITHIN_S = 180.0, 30.0
MEMORY_UP_TO_MB = 1_100.0
AT_REST_UP_TO = 5.0  # per cent of one core
WATCHED_S = 60.0
GIVEN_UP_AFTER_S = 900.0
EVERYTHING = "Everything runs"
FIRST_PICK = "SELECT 1 FROM acme.pick WHERE published_at IS NOT NULL LIMIT 1"


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="beatvegas bench ") as folder:
        home = Path(folder)
        with brought_up(home) as moments:
            first = moments
            memory = megabytes(home)
            share = at_rest(home)
        with brought_up(home) as second:
            pass
    return [
        within("first start until the console answers", first["console"], FIRST_START_WITHIN_S),
        within("first start until a pick is published", first["pick"], FIRST_START_WITHIN_S),
        within("first start until everything runs", first["all"], FIRST_START_WITHIN_S),
        within("second start until everything runs", second["all"], SECOND_START_WITHIN_S),
        Row(
            "memory of all processes (PSS)",
            ours=memory,
            unit="MB",
            targets=(up_to(MEMORY_UP_TO_MB, memory, "MB"),),
        ),
        Row(
            "CPU while the sandbox plays and nobody looks",
            ours=share,
            unit="% of a core",
            targets=(up_to(AT_REST_UP_TO, share, "% of a core"),),
        ),
    ]


def within(label: str, seconds: float, bound: float) -> Row:
    return Row(label, ours=seconds, targets=(up_to(bound, seconds, "s"),))


def up_to(bound: float, measured: float, unit: str) -> Target:
    return Target(f"<= {bound:g} {unit}", f"{measured:.3g} {unit}", measured <= bound)


@contextmanager
def brought_up(home: Path) -> Iterator[dict[str, float]]:
    """Run the stack for the block; gives the seconds until each thing was there."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DATABASE_", "REDIS_", "ODDS_API_", "DJANGO_"))
    }
    output = home / "output.txt"
    with output.open("wb") as file:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=PROJECT,
            env={**environment, "BEATVEGAS_HOME": str(home)},
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield watched(process, home, output, started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def watched(
    process: subprocess.Popen[bytes], home: Path, output: Path, started: float
) -> dict[str, float]:
    moments: dict[str, float] = {}
    while EVERYTHING not in output.read_text() or "pick" not in moments:
        passed = time.monotonic() - started
        if process.poll() is not None or passed > GIVEN_UP_AFTER_S:
            raise CannotRun(f"the stack did not come up: {output.read_text()[-500:]}")
        if "console" not in moments and "The console is up" in output.read_text():
            moments["console"] = passed
        if "all" not in moments and EVERYTHING in output.read_text():
            moments["all"] = passed
        if "console" in moments and "pick" not in moments and has_pick(home):
            moments["pick"] = passed
        time.sleep(0.2)
    moments.setdefault("all", time.monotonic() - started)
    return moments


def has_pick(home: Path) -> bool:
    from apps.ops import embedded

    where = embedded.addresses("dev", project=home)
    with suppress(psycopg.Error), psycopg.connect(where.owner_url) as connection:
        return connection.execute(FIRST_PICK).fetchone() is not None
    return False


def members(home: Path) -> list[psutil.Process]:
    """Every process of this stack: by its environment, or by the folder that it stands in."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            inside = Path(process.cwd()).is_relative_to(home)
            if inside or process.environ().get("BEATVEGAS_HOME") == str(home):
                found.append(process)
    return found


def megabytes(home: Path) -> float:
    total = 0
    for process in members(home):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 1e6


def at_rest(home: Path) -> float:
    """Per cent of one core over a minute in which nobody looks; who ends meanwhile is not seen."""
    before = spent(home)
    time.sleep(WATCHED_S)
    after = spent(home)
    used = sum(after[pid] - before.get(pid, 0.0) for pid in after)
    return 100 * used / WATCHED_S


def spent(home: Path) -> dict[int, float]:
    seconds = {}
    for process in members(home):
        with suppress(psutil.Error):
            times = process.cpu_times()
            seconds[process.pid] = times.user + times.system
    return seconds
