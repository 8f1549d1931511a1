"""What every test may ask for: a database, two tenants, an operator, the recorded world.

The database is a copy of a template that is built once per state of the code. Ordinary tests
roll back; the few that must commit ask for `fresh_database` and get a copy of their own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import celery
import hypothesis
import psutil
import psycopg
import pytest
import redis
import requests
from django.conf import settings
from django.db import connection, transaction

from apps.core import ddl
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import PUBLIC, tenant_scope
from apps.ops import embedded

pytest_plugins = ["beatvegas.browsing"]
PROJECT = Path(__file__).resolve().parent
# Before every instant that a test plays at, so that what the installer made is in force.
INSTALLED_AT = datetime(2024, 1, 1, tzinfo=UTC)

# A time limit per example fails on a machine that is busy, and says nothing about the code.
hypothesis.settings.register_profile("beatvegas", deadline=None, print_blob=True)
hypothesis.settings.load_profile("beatvegas")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Each half in its random order. One worker begins with the long ones, which mostly wait, and
    # the other with all the rest: at the end nobody waits for a last long one alone.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and (marker.args or marker.kwargs.get("transaction")):
            raise pytest.UsageError(
                f"{item.nodeid}: a schema-per-tenant database cannot be flushed between tests; "
                "tests that commit ask for the fixture fresh_database."
            )


# Databases


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of an empty Valkey database that this process has to itself."""
    embedded.live_in_memory("test")
    with embedded.in_use("test"):
        where = embedded.ensure("test")
        if where.database_url != os.environ["DATABASE_URL"]:
            pytest.exit("Another program took a port of the test servers; run the tests again.")
        with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
            client.flushdb()
            yield settings.CELERY_BROKER_URL
            client.flushdb()


@pytest.fixture(scope="session")
def django_db_setup(valkey: str, django_db_blocker: Any) -> Iterator[None]:
    """One copy of the template for this process, dropped at its end.

    Between the two it is closed to tests that did not ask for it: what they wrote would stay.
    """
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            drop_orphans()
            stack.enter_context(cloned("main"))
        yield
        with django_db_blocker.unblock():
            stack.close()


@dataclass(frozen=True)
class FreshDatabase:
    """A database of one test's own: commits stay, other connections and processes see them."""

    name: str
    url: str
    owner_url: str

    def in_threads(self, *work: Callable[[], Any]) -> list[Any]:
        """Run all of it at the same time, each on a connection of its own; return the results."""

        def and_hang_up(task: Callable[[], Any]) -> Any:
            try:
                return task()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(work)) as pool:
            return [future.result() for future in [pool.submit(and_hang_up, one) for one in work]]


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[FreshDatabase]:
    if request.node.get_closest_marker("django_db"):
        pytest.fail("fresh_database commits and django_db rolls back: a test has one of them.")
    with django_db_blocker.unblock(), cloned("fresh") as name:
        yield FreshDatabase(name, os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"])


@contextmanager
def cloned(purpose: str) -> Iterator[str]:
    """Copy the template and let Django, and every child process, work on the copy."""
    from apps.ops.setup import clone_template

    name = f"{prefix()}{purpose}_{os.getpid()}"
    ddl.drop_database(name)
    clone_template(name, at=INSTALLED_AT)
    before = {key: os.environ[key] for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    try:
        with ddl.on_database(name):
            os.environ.update(
                {key: f"{url.rpartition('/')[0]}/{name}" for key, url in before.items()}
            )
            yield name
            connection.set_schema_to_public()
    finally:
        os.environ.update(before)
        ddl.drop_database(name)


def prefix() -> str:
    """Start of the names of this folder's test databases; the process that made one ends it."""
    return f"test_{sha256(str(PROJECT).encode()).hexdigest()[:6]}_"


def drop_orphans() -> None:
    """Drop the databases of test runs that were killed."""
    for name in ddl.databases_like(prefix()):
        if not psutil.pid_exists(int(name.rpartition("_")[2])):
            ddl.drop_database(name)


@pytest.fixture(scope="module")
def ground(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """What a module's fixtures write in ``with ground():`` stands for all of its tests.

    Each test rolls back to it, and after the module it is taken back too. Every test of the
    module asks for it, or chance decides what it sees; and none for `fresh_database`.
    """
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        # Another test of the module may be long about something else.
        connection.cursor().execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def connection_stays_in_public() -> Iterator[None]:
    """Whatever a test did, the next one begins in public."""
    yield
    schema = connection.schema_name
    if schema != PUBLIC:
        connection.set_schema_to_public()
        pytest.fail(f"The test left its connection in {schema!r}.")


# Tenants and people


@pytest.fixture
def acme(request: pytest.FixtureRequest) -> str:
    """The tenant that tests act for."""
    ask_for_database(request)
    return "acme"


@pytest.fixture
def rival(request: pytest.FixtureRequest) -> str:
    """The other tenant, who must see nothing."""
    ask_for_database(request)
    return "rival"


@pytest.fixture
def in_acme(acme: str) -> Iterator[str]:
    """The test runs inside acme's scope, as acme's database role."""
    with tenant_scope(acme):
        yield acme


def ask_for_database(request: pytest.FixtureRequest) -> None:
    own = "fresh_database" in request.fixturenames
    request.getfixturevalue("fresh_database" if own else "db")


@pytest.fixture
def ops() -> Actor:
    """An operator at the console."""
    return Actor(type=ActorType.OPS, id="olivia@beatvegas.test", auth_method="session")


@pytest.fixture
def as_owner(request: pytest.FixtureRequest) -> Iterator[psycopg.Cursor[Any]]:
    """A cursor of the database's owner, beside the test's own connection; rolled back.

    It does not see what the test has not committed.
    """
    ask_for_database(request)
    with ddl.owner_cursor() as cursor:
        cursor.execute("BEGIN")
        yield cursor
        cursor.execute("ROLLBACK")


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], str]]:
    """What was rung for on commit: (job, arguments, schema). Nothing reaches a broker."""
    rung: list[tuple[str, dict[str, Any], str]] = []

    def note(job: str, *, kwargs: dict[str, Any], headers: dict[str, str], **_: Any) -> None:
        rung.append((job, kwargs, headers["tenant_schema"]))

    monkeypatch.setattr(celery.current_app, "send_task", note)
    return rung


@pytest.fixture(scope="session")
def brief_home() -> Callable[[str], AbstractContextManager[Path]]:
    """``with brief_home("a home") as folder:`` is a folder for servers of a test's own.

    In memory where there is some: to make a server writes a thousand files, and soon all are gone.
    """
    memory = embedded.place.MEMORY
    for left in memory.glob("bv-home-*"):  # by runs that were killed
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def home(name: str) -> Iterator[Path]:
        where = memory if embedded.place.memory_has_room() else None
        prefix = f"bv-home-{os.getpid()}-"
        with tempfile.TemporaryDirectory(
            prefix=prefix, dir=where, ignore_cleanup_errors=True
        ) as folder:
            (Path(folder) / name).mkdir()
            yield Path(folder) / name

    return home


# The outside world, as a process of its own


@dataclass(frozen=True)
class RunningSandbox:
    """The sandbox as its users see it: an address, a key, a clock and faults that can be set."""

    address: str
    key: str

    def stand(self, at: datetime | None) -> None:
        """Let its clock stand at an instant; None lets it run."""
        self._put("clock", {"at": None if at is None else at.isoformat()})

    def plan(self, *faults: dict[str, Any]) -> None:
        """Let these go wrong from now on, and nothing else."""
        self._put("faults", {"faults": list(faults)})

    def struck(self) -> list[int]:
        """How often each planned fault struck."""
        told = requests.get(f"{self.address}/sandbox/faults", timeout=10).json()
        return [fault["struck"] for fault in told["faults"]]

    def _put(self, what: str, body: dict[str, Any]) -> None:
        answer = requests.put(f"{self.address}/sandbox/{what}", json=body, timeout=10)
        answer.raise_for_status()


@pytest.fixture
def sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Start `python -m sandbox` on a free port, as often as the test wants; each ends with it."""
    with sandboxes() as start:
        yield start


@pytest.fixture(scope="module")
def module_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """The same, for as long as a module of tests lasts."""
    with sandboxes() as start:
        yield start


@contextmanager
def sandboxes() -> Iterator[Callable[..., RunningSandbox]]:
    running: list[subprocess.Popen[str]] = []

    def start(*, epoch: datetime, key: str = "a-key-for-tests", **options: Any) -> RunningSandbox:
        told = {"port": 0, "epoch": epoch.isoformat(), "key": key, **options}
        named = [f"--{name.replace('_', '-')}={value}" for name, value in told.items()]
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *named],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout
        said = process.stdout.readline()
        return RunningSandbox(said.partition(": ")[2].strip().removesuffix("/sandbox/"), key)

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
            process.communicate(timeout=10)


# The recorded world


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded odds and published reference values, kept beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data is not beside this copy of the project")
    return folder
