"""Journeys: recorded days are played by the real command, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.core import ddl
from apps.ops.rehearsal.scratch import KEPT, SCRATCH

# Two games of week 7 with their whole market, from the day before the first of them on.
WINDOW = ("--from", "2025-10-16T00:00:00Z", "--to", "2025-10-17T12:00:00Z")
ONE_GAME = ("--from", "2025-10-16T18:00:00Z", "--to", "2025-10-17T06:00:00Z")


@dataclass(frozen=True)
class Stage:
    """The command, with the recording that these tests play."""

    data: Path
    out: Path

    def command(self, *more: str) -> list[str]:
        games = self.data / "games"
        return [
            *(sys.executable, "manage.py", "rehearse"),
            *("--changelog", str(games / "intraday_nfl_2025w07.csv")),
            *("--events", str(games / "intraday_events.csv")),
            *("--history", str(games / "nfl_results_2024_to_2025w04.csv")),
            *("--results", str(games / "nfl_2025_w05_w07_results.csv")),
            *("--tenant", "acme"),
            *more,
        ]

    def play(self, *more: str, name: str = "report.json") -> tuple[bytes, str]:
        """Run it to its end; return the JSON's bytes and what a person saw."""
        path = self.out / name
        done = subprocess.run(
            self.command(*more, "--json", str(path)),
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return path.read_bytes(), done.stdout + done.stderr


@pytest.fixture
def stage(shared_data: Path, tmp_path: Path, django_db_setup: None) -> Stage:
    return Stage(shared_data, tmp_path)


@pytest.fixture
def kept(stage: Stage, django_db_blocker: Any) -> Any:
    """The name of a database that the test keeps, dropped after it."""
    name = f"test_{os.getpid()}"
    yield name
    with django_db_blocker.unblock():
        ddl.drop_database(KEPT + name)


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestRehearse:
    def test_prints_the_same_bytes_on_two_fresh_databases(self, stage):
        first, _ = stage.play(*ONE_GAME, "--profile", "raw", name="first.json")
        second, _ = stage.play(*ONE_GAME, "--profile", "raw", name="second.json")

        assert first == second
        report = json.loads(first)
        assert report["events_final"] == 1
        assert report["snapshots"]["written"] > 500

    def test_doubles_nothing_on_a_kept_database_and_says_so(self, stage, kept):
        first, _ = stage.play(*ONE_GAME, "--keep", kept, name="first.json")
        second, shown = stage.play(*ONE_GAME, "--keep", kept, name="second.json")

        assert first == second
        assert "nothing was done again" in shown

    def test_killed_anywhere_it_ends_with_the_same_report(self, stage, kept):
        whole, _ = stage.play(*ONE_GAME, "--profile", "raw", name="whole.json")
        arguments = (*ONE_GAME, "--profile", "raw", "--keep", kept)

        for seconds in (4.0, 5.5, 7.0):
            kill_after(seconds, stage.command(*arguments))
        resumed, _ = stage.play(*arguments, name="resumed.json")

        assert resumed == whole

    def test_leaves_no_database_behind(self, stage, django_db_blocker):
        stage.play(*ONE_GAME)

        with django_db_blocker.unblock():
            assert ddl.databases_like(SCRATCH) == []

    def test_every_stage_has_done_what_was_due(self, stage):
        report = json.loads(stage.play(*WINDOW, "--profile", "raw")[0])

        assert list(report["stages"]) == [
            *("fetch", "read", "rate", "simulate", "evaluate"),
            *("propose", "publish", "watch", "close", "grade"),
        ]
        assert {
            name: count for name, count in report["stages"].items() if count["due"] != count["done"]
        } == {}
        assert min(count["due"] for count in report["stages"].values()) > 0
        assert sum(report["grades"].values()) == report["published"]

    def test_shows_a_table_that_a_person_can_read(self, stage):
        _, shown = stage.play(*ONE_GAME)

        for word in ("Stages", "Funnel", "What came of it", "Games settled at the close", "Brier"):
            assert word in shown

    def test_plays_a_folder_of_recorded_bodies(self, stage):
        path = stage.out / "bodies.json"
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "rehearse", "--tenant", "acme"),
                *("--bodies", str(stage.data / "oddsapi" / "series_nfl_20251012")),
                *("--history", str(stage.data / "games" / "nfl_results_2024_to_2025w04.csv")),
                *("--json", str(path)),
            ],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

        assert done.returncode == 0, done.stderr[-3000:]
        report = json.loads(path.read_text())
        # 23 recorded bodies and the archive.
        assert (sum(report["polls"].values()), report["events"]) == (24, 3)
        assert report["snapshots"]["written"] > 300

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--changelog", "nowhere.csv", "--events", "nowhere.csv"], "RECORDING_UNUSABLE"),
            (["--tenant", "acme"], "RECORDING_UNUSABLE"),
            (["--keep", "Not A Name"], "RECORDING_UNUSABLE"),
        ],
        ids=["a file is missing", "nothing to play", "nothing to keep"],
    )
    def test_refuses_what_cannot_be_played(self, arguments, says, django_db_setup):
        done = subprocess.run(
            [sys.executable, "manage.py", "rehearse", *arguments],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def kill_after(seconds: float, command: list[str]) -> None:
    """Start the rehearsal as a process group of its own and kill all of it (kill -9)."""
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
