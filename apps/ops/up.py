"""`make up`: from a checked-out folder to a platform that a browser can open, and back.

Everything here may be repeated and may be interrupted: the next run goes on where this one was.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from celery import current_app
from django.conf import settings
from django.db import connections
from django.urls import reverse
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from apps.core import clock, ddl
from apps.ops import embedded
from apps.ops.embedded.place import Place, is_free
from apps.ops.rehearsal.scratch import kept_database
from apps.ops.sample import SAMPLE_TENANTS, LogIn, ensure_log_ins
from apps.ops.schedule import install_schedule
from apps.ops.setup import INSTALLER, TEST_TENANTS, SampleTenant, build_database
from apps.ops.supervisor import Service, ServiceFailed, Supervisor
from apps.tenants.provisioning import default_hosts

FIRST_PORT, PORTS_TRIED = 8000, 100
ANSWER_WITHIN_S = 120.0
LOOK_EVERY_S = 0.5
# servers, three tenants, and: tables, host, catalog, people, schedule, services
STEPS = 7 + len(SAMPLE_TENANTS)
EXIT_TROUBLE = 1
WEB_THREADS = 4  # of each web process; so many connections it keeps at most
# Celery's name of each worker, and the service that it is.
WORKERS = {"pipeline": "worker", "ddl": "ddl"}


class AlreadyUp(Exception):
    """Another `make up` of this folder runs; the message is where it can be found."""


@dataclass
class Steps:
    """The progress bar, and a name for what is being done."""

    bar: Progress
    task: TaskID

    def __call__(self, doing: str) -> None:
        self.bar.update(self.task, advance=1, description=doing)


def up(*, port: int = FIRST_PORT, kept: str = "", console: Console | None = None) -> int:
    """Bring everything up, stay until Ctrl-C, take everything down. Returns the exit status.

    With ``kept`` it is the console alone, on the database that a rehearsal kept under that name:
    no clock runs there.
    """
    say = console or Console()
    place = Place(embedded.HOME, "dev")
    # A closed terminal and a polite kill end it like Ctrl-C, in good order.
    for request in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, _interrupt)
    try:
        with _only_one(place) as lock, embedded.in_use("dev"):
            try:
                return _serve(place, port, kept, lock, say)
            except KeyboardInterrupt:
                say.print("Interrupted; the next start goes on from here.")
                return 0
    except AlreadyUp as where:
        say.print(f"BeatVegas is up in this folder already: {where}")
        return EXIT_TROUBLE
    finally:
        connections.close_all()
        embedded.stop_if_unused("dev")


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _only_one(place: Place) -> Iterator[Path]:
    """Hold this folder's lock; the file says where its holder can be found."""
    place.prepare()
    path = place.folder / "up.lock"
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyUp(file.read().strip() or "it is just starting") from None
        file.truncate(0)
        yield path


def _serve(place: Place, first_port: int, kept: str, lock: Path, say: Console) -> int:
    supervisor = Supervisor(home=place.folder, cwd=embedded.PROJECT)
    supervisor.end_orphans()
    port, note = choose_port(first_port)
    with _progress(say) as steps:
        steps("PostgreSQL and Valkey")
        embedded.ensure("dev")
        remembered = place.folder / "logins.json"
        tenants: Sequence[SampleTenant]
        if kept:
            tenants, services = TEST_TENANTS, [_web(port, _kept_environment(kept))]
            log_ins = _open_kept(kept, remembered, steps)
        else:
            tenants, services = SAMPLE_TENANTS, _services(port)
            log_ins = _build(remembered, steps)
        connections.close_all()
        steps("Web, workers and beat" if not kept else "Web")
        try:
            supervisor.start(services)
            deadline = time.monotonic() + ANSWER_WITHIN_S
            _wait_for_console(port, supervisor, deadline)
            if not kept:
                _wait_for_workers(supervisor, deadline)
        except ServiceFailed as failure:
            supervisor.kill()
            say.print(str(failure), markup=False)
            return EXIT_TROUBLE
        except BaseException:
            supervisor.kill()
            raise
    lock.write_text(_console_address(port))
    _introduce(port, note, log_ins, tenants, supervisor, say)
    return _watch(supervisor, say)


def _build(remembered: Path, steps: Steps) -> list[LogIn]:
    """Bring the platform's own database up to date."""
    at = clock.now()
    build_database(SAMPLE_TENANTS, at=at, tell=steps)
    steps("Operators")
    log_ins = ensure_log_ins(remembered, by=INSTALLER, at=at)
    steps("Schedule")
    install_schedule()
    return log_ins


def _open_kept(kept: str, remembered: Path, steps: Steps) -> list[LogIn]:
    """Let people sign in where a rehearsal was kept; what was played stays as it is."""
    steps("Operators")
    with ddl.on_database(kept_database(kept)):
        return ensure_log_ins(remembered, by=INSTALLER, at=clock.now())


def _kept_environment(kept: str) -> dict[str, str]:
    return {"DATABASE_URL": ddl.login_url(kept_database(kept))}


def choose_port(first: int) -> tuple[int, str]:
    """The first free port from there on, and a sentence where it is not the first."""
    for port in range(first, first + PORTS_TRIED):
        if is_free(port):
            note = f"Port {first} is in use by another program, so it is {port}."
            return port, "" if port == first else note
    raise embedded.StackTrouble(
        f"The ports {first} to {first + PORTS_TRIED - 1} are all in use: choose another with"
        " `.venv/bin/python manage.py up --port N`."
    )


def _services(port: int) -> list[Service]:
    """The processes of the platform; only the worker of queue `ddl` knows the owner."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    without_owner = {key: v for key, v in environment.items() if key != "DATABASE_OWNER_URL"}
    celery = [sys.executable, "-m", "celery", "-A", "beatvegas"]
    # The two workers have nothing to tell each other.
    worker = [*celery, "worker", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    pipeline = [*worker, f"--queues={queue}", "--concurrency=2", "--hostname=pipeline@%h"]
    ddl = [*worker, "--queues=ddl", "--concurrency=1", "--hostname=ddl@%h"]
    # The schedule is in the database; a pid file would stand in the way after a kill.
    beat = [*celery, "beat", "--pidfile=", "--loglevel=INFO"]
    return [
        _web(port, {}),
        Service("worker", pipeline, without_owner),
        Service("ddl", ddl, environment),
        Service("beat", beat, without_owner),
    ]


def _web(port: int, more: dict[str, str]) -> Service:
    """The console's process; like every other but one it does not know the owner."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "DATABASE_POOL": str(WEB_THREADS), **more}
    environment.pop("DATABASE_OWNER_URL", None)
    web = [sys.executable, "-m", "gunicorn", "beatvegas.wsgi:application"]
    web += [f"--bind=127.0.0.1:{port}", "--worker-class=gthread", "--workers=2"]
    web += [f"--threads={WEB_THREADS}", "--timeout=60"]
    web += ["--access-logfile=-", "--no-control-socket"]
    return Service("web", web, environment)


@contextlib.contextmanager
def _progress(say: Console) -> Iterator[Steps]:
    columns = (TextColumn("{task.description:<42}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=say, transient=True) as bar:
        yield Steps(bar, bar.add_task("Starting", total=STEPS))


def _wait_for_console(port: int, supervisor: Supervisor, deadline: float) -> None:
    """Return once the log-in page is served."""
    while time.monotonic() < deadline:
        supervisor.check()
        try:
            with urllib.request.urlopen(_console_address(port), timeout=30):
                return
        except urllib.error.HTTPError as error:
            raise ServiceFailed(
                f"The console answers {error.code}. The end of '{supervisor.log('web')}':\n"
                f"{supervisor.last_words('web')}"
            ) from error
        except OSError:
            time.sleep(0.1)
    raise ServiceFailed(f"The console does not answer:\n{supervisor.last_words('web')}")


def _wait_for_workers(supervisor: Supervisor, deadline: float) -> None:
    """Return once both workers answer through the broker."""
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


def _console_address(port: int) -> str:
    page = reverse("admin:login", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    return f"http://127.0.0.1:{port}{page}"


def _introduce(
    port: int,
    note: str,
    log_ins: list[LogIn],
    tenants: Sequence[SampleTenant],
    supervisor: Supervisor,
    say: Console,
) -> None:
    lines = [("Operators' console", _console_address(port))]
    lines += [(f"  {one.email}", f"{one.password}   {one.role}") for one in log_ins]
    page = reverse("admin:login", urlconf=settings.ROOT_URLCONF)
    for tenant in tenants:
        what = f"{tenant.name}, {tenant.type}"
        lines += [(what, f"http://{host}:{port}{page}") for host in default_hosts(tenant.schema)]
    lines += [("Logs", str(supervisor.logs)), ("To stop", "Ctrl-C; make up goes on from there")]
    width = max(len(left) for left, _ in lines) + 2
    say.print(f"\n[bold]BeatVegas is up.[/bold] {note}")
    for left, right in lines:
        # Addresses and passwords are copied from here: never folded, never restyled.
        say.print(f"{left:<{width}}{right}", soft_wrap=True, markup=False, highlight=False)


def _watch(supervisor: Supervisor, say: Console) -> int:
    """Stay until somebody asks to stop; a second Ctrl-C does not wait for jobs in hand."""
    try:
        while True:
            for name in supervisor.check():
                again = f"{name} ended and was started again; see {supervisor.log(name)}"
                say.print(again, soft_wrap=True, markup=False, highlight=False)
            time.sleep(LOOK_EVERY_S)
    except ServiceFailed as failure:
        say.print(str(failure), markup=False)
        supervisor.stop()
        return EXIT_TROUBLE
    except KeyboardInterrupt:
        say.print("\nStopping; Ctrl-C again does not wait for jobs in hand.")
        try:
            supervisor.stop()
        except KeyboardInterrupt:
            supervisor.kill()
        say.print("Stopped. Nothing is lost.")
        return 0
