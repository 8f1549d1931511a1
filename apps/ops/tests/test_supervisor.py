"""Services that are killed, that cannot live, and that are left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from apps.ops.supervisor import YOUNG_DEATHS_ALLOWED, Service, ServiceFailed, Supervisor

pytestmark = pytest.mark.slow

SLEEPS = "import time; print('here', flush=True); time.sleep(60)"
SLEEPS_WITH_A_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time;"
    " time.sleep(60)']); print('here', flush=True); time.sleep(60)"
)
IGNORES_REQUESTS = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
FAILS = "raise SystemExit('no such setting')"


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make() -> Supervisor:
        made.append(Supervisor(home=tmp_path, cwd=tmp_path))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.kill()


def runs(code: str, *, ends: bool = False) -> Service:
    return Service("one", [sys.executable, "-c", code], os.environ, ends=ends)


def until(condition: Callable[[], bool], within: float = 20.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def has_spoken(supervisor: Supervisor) -> bool:
    return "here" in supervisor.log("one").read_text()


def family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return []


def is_over(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


class TestSupervisor:
    def test_starts_again_what_was_killed(self, supervise):
        supervisor = supervise()
        supervisor.start([runs(SLEEPS)])
        first = supervisor.running[0].process.pid
        os.kill(first, signal.SIGKILL)

        assert until(lambda: supervisor.check() == ["one"])

        second = supervisor.running[0].process
        assert second.pid != first
        assert second.poll() is None
        assert supervisor.check() == []

    def test_gives_up_on_what_cannot_live_and_shows_why(self, supervise):
        supervisor = supervise()
        supervisor.start([runs(FAILS)])

        def ends() -> bool:
            supervisor.check()
            return False

        with pytest.raises(ServiceFailed, match=r"(?s)one ended 4 times soon.*no such setting"):
            until(ends)

    def test_lets_go_of_a_task_that_is_done(self, supervise):
        supervisor = supervise()
        supervisor.start([runs("print('here', flush=True)", ends=True)])

        assert until(lambda: not supervisor.check() and not supervisor.runs("one"))

        assert has_spoken(supervisor)
        assert json.loads(supervisor.record.read_text()) == []

    def test_starts_a_task_again_that_was_killed(self, supervise):
        supervisor = supervise()
        supervisor.start([runs(SLEEPS, ends=True)])
        supervisor.running[0].process.kill()

        assert until(lambda: supervisor.check() == ["one"])

        assert supervisor.runs("one")

    def test_does_not_hold_against_a_service_that_its_server_was_away(self, supervise):
        supervisor = supervise()
        supervisor.start([runs(SLEEPS)])

        for _ in range(YOUNG_DEATHS_ALLOWED + 2):
            supervisor.running[0].process.kill()
            supervisor.forgive()
            assert until(lambda: supervisor.check() == ["one"])

    def test_ends_a_service_with_its_children(self, supervise):
        supervisor = supervise()
        supervisor.start([runs(SLEEPS_WITH_A_CHILD)])
        assert until(lambda: has_spoken(supervisor))
        processes = family(supervisor.running[0].process.pid)
        assert len(processes) == 2

        supervisor.stop()

        assert until(lambda: all(map(is_over, processes)))
        assert not supervisor.record.exists()

    def test_ends_by_force_what_does_not_listen(self, supervise, monkeypatch):
        monkeypatch.setattr("apps.ops.supervisor.PATIENCE_S", 0.2)
        supervisor = supervise()
        supervisor.start([runs(IGNORES_REQUESTS)])
        assert until(lambda: has_spoken(supervisor))
        process = psutil.Process(supervisor.running[0].process.pid)

        supervisor.stop()

        assert is_over(process)

    def test_ends_what_a_killed_supervisor_left_behind(self, supervise):
        killed = supervise()
        killed.start([runs(SLEEPS)])
        orphan = psutil.Process(killed.running[0].process.pid)
        next_one = supervise()

        next_one.end_orphans()
        next_one.start([runs(SLEEPS)])

        assert is_over(orphan)
        assert next_one.running[0].process.poll() is None

    def test_leaves_a_stranger_alone_who_got_the_same_pid(self, supervise):
        stranger = subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.DEVNULL)
        supervisor = supervise()
        supervisor.record.write_text(f'[{{"pid": {stranger.pid}, "born": 1.0}}]')

        supervisor.end_orphans()

        assert stranger.poll() is None
        assert not supervisor.record.exists()
        stranger.kill()
        stranger.wait()
