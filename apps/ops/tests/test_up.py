"""`manage.py up` as a person meets it: it starts, answers, survives kills, ends and goes on."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from apps.core import clock
from apps.ops import embedded
from apps.ops.embedded.place import free_port
from apps.ops.tests.stacks import DOWN_WITHIN_S, environment, starting
from apps.ops.up import claim_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

UP_WITHIN_S = 400.0
RUNS = ("Everything runs", "The console alone runs")
# A sandbox that lives fast, and of its past only what ratings learn from.
IN_A_HURRY = ("--days", "0", "--pace", "20")
SERVICES = ("sandbox", "web", "worker", "ddl", "beat")
STAGES = (
    "snapshots.fetch",
    "snapshots.read",
    "simulations.evaluate",
    "picks.propose",
    "picks.close",
    "picks.watch",
    "grading.grade",
)


@pytest.fixture
def home(brief_home: Any) -> Iterator[Path]:
    """A home of its own for the servers, so that a developer's `make up` is left alone."""
    with brief_home("a home") as folder:
        yield folder
        embedded.stop("dev", project=folder)


@contextmanager
def brought_up(home: Path, port: int, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A stack that runs until the block ends; gives the process and what it printed."""
    with starting(home, port, *more) as running:
        yield running.process, running.until(*RUNS, within=UP_WITHIN_S)


def pids(home: Path) -> dict[str, int]:
    """The services as they are written down; one that has just been killed may be gone."""
    recorded = json.loads((home / ".stack" / "dev" / "services.json").read_text())
    return {entry["name"]: entry["pid"] for entry in recorded}


def services(home: Path) -> dict[str, psutil.Process]:
    return {name: psutil.Process(pid) for name, pid in pids(home).items()}


def remains(home: Path) -> list[str]:
    """Processes that belong to this home: by their folder or by their environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            inside = Path(process.cwd()).is_relative_to(home)
            if inside or process.environ().get("BEATVEGAS_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
    return found


def page(port: int, host: str = "localhost") -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/admin/login/", headers={"Host": f"{host}:{port}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read().decode()


def who_knows_the_owner(home: Path) -> list[str]:
    """What tells the services apart that were given the owner's connection."""
    return [name for name, each in services(home).items() if "DATABASE_OWNER_URL" in each.environ()]


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def tenants(home: Path) -> list[tuple[str, str]]:
    where = embedded.addresses("dev", project=home)
    with closing(psycopg.connect(where.database_url)) as connection:
        rows = connection.execute(
            "SELECT schema_name, type FROM tenant WHERE type IN ('CONSUMER', 'AFFILIATE', 'B2B')"
            " ORDER BY schema_name"
        ).fetchall()
    return [(schema, kind) for schema, kind in rows]


def asked(home: Path, question: str) -> list[tuple[Any, ...]]:
    where = embedded.addresses("dev", project=home)
    with closing(psycopg.connect(where.owner_url)) as connection:
        return connection.execute(question).fetchall()


def kill_and_wait(home: Path, name: str) -> None:
    """Kill a service or server and return once another process stands in its place."""

    def pid() -> int | None:
        servers = embedded.status("dev", project=home)
        return servers[name] if name in servers else pids(home).get(name)

    killed = pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: pid() not in (None, killed)), f"{name} did not come back"


def works_since(home: Path, instant: datetime) -> bool:
    """Whether every stage has done a whole turn that began after an instant."""
    with suppress(psycopg.OperationalError):
        rows = asked(
            home,
            "SELECT DISTINCT job FROM job_run WHERE outcome = 'DONE'"
            f" AND started_at > '{instant.isoformat()}'",
        )
        return {job for (job,) in rows} >= set(STAGES)
    return False


def published(home: Path) -> int:
    return sum(
        asked(home, f"SELECT count(*) FROM {schema}.pick WHERE published_at IS NOT NULL")[0][0]
        for schema, _ in tenants(home)
    )


def reckoned(home: Path) -> dict[str, Any]:
    """Have the database looked at while nothing runs on it."""
    with embedded.hold("dev", project=home) as where:
        told = subprocess.run(
            [sys.executable, "-m", "apps.ops.tests.reckoning"],
            cwd=embedded.PROJECT,
            env={
                **environment(home),
                "DATABASE_URL": where.database_url,
                "REDIS_URL": where.redis_url,
                "DJANGO_SETTINGS_MODULE": "beatvegas.settings.history",
            },
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


class TestUp:
    def test_brings_everything_up_survives_kills_goes_on_and_ends_clean(self, home):
        port = free_port()
        with brought_up(home, port, *IN_A_HURRY) as (process, first_words):
            assert page(port)[0] == 200
            assert "password" in page(port)[1].lower()
            assert page(port, "acme.localhost")[0] == 200
            assert tenants(home) == [
                ("acme", "CONSUMER"),
                ("harbor", "B2B"),
                ("northstar", "AFFILIATE"),
            ]
            assert tuple(pids(home)) == SERVICES
            assert who_knows_the_owner(home) == ["ddl"]
            assert until(lambda: published(home) > 0)

            for name in (*SERVICES, "Valkey", "PostgreSQL"):
                kill_and_wait(home, name)
            revived_at = clock.now()
            assert until(lambda: works_since(home, revived_at))
            assert until(lambda: page(port)[0] == 200)

            process.kill()
            process.wait()
            orphans = list(services(home).values())
            assert all(orphan.is_running() for orphan in orphans)

        before = published(home)
        with brought_up(home, port) as (process, second_words):
            assert page(port)[0] == 200
            assert log_ins(second_words) == log_ins(first_words)
            assert not any(orphan.is_running() for orphan in orphans)
            assert published(home) >= before
            # A polite end in the middle of the work.
            process.send_signal(signal.SIGTERM)
            assert process.wait(DOWN_WITHIN_S) == 0

        assert remains(home) == []
        found = reckoned(home)
        assert [name for name, (due, done) in found["standings"].items() if due != done] == []
        assert sum(due for due, _ in found["standings"].values()) > 0
        assert found["wrong"] == {}

    def test_opens_the_console_alone_on_what_a_rehearsal_kept(self, home, shared_data):
        bodies = shared_data / "oddsapi" / "series_nfl_20251012"
        window = ("--from", "2025-10-12T15:00:00Z", "--to", "2025-10-12T15:20:00Z")
        subprocess.run(
            [
                *(sys.executable, "manage.py", "rehearse", "--bodies", str(bodies)),
                *(*window, "--keep", "seen"),
            ],
            cwd=embedded.PROJECT,
            env=environment(home),
            check=True,
            capture_output=True,
            timeout=300,
        )
        port = free_port()

        with brought_up(home, port, "--kept", "seen") as (process, words):
            assert page(port)[0] == 200
            assert page(port, "acme.localhost")[0] == 200
            assert len(log_ins(words)) >= 2
            # No clock runs there: what was played stays as it is.
            assert len(pids(home)) == 1

        assert process.returncode == 0

    def test_takes_the_next_port_and_says_so(self):
        with socket.create_server(("127.0.0.1", 0)) as another_program:
            taken = another_program.getsockname()[1]

            listener, note = claim_port(taken)

        with listener:
            port = listener.getsockname()[1]
        assert port > taken
        assert note == f"Port {taken} is in use by another program, so it is {port}."

    def test_keeps_a_free_port_from_the_moment_it_looked(self):
        free = free_port()

        listener, note = claim_port(free)

        with listener, claim_port(free)[0] as of_another_folder:
            assert (listener.getsockname()[1], note) == (free, "")
            assert of_another_folder.getsockname()[1] > free


def log_ins(words: str) -> list[str]:
    found = re.findall(r"\S+@beatvegas\.localhost\s+\S+", words)
    assert len(found) == 3
    return found
