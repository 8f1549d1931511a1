"""Keeps the platform's processes running while `make up` is in the foreground.

Every service is a process group of its own, so that Ctrl-C reaches the supervisor alone and it
decides the order of the end. What it started is written down: after a kill -9 of the supervisor
the next one ends what was left behind.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

# A job in hand may finish; then it is ended. Every job may be ended at any point and done again.
PATIENCE_S = 15.0
# A service that cannot live is given up; one that was killed comes back.
YOUNG_DEATHS_ALLOWED = 3
YOUNG_S = 60.0
ROTATE_LOG_AT_BYTES = 20_000_000


class ServiceFailed(Exception):
    """A service ends again and again. The message shows its last words."""


@dataclass(frozen=True)
class Service:
    """A process that runs until it is told to stop; with ``ends`` one that has a task and ends.

    ``inherits`` are open files of the supervisor that it is given under the same numbers.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ends: bool = False
    inherits: Sequence[int] = ()


@dataclass
class Running:
    service: Service
    process: subprocess.Popen[bytes]
    born: float = field(default_factory=time.monotonic)
    young_deaths: int = 0


class Supervisor:
    """Starts, watches, restarts and ends a handful of services."""

    def __init__(self, *, home: Path, cwd: Path) -> None:
        self.logs = home / "logs"
        self.record = home / "services.json"
        self.cwd = cwd
        self.running: list[Running] = []

    def end_orphans(self) -> None:
        """End what a killed supervisor left behind; it may still answer on our ports."""
        try:
            recorded = json.loads(self.record.read_text())
        except (FileNotFoundError, ValueError):
            return
        orphans = []
        for entry in recorded:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(entry["pid"])
                if process.create_time() == entry["born"]:
                    process.terminate()
                    orphans.append(process)
        psutil.wait_procs(orphans, timeout=PATIENCE_S)
        for process in orphans:
            _signal_group(process.pid, signal.SIGKILL)
        self.record.unlink()

    def start(self, services: Sequence[Service]) -> None:
        self.logs.mkdir(exist_ok=True)
        for service in services:
            self.running.append(Running(service, self._spawn(service)))
            self._write_record()

    def check(self) -> list[str]:
        """Start again what has ended, and name it; a task that was done is let go.

        Raises: ServiceFailed, when one ends too often.
        """
        done = [each for each in self.running if each.service.ends and each.process.poll() == 0]
        self.running = [each for each in self.running if each not in done]
        ended = [each for each in self.running if each.process.poll() is not None]
        for each in ended:
            young = time.monotonic() - each.born < YOUNG_S
            each.young_deaths = each.young_deaths + 1 if young else 0
            if each.young_deaths > YOUNG_DEATHS_ALLOWED:
                raise ServiceFailed(
                    f"{each.service.name} ended {each.young_deaths} times soon after its start."
                    f" Its last words:\n{self.last_words(each.service.name)}"
                )
            # What the leader left of its group would answer in its place.
            _signal_group(each.process.pid, signal.SIGKILL)
            each.process, each.born = self._spawn(each.service), time.monotonic()
        if ended or done:
            self._write_record()
        return [each.service.name for each in ended]

    def runs(self, name: str) -> bool:
        """Whether a service of this name is looked after."""
        return any(each.service.name == name for each in self.running)

    def forgive(self) -> None:
        """Count no death that had a reason outside: a server was away."""
        for each in self.running:
            each.young_deaths = 0

    def stop(self) -> None:
        """Ask all of them to end, wait, and end by force who did not."""
        for each in self.running:
            if each.process.poll() is None:
                each.process.terminate()
        deadline = time.monotonic() + PATIENCE_S
        for each in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End every process of every service now."""
        for each in self.running:
            _signal_group(each.process.pid, signal.SIGKILL)
            each.process.wait()
        self.running = []
        self.record.unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def last_words(self, name: str, count: int = 15) -> str:
        lines = self.log(name).read_text(errors="replace").splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        log = self.log(service.name)
        if log.exists() and log.stat().st_size > ROTATE_LOG_AT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            return subprocess.Popen(
                service.command,
                cwd=self.cwd,
                env=dict(service.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=service.inherits,
            )

    def _write_record(self) -> None:
        """Pid and start together name a process for good; a pid alone is given away again."""
        started = []
        for each in self.running:
            with contextlib.suppress(psutil.NoSuchProcess):
                born = psutil.Process(each.process.pid).create_time()
                name = each.service.name
                started.append({"name": name, "pid": each.process.pid, "born": born})
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(started))
        fresh.replace(self.record)


def _signal_group(leader: int, what: signal.Signals) -> None:
    """Signal what is left of a service; the leader's pid stays taken while its group lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, what)
