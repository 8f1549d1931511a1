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
from pathlib import Path

import psutil
import psycopg
import pytest

from apps.ops import embedded
from apps.ops.embedded.place import free_port
from apps.ops.up import choose_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

UP_WITHIN_S = 200.0
DOWN_WITHIN_S = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own for the servers, so that a developer's `make up` is left alone."""
    folder = tmp_path / "a home"
    folder.mkdir()
    yield folder
    embedded.stop("dev", project=folder)


def environment(home: Path) -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("DATABASE_")}
    own.pop("REDIS_URL", None)
    return {
        **own,
        "BEATVEGAS_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "beatvegas.settings.dev",
        "COLUMNS": "80",
    }


@contextmanager
def brought_up(home: Path, port: int, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `manage.py up` until the block ends; gives the process and what it printed."""
    output = home / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), *more],
            cwd=embedded.PROJECT,
            env=environment(home),
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while "To stop" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield process, output.read_text()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(DOWN_WITHIN_S)
        finally:
            process.kill()
            process.wait()


def services(home: Path) -> list[psutil.Process]:
    recorded = json.loads((home / ".stack" / "dev" / "services.json").read_text())
    return [psutil.Process(entry["pid"]) for entry in recorded]


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
    knowing = [each for each in services(home) if "DATABASE_OWNER_URL" in each.environ()]
    return [word for each in knowing for word in each.cmdline() if word.startswith("--queues")]


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
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


class TestUp:
    def test_brings_everything_up_survives_kills_goes_on_and_ends_clean(self, home):
        port = free_port()
        with brought_up(home, port) as (process, first_words):
            assert page(port)[0] == 200
            assert "password" in page(port)[1].lower()
            assert page(port, "acme.localhost")[0] == 200
            assert tenants(home) == [
                ("acme", "CONSUMER"),
                ("harbor", "B2B"),
                ("northstar", "AFFILIATE"),
            ]
            assert who_knows_the_owner(home) == ["--queues=ddl"]

            web = services(home)[0]
            web.kill()
            assert until(lambda: services(home)[0] != web)

            process.kill()
            process.wait()
            orphans = services(home)
            assert [orphan.is_running() for orphan in orphans] == [True] * 4

        with brought_up(home, port) as (process, second_words):
            assert page(port)[0] == 200
            assert log_ins(second_words) == log_ins(first_words)
            assert not any(orphan.is_running() for orphan in orphans)

        assert process.returncode == 0
        assert remains(home) == []

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
            assert len(services(home)) == 1

        assert process.returncode == 0

    def test_takes_the_next_port_and_says_so(self):
        with socket.create_server(("127.0.0.1", 0)) as another_program:
            taken = another_program.getsockname()[1]

            port, note = choose_port(taken)

        assert port > taken
        assert note == f"Port {taken} is in use by another program, so it is {port}."

    def test_says_nothing_of_a_port_that_is_free(self):
        free = free_port()

        assert choose_port(free) == (free, "")


def log_ins(words: str) -> list[str]:
    found = re.findall(r"\S+@beatvegas\.localhost\s+\S+", words)
    assert len(found) == 3
    return found
