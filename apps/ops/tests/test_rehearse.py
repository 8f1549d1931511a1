"""Journeys: recorded days are played by the real command, in processes of their own.

What it refuses before it plays is asked of the command in this process: one of the refusals is
asked of both, and they end alike.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from apps.core import ddl
from apps.ops.management.commands import rehearse
from apps.ops.rehearsal.scratch import KEPT, SCRATCH

# The last hours before one game of week 7, the game, and its settling.
ONE_GAME = ("--from", "2025-10-16T22:00:00Z", "--to", "2025-10-17T05:00:00Z", "--profile", "raw")


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


@dataclass(frozen=True)
class Played:
    """One rehearsal to its end: the report's bytes, the report, and what a person saw."""

    written: bytes
    shown: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.written)


@pytest.fixture(scope="module")
def stage(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Stage:
    return Stage(shared_data, tmp_path_factory.mktemp("rehearsals"))


@pytest.fixture(scope="module")
def whole(stage: Stage) -> Played:
    """One game, played on a fresh database without a break."""
    return Played(*stage.play(*ONE_GAME, name="whole.json"))


@pytest.fixture
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name under which a test keeps a database, dropped after it."""
    name = f"test_{os.getpid()}"
    yield name
    with django_db_blocker.unblock():
        ddl.drop_database(KEPT + name)


@pytest.fixture
def refused(
    capfd: pytest.CaptureFixture[str], django_db_setup: None, django_db_blocker: Any
) -> Callable[[list[str]], tuple[int, str]]:
    """What a command that is refused ends with, and says; run from its arguments, here."""

    def run(command: list[str]) -> tuple[int, str]:
        with django_db_blocker.unblock(), pytest.raises(SystemExit) as ended:
            rehearse.Command().run_from_argv(command[1:])
        return ended.value.code, capfd.readouterr().err

    return run


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestRehearse:
    def test_prints_the_same_bytes_on_two_fresh_databases(self, stage, whole):
        again, _ = stage.play(*ONE_GAME, name="again.json")

        assert again == whole.written

    def test_killed_anywhere_it_ends_with_the_same_report_and_then_doubles_nothing(
        self, stage, whole, kept
    ):
        arguments = (*ONE_GAME, "--keep", kept)

        played = [kill_at(instants, kept, stage.command(*arguments)) for instants in (1, 9, 40)]
        assert played == sorted(set(played))
        resumed, _ = stage.play(*arguments, name="resumed.json")
        repeated, shown = stage.play(*arguments, name="repeated.json")

        assert resumed == whole.written
        assert repeated == whole.written
        assert "nothing was done again" in shown

    def test_every_stage_has_done_what_was_due(self, whole):
        stages = whole.report["stages"]

        assert list(stages) == [
            *("fetch", "read", "rate", "simulate", "evaluate"),
            *("propose", "publish", "watch", "close", "grade"),
        ]
        # Proposals over the day's limits wait for a day that this window does not reach.
        assert {name for name, n in stages.items() if n["due"] != n["done"]} <= {"publish"}
        assert min(count["due"] for count in stages.values()) > 0

    def test_turns_odds_into_graded_picks_with_closing_line_value(self, whole):
        report = whole.report

        assert report["events_final"] == 1
        assert report["snapshots"]["written"] > 500
        assert report["published"] > 0
        assert sum(report["grades"].values()) == report["stages"]["grade"]["due"]
        assert report["clv"]["n"] == report["closes"]["captured"] == 1
        assert report["funnel"][-1]["reached"] > 0
        assert sum(report["closing"].values()) == 2
        assert sum(report["captured_close"]["ages"].values()) == 3
        assert (report["begun"]["events"], report["begun"]["without_result"]) == (1, {})
        assert report["capped_at_lean"] <= report["published"]
        assert set(report["proposals"]) == {"LEAN"}

    def test_shows_a_table_that_a_person_can_read(self, whole):
        for word in ("Stages", "Funnel", "What came of it", "Games settled at the close", "Brier"):
            assert word in whole.shown

    def test_drops_its_database_even_when_nothing_can_be_played(self, stage, django_db_blocker):
        with django_db_blocker.unblock():
            before = set(ddl.databases_like(SCRATCH))

        done = subprocess.run(
            stage.command("--from", "2031-01-01T00:00:00Z"),
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert (done.returncode, "RECORDING_UNUSABLE" in done.stderr) == (1, True)
        with django_db_blocker.unblock():
            left = set(ddl.databases_like(SCRATCH)) - before
        # Another worker of this run may be rehearsing as well: its process lives.
        assert [name for name in left if not psutil.pid_exists(int(name.rpartition("_")[2]))] == []

    def test_plays_a_folder_of_recorded_bodies_and_says_that_nothing_passed(self, stage):
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
        # The default profile trusts the model no further than was measured.
        assert (report["profile"], report["published"]) == ("measured", 0)
        assert [gate["gate"] for gate in report["funnel"] if gate["stopped"]] == ["BEST", "TIER"]
        assert "Nothing was published" in done.stdout

    def test_plays_a_league_without_results_to_its_closing_lines(self, stage):
        games, path = stage.data / "games", stage.out / "worldcup.json"
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "rehearse", "--tenant", "acme"),
                *("--changelog", str(games / "intraday_worldcup_20260620.csv")),
                *("--events", str(games / "intraday_events.csv")),
                *("--from", "2026-06-20T19:30:00Z", "--to", "2026-06-20T21:00:00Z"),
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
        begun = report["begun"]
        assert begun["events"] >= 1
        assert begun["last_quotes"]["MONEYLINE_3WAY"]["in_time"] >= 3
        assert set(begun["consensus"]["MONEYLINE_3WAY"]) == {"AGREED"}
        # Nobody tells how it ended, and nobody has rated the teams: both are said.
        assert sum(begun["without_result"].values()) == begun["events"]
        assert set(report["simulations"]["not_done"]) == {"RATING_MISSING"}
        assert "RATING_MISSING" in done.stdout

    def test_keeps_nothing_under_a_name_that_is_none(self, stage, refused):
        code, said = refused(stage.command("--keep", "Not A Name"))

        assert (code, "KEPT_NAME_REFUSED" in said) == (1, True)

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--changelog", "nowhere.csv", "--events", "nowhere.csv"], "RECORDING_UNUSABLE"),
            (["--tenant", "acme"], "RECORDING_UNUSABLE"),
            (["--drop", "nothing"], "NOTHING_KEPT"),
        ],
        ids=["a file is missing", "nothing to play", "nothing was kept"],
    )
    def test_refuses_what_cannot_be_played(self, arguments, says, refused):
        code, said = refused([sys.executable, "manage.py", "rehearse", *arguments])

        assert code == 1
        assert says in said
        assert "Traceback" not in said

    def test_refuses_in_a_process_of_its_own_as_in_this_one(self, refused):
        command = [sys.executable, "manage.py", "rehearse", "--drop", "nothing"]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert (done.returncode, done.stderr) == refused(command)


def kill_at(instants: int, kept: str, command: list[str]) -> int:
    """Start the rehearsal as a process group of its own, and kill all of it (kill -9) in the
    middle of what follows once so many instants were entered; return how many it was.
    """
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and entered(kept) < instants:
        time.sleep(0.03)
    assert process.poll() is None, "It came to its end before it could be killed."
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return entered(kept)


def entered(kept: str) -> int:
    """How many instants were entered on a kept database; 0 while it is being made."""
    try:
        with psycopg.connect(ddl.login_url(KEPT + kept)) as connection:
            [(instants,)] = connection.execute("SELECT coalesce(max(instants), 0) FROM replay_run")
    except psycopg.Error:
        return 0
    return instants
