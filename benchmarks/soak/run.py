"""Runs a soak: starts the sandbox and two workers, kills one of them again and again, looks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
import requests
from django.db import connection

from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.snapshots import stages
from benchmarks.soak.leagues import TITLES, install
from benchmarks.soak.verdict import Finding, findings

PROJECT: Final = Path(__file__).resolve().parents[2]
KEY: Final = "a-key-for-a-soak"
EPOCH: Final = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
BEGINS: Final = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)  # a Saturday: every league plays
_SAMPLE_EVERY_S: Final = 1.0
_AT_LEAST_S: Final = 0.7  # that a worker lives
_DONE_WITHIN_S: Final = 60.0


@dataclass
class Report:
    """What a soak did, what it cost, and whether it went well."""

    simulated: timedelta
    seconds: float
    kills: int
    findings: list[Finding]
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def went_well(self) -> bool:
        return all(finding.kept for finding in self.findings)


def soak(*, hours: float, speed: float, kill_every_s: float) -> Report:
    """Play so many hours on the database that Django is set up on.

    Raises:
        RuntimeError: a worker ended by itself.
    """
    by = Actor.system("soak")
    until = BEGINS + timedelta(hours=hours)
    with ExitStack() as running:
        sandbox, address = running.enter_context(_sandbox())
        install(address, KEY, by=by, at=BEGINS)
        steady = running.enter_context(_worker(address))
        memory: dict[str, list[int]] = {"the worker that lives": [], "the sandbox": []}
        kills, longest_commit_s = 0, 0.0
        # The world begins to move when somebody is there to see it.
        _wait_until_done(BEGINS, started=2 * len(TITLES))
        _set_clock(address, BEGINS, speed)
        began = time.monotonic()
        ends = began + (until - BEGINS).total_seconds() / speed
        while (now := time.monotonic()) < ends:
            with _worker(address) as doomed:
                dies = max(began + (kills + 1) * kill_every_s, time.monotonic() + _AT_LEAST_S)
                while (now := time.monotonic()) < min(ends, dies):
                    time.sleep(min(_SAMPLE_EVERY_S, max(min(ends, dies) - now, 0.01)))
                    for who, process in zip(memory, (steady, sandbox), strict=True):
                        memory[who].append(psutil.Process(process.pid).memory_info().rss)
                    longest_commit_s = max(longest_commit_s, _bare_commit())
                    for process in (steady, doomed):
                        if process.poll() is not None:
                            raise RuntimeError(f"A worker ended by itself: {process.returncode}.")
                doomed.send_signal(signal.SIGKILL)
                kills += 1
        _set_clock(address, until, 0.0)
        _wait_until_done(until)
        seconds = time.monotonic() - began
        steady.send_signal(signal.SIGKILL)
        steady.wait()
        found = findings(address, KEY, since=BEGINS, until=until, memory=dict(memory))
        cost = _cost(seconds) | {"longest bare commit, ms": longest_commit_s * 1_000}
        return Report(until - BEGINS, seconds, kills, found, cost)


def _bare_commit() -> float:
    """The seconds of a commit of nothing: a machine that is busy with something else shows here."""
    began = time.monotonic()
    execute("SELECT pg_logical_emit_message(true, 'soak', 'here')")
    return time.monotonic() - began


def _wait_until_done(at: datetime, *, started: int = 0) -> None:
    """Wait until the worker that lives has done what is due while the clock stands."""
    gives_up = time.monotonic() + _DONE_WITHIN_S
    while time.monotonic() < gives_up:
        counts = stages.due_and_done(at)
        done = all(counts[stage].due == counts[stage].done for stage in ("fetch", "read"))
        if done and counts["fetch"].done >= started:
            return
        time.sleep(0.2)


def _cost(seconds: float) -> dict[str, float]:
    [(polls, prices, written, quarantined)] = fetch_all(
        "SELECT count(*), sum(prices), sum(written), sum(quarantined_total) FROM payload_reading"
    )
    [(stored, size)] = fetch_all(
        "SELECT (SELECT count(*) FROM raw_payload), pg_database_size(current_database())"
    )
    codes = fetch_all(
        "SELECT told.code, sum(told.prices::int) FROM payload_reading,"
        " jsonb_each_text(quarantined) AS told (code, prices) GROUP BY told.code ORDER BY 2 DESC"
    )
    [(credits,)] = fetch_all("SELECT coalesce(sum(credits_cost), 0) FROM provider_poll")
    return {
        "bodies read": polls,
        "different bodies": stored,
        "prices": float(prices or 0),
        "rows written": float(written or 0),
        "quarantined": float(quarantined or 0),
        **{f"  {code}": float(prices) for code, prices in codes},
        "credits": float(credits),
        "database, MB": size / 1e6,
        "seconds": seconds,
    }


@contextmanager
def _sandbox() -> Iterator[tuple[subprocess.Popen[str], str]]:
    options = {
        "port": "0",
        "epoch": EPOCH.isoformat(),
        "key": KEY,
        "leagues": ",".join(TITLES),
        "calls-a-second": "10000",
        "credits": "1000000000",
    }
    command = [sys.executable, "-m", "sandbox", *(f"--{k}={v}" for k, v in options.items())]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = process.stdout.readline().partition(": ")[2].strip()
            address = said.removesuffix("/sandbox/")
            _set_clock(address, BEGINS, 0.0)
            yield process, address
        finally:
            process.terminate()


@contextmanager
def _worker(address: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "benchmarks.soak.worker", address, KEY]
    with subprocess.Popen(
        command, cwd=PROJECT, env=_environment(), stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            process.stdout.readline()  # ready: whoever is killed was at work
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def _environment() -> dict[str, str]:
    """The environment of a process that works on the database that this one works on."""
    name = connection.settings_dict["NAME"]
    urls = {key: os.environ[key] for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    return {
        **os.environ,
        **{key: f"{url.rpartition('/')[0]}/{name}" for key, url in urls.items()},
    }


def _set_clock(address: str, at: datetime, speed: float) -> None:
    body = {"at": at.isoformat(), "speed": speed}
    requests.put(f"{address}/sandbox/clock", json=body, timeout=10).raise_for_status()
