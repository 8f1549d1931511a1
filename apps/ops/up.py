"""`make up`: from a checked-out folder to a platform that a browser can open, and back.

Everything here may be repeated and may be interrupted: the next run goes on where this one was.
"""

import contextlib
import errno
import fcntl
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from django.db import DatabaseError, connections
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from apps.core import clock, days, ddl
from apps.ops import embedded, services
from apps.ops.embedded.place import LOOPBACK, Place
from apps.ops.hearing import let_bot_hear
from apps.ops.history.player import how_far
from apps.ops.history.span import PLAYED_DAYS, Span, fingerprint
from apps.ops.introduction import Introduction
from apps.ops.leagues import follow_outside
from apps.ops.outside import PACE, Sandbox, noted_outside, real_provider, remembered_sandbox
from apps.ops.rehearsal.scratch import kept_database
from apps.ops.sample import KEYS_FILE, SAMPLE_TENANTS, ensure_keys, ensure_log_ins
from apps.ops.sample_channel import SCHEMA, close_sandbox_channel, ensure_channel
from apps.ops.schedule import install_schedule
from apps.ops.setup import DAYS_AHEAD, INSTALLER, TEST_TENANTS, build_database
from apps.ops.supervisor import Service, ServiceFailed, Supervisor

FIRST_PORT, PORTS_TRIED = 8000, 100
ANSWER_WITHIN_S = 120.0
LOOK_EVERY_S = 0.5
# servers, three tenants, and: tables, roles, host, catalog, outside, people, schedule, web
STEPS = 9 + len(SAMPLE_TENANTS)
EXIT_TROUBLE = 1
TENANT_ADDRESS = "TENANT_ADDRESS"


class AlreadyUp(Exception):
    """Another `make up` of this folder runs; the message is where it can be found."""


@dataclass
class Steps:
    """The progress bar, and a name for what is being done."""

    bar: Progress
    task: TaskID

    def __call__(self, doing: str) -> None:
        self.bar.update(self.task, advance=1, description=doing)


@dataclass
class Stack:
    """One `make up`: where it lives, what it looks after, whom it talks to."""

    place: Place
    lock: Path
    supervisor: Supervisor
    say: Console
    listener: socket.socket | None = None  # where the console is called

    def look(self) -> None:
        """Bring back what has died, the servers first, and say so.

        Raises: ServiceFailed, StackTrouble.
        """
        if revived := embedded.revive("dev"):
            self.supervisor.forgive()
            self._tell(f"{' and '.join(revived)} had ended and runs again.")
        for name in self.supervisor.check():
            self._tell(f"{name} ended and was started again; see {self.supervisor.log(name)}")

    def _tell(self, line: str) -> None:
        self.say.print(line, soft_wrap=True, markup=False, highlight=False)


def up(
    *,
    port: int = FIRST_PORT,
    kept: str = "",
    days: int = PLAYED_DAYS,
    pace: float = PACE,
    console: Console | None = None,
) -> int:
    """Bring everything up, stay until Ctrl-C, take everything down. Returns the exit status.

    With ``kept`` it is the console alone, on the database that a rehearsal kept under that name:
    no clock runs there. ``days`` of the sandbox's history are played at the first start, and
    after it the sandbox lives ``pace`` times faster than it does by itself.
    """
    say = console or Console()
    place = Place(embedded.HOME, "dev")
    # A closed terminal and a polite kill end it like Ctrl-C, in good order; and Ctrl-C itself
    # also where a script started it in the background, which makes children deaf to it.
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, _interrupt)
    try:
        with _only_one(place) as lock, embedded.in_use("dev"):
            supervisor = Supervisor(home=place.folder, cwd=embedded.PROJECT)
            stack = Stack(place, lock, supervisor, say)
            return _live(stack, lambda: _start(stack, port, kept, days, pace))
    except AlreadyUp as where:
        say.print(f"BeatVegas is up in this folder already: {where}")
        return EXIT_TROUBLE
    finally:
        connections.close_all()
        embedded.stop_if_unused("dev")


def _live(stack: Stack, start: Callable[[], None]) -> int:
    """Start, stay, stop; whatever happens, no process is left."""
    try:
        start()
    except KeyboardInterrupt:
        stack.supervisor.kill()
        stack.say.print("Interrupted; the next start goes on from here.")
        return 0
    except ServiceFailed as failure:
        stack.supervisor.kill()
        stack.say.print(str(failure), markup=False)
        return EXIT_TROUBLE
    except BaseException:
        stack.supervisor.kill()
        raise
    return _watch(stack)


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


def _start(stack: Stack, first_port: int, kept: str, days: int, pace: float) -> None:
    """Bring the console up, then what the clock drives; say where everything is in between."""
    stack.supervisor.end_orphans()
    stack.listener, note = claim_port(first_port)
    port = stack.listener.getsockname()[1]
    sandbox = None
    if not kept and not real_provider():
        sandbox = remembered_sandbox(stack.place, at=clock.now(), pace=pace, days=days)
    with _progress(stack.say, STEPS) as steps:
        steps("PostgreSQL and Valkey")
        embedded.ensure("dev")
        if kept:
            introduction = _open_kept(stack, kept, steps)
            environment: Mapping[str, str] = _kept_environment(kept)
        else:
            introduction = _build(stack, sandbox, steps)
            environment = sandbox.environment() if sandbox else {}
        environment = {**environment, TENANT_ADDRESS: f"http://{{host}}:{port}"}
        connections.close_all()
        steps("Console")
        _run(stack, [services.web(stack.listener, environment)])
        services.wait_for_console(port, stack.supervisor, _deadline())
        if sandbox:
            _let_bot_hear(sandbox, port)
    stack.lock.write_text(services.console_address(port))
    introduction.show(stack.say, port=port, note=note, logs=stack.supervisor.logs)
    if kept:
        stack.say.print("The console alone runs: no clock strikes where a rehearsal was kept.")
        return
    if sandbox:
        _play_history(stack, sandbox)
    _run(stack, services.jobs(environment))
    with stack.say.status("Workers and beat"):
        services.wait_for_workers(stack.supervisor, _deadline())
    stack.say.print("Everything runs. Ctrl-C stops it; make up goes on from there.")


def _let_bot_hear(sandbox: Sandbox, port: int) -> None:
    """Have people of the sandbox's Telegram recognised; a restart of it forgets where to go."""
    let_bot_hear(
        schema=SCHEMA,
        address=f"http://{LOOPBACK}:{port}",
        telegram=sandbox.address,
        by=INSTALLER,
        at=clock.now(),
    )
    connections.close_all()


def _build(stack: Stack, sandbox: Sandbox | None, steps: Steps) -> Introduction:
    """Bring the platform's own database up to date, and start the world that it talks to."""
    now = clock.now()
    if sandbox:
        # While tables are made it has the time to wake up.
        _run(stack, [sandbox.service()])
    at = _installed_at(sandbox, now)
    build_database(SAMPLE_TENANTS, at=at, tell=steps)
    steps("Leagues and feeds of the sandbox" if sandbox else "Feeds of the provider")
    changed = noted_outside(stack.place, sandboxed=sandbox is not None)
    follow_outside(
        sandboxed=sandbox is not None, changed=changed, by=INSTALLER, installed_at=at, at=now
    )
    days.ensure_partitions(at.date(), now.date() + timedelta(days=DAYS_AHEAD))
    steps("People and keys")
    log_ins = ensure_log_ins(stack.place.folder / "logins.json", by=INSTALLER, at=now)
    keys = ensure_keys(stack.place.folder / KEYS_FILE, by=INSTALLER, at=now)
    if sandbox:
        ensure_channel(sandbox.bot_token, by=INSTALLER, at=now)
    else:
        close_sandbox_channel(by=INSTALLER, at=now)
    steps("Schedule")
    install_schedule()
    if sandbox:
        steps("Sandbox")
        services.wait_for_sandbox(sandbox, stack.supervisor, _deadline())
    return Introduction(
        log_ins=log_ins,
        tenants=SAMPLE_TENANTS,
        keys=keys,
        sandbox=sandbox.page if sandbox else "",
        chats=sandbox.chats if sandbox else "",
    )


def _installed_at(sandbox: Sandbox | None, now: datetime) -> datetime:
    """From when on what is installed holds: from before the history, until that is played."""
    if sandbox is None:
        return now
    played = None
    # Before the first start there is no table to ask.
    with contextlib.suppress(DatabaseError):
        played = how_far(_fingerprint(sandbox))
    return now if played and played.finished else _span(sandbox).installed_at


def _span(sandbox: Sandbox) -> Span:
    return Span.before(sandbox.epoch, days=sandbox.days)


def _fingerprint(sandbox: Sandbox) -> str:
    return fingerprint(seed=sandbox.seed, epoch=sandbox.epoch)


def _open_kept(stack: Stack, kept: str, steps: Steps) -> Introduction:
    """Let people sign in where a rehearsal was kept; what was played stays as it is."""
    steps("People")
    with ddl.on_database(kept_database(kept)):
        log_ins = ensure_log_ins(stack.place.folder / "logins.json", by=INSTALLER, at=clock.now())
    return Introduction(log_ins=log_ins, tenants=TEST_TENANTS)


def _play_history(stack: Stack, sandbox: Sandbox) -> None:
    """Play what is left of the sandbox's past, beside the console that shows it already."""
    world, span = _fingerprint(sandbox), _span(sandbox)
    run = how_far(world)
    if run and run.finished:
        return
    what = f"{sandbox.days} days of games are" if sandbox.days else "What ratings learn from is"
    stack.say.print(f"{what} played into it now; pages fill as you look.")
    _run(stack, [services.history(sandbox)])
    with _progress(stack.say, 1.0) as bar:
        while stack.supervisor.runs(services.HISTORY):
            with contextlib.suppress(DatabaseError):
                run = how_far(world)
            at = run.position if run else None
            doing = f"Playing {at:%a %d %b %H:%M} UTC" if at else "Playing"
            bar.bar.update(bar.task, completed=span.share(at), description=doing)
            time.sleep(LOOK_EVERY_S)
            stack.look()
    connections.close_all()


def _run(stack: Stack, wanted: Sequence[Service]) -> None:
    stack.supervisor.start(wanted)


def _deadline() -> float:
    return time.monotonic() + ANSWER_WITHIN_S


def _kept_environment(kept: str) -> dict[str, str]:
    return {"DATABASE_URL": ddl.login_url(kept_database(kept))}


def claim_port(first: int) -> tuple[socket.socket, str]:
    """Listen on the first free port from there on; a sentence says where it is not the first.

    It is kept from now on: between a look and the console's own listening another folder's
    `make up` would take it. While the console starts again, whoever calls waits.
    """
    for port in range(first, first + PORTS_TRIED):
        try:
            listener = socket.create_server((LOOPBACK, port), backlog=128)
        except OSError as trouble:
            if trouble.errno != errno.EADDRINUSE:
                raise
            continue
        note = f"Port {first} is in use by another program, so it is {port}."
        return listener, "" if port == first else note
    raise embedded.StackTrouble(
        f"The ports {first} to {first + PORTS_TRIED - 1} are all in use: choose another with"
        " `.venv/bin/python manage.py up --port N`."
    )


@contextlib.contextmanager
def _progress(say: Console, total: float) -> Iterator[Steps]:
    columns = (TextColumn("{task.description:<42}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=say, transient=True) as bar:
        yield Steps(bar, bar.add_task("Starting", total=total))


def _watch(stack: Stack) -> int:
    """Stay until somebody asks to stop; a second Ctrl-C does not wait for jobs in hand."""
    try:
        while True:
            time.sleep(LOOK_EVERY_S)
            stack.look()
    except (ServiceFailed, embedded.StackTrouble) as failure:
        stack.say.print(str(failure), markup=False)
        stack.supervisor.stop()
        return EXIT_TROUBLE
    except KeyboardInterrupt:
        stack.say.print("\nStopping; Ctrl-C again does not wait for jobs in hand.")
        try:
            stack.supervisor.stop()
        except KeyboardInterrupt:
            stack.supervisor.kill()
        stack.say.print("Stopped. Nothing is lost.")
        return 0
