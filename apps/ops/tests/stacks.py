"""A whole stack of a test's own, as `manage.py up` brings it up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.ops import embedded
from apps.ops.embedded.place import Place
from apps.ops.supervisor import Supervisor

# Ending waits for jobs in hand, and longer where many processes share the machine.
DOWN_WITHIN_S = 150.0


@dataclass(frozen=True)
class Running:
    """One `manage.py up` and what it has printed so far."""

    home: Path
    process: "subprocess.Popen[bytes]"
    output: Path

    def printed(self) -> str:
        return self.output.read_text()

    def until(self, *words: str, within: float) -> str:
        """Wait until one of the words is printed; return everything that is."""
        deadline = time.monotonic() + within
        while not any(word in self.printed() for word in words):
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < deadline, self.printed()
            time.sleep(0.1)
        return self.printed()


def environment(home: Path) -> dict[str, str]:
    """What a person's shell would have, with a home of its own for the servers."""
    own = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DATABASE_", "REDIS_", "ODDS_API_"))
    }
    return {
        **own,
        "BEATVEGAS_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "beatvegas.settings.dev",
        "COLUMNS": "80",
    }


@contextmanager
def starting(home: Path, port: int, *more: str) -> Iterator[Running]:
    """Run `manage.py up` until the block ends; what it has got to is the caller's to ask."""
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
        yield Running(home, process, output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(DOWN_WITHIN_S)
        finally:
            process.kill()
            process.wait()
            # One that did not end in time leaves its services to whoever comes next: to nobody.
            stack = Place(home, "dev").folder
            Supervisor(home=stack, cwd=embedded.PROJECT).end_orphans()
