"""Processes of Celery, started as the platform starts them, for tests that end or freeze them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORKER = (
    "worker --pool prefork --concurrency 1 --loglevel INFO"
    " --without-gossip --without-mingle --without-heartbeat"
)
BEAT = "beat --loglevel INFO --max-interval 1"
QUICK = "apps.governance.tests.quick"  # settings of a platform that waits for seconds, not minutes
PATIENCE = 60  # seconds for everything together, on a machine that is busy


@contextmanager
def celery(command: str, *, log: Path, settings: str = "", **told: str) -> Iterator[int]:
    """Run one of them in a process group of its own; return the group, dead or alive."""
    environment = {**os.environ, **told}
    if settings:
        environment["DJANGO_SETTINGS_MODULE"] = settings
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "beatvegas", *command.split()],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process.pid
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
