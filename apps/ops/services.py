"""The platform's processes as a development stack runs them, and how each says that it is there."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from celery import current_app
from django.conf import settings
from django.urls import reverse

from apps.ops.outside import Sandbox
from apps.ops.supervisor import Service, ServiceFailed, Supervisor

WEB_THREADS = 4  # of each web process; so many connections it keeps at most
# Celery's name of each worker, and the service that it is.
WORKERS = {"pipeline": "worker", "ddl": "ddl"}
HISTORY = "history"
OWNER = "DATABASE_OWNER_URL"
SETTINGS = "beatvegas.settings"


def web(listener: socket.socket, more: Mapping[str, str]) -> Service:
    """The console's process, called through a socket that its supervisor keeps.

    Like every other but one it does not know the owner.
    """
    environment = _environment({"DATABASE_POOL": str(WEB_THREADS), **more})
    command = [sys.executable, "-m", "gunicorn", "beatvegas.wsgi:application"]
    command += [f"--bind=fd://{listener.fileno()}", "--worker-class=gthread", "--workers=2"]
    command += [f"--threads={WEB_THREADS}", "--timeout=60"]
    command += ["--access-logfile=-", "--no-control-socket"]
    return Service("web", command, environment, inherits=(listener.fileno(),))


def jobs(more: Mapping[str, str]) -> list[Service]:
    """The workers and their clock; only the worker of queue `ddl` knows the owner."""
    environment = _environment({"DJANGO_SETTINGS_MODULE": f"{SETTINGS}.background", **more})
    celery = [sys.executable, "-m", "celery", "-A", "beatvegas"]
    # The two workers have nothing to tell each other.
    worker = [*celery, "worker", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    pipeline = [*worker, f"--queues={queue}", "--concurrency=2", "--hostname=pipeline@%h"]
    ddl = [*worker, "--queues=ddl", "--concurrency=1", "--hostname=ddl@%h"]
    # The schedule is in the database; a pid file would stand in the way after a kill.
    beat = [*celery, "beat", "--pidfile=", "--loglevel=INFO"]
    return [
        Service("worker", pipeline, environment),
        Service("ddl", ddl, {**environment, OWNER: os.environ[OWNER]}),
        Service("beat", beat, environment),
    ]


def history(sandbox: Sandbox) -> Service:
    """The player of the sandbox's past; it ends when that is played."""
    environment = _environment({"DJANGO_SETTINGS_MODULE": f"{SETTINGS}.history"})
    command = [sys.executable, "-m", "apps.ops.history", "--seed", str(sandbox.seed)]
    command += ["--epoch", sandbox.epoch.isoformat(), "--days", str(sandbox.days)]
    command += ["--pace", str(sandbox.pace)]
    return Service(HISTORY, command, environment, ends=True)


def console_address(port: int) -> str:
    page = reverse("admin:login", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    return f"http://127.0.0.1:{port}{page}"


def wait_for_console(port: int, supervisor: Supervisor, deadline: float) -> None:
    """Return once the log-in page is served.

    Raises: ServiceFailed.
    """
    while time.monotonic() < deadline:
        supervisor.check()
        try:
            with urllib.request.urlopen(console_address(port), timeout=2):
                return
        except urllib.error.HTTPError as error:
            raise ServiceFailed(
                f"The console answers {error.code}. The end of '{supervisor.log('web')}':\n"
                f"{supervisor.last_words('web')}"
            ) from error
        except OSError:
            time.sleep(0.1)
    raise ServiceFailed(f"The console does not answer:\n{supervisor.last_words('web')}")


def wait_for_sandbox(sandbox: Sandbox, supervisor: Supervisor, deadline: float) -> None:
    """Return once the outside world answers.

    Raises: ServiceFailed.
    """
    while time.monotonic() < deadline:
        supervisor.check()
        if sandbox.answers(within=0.2):
            return
    raise ServiceFailed(f"The sandbox does not answer:\n{supervisor.last_words('sandbox')}")


def wait_for_workers(supervisor: Supervisor, deadline: float) -> None:
    """Return once both workers answer through the broker.

    Raises: ServiceFailed.
    """
    heard: set[str] = set()
    with current_app.connection_for_write() as line:
        while time.monotonic() < deadline:
            supervisor.check()
            answers = current_app.control.ping(timeout=0.5, limit=len(WORKERS), connection=line)
            heard = {name.partition("@")[0] for answer in answers for name in answer}
            if heard >= WORKERS.keys():
                return
    silent = sorted(WORKERS.keys() - heard)
    words = "\n".join(supervisor.last_words(WORKERS[name]) for name in silent)
    raise ServiceFailed(f"No answer from {' and '.join(silent)}:\n{words}")


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **more}
    environment.pop(OWNER, None)
    return environment
