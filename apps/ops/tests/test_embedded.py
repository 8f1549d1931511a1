"""The embedded servers on a machine where everything happens: kills, crowds, taken ports."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from apps.ops import embedded
from apps.ops.embedded import processes
from apps.ops.embedded.place import MEMORY, Place
from apps.ops.embedded.postgres import Postgres
from apps.ops.embedded.roles import DATABASE, LOGIN

pytestmark = pytest.mark.slow

AS_ROOT = os.geteuid() == 0
ENSURE = "import sys; from pathlib import Path; from apps.ops import embedded; " + (
    "print(embedded.ensure('test', project=Path(sys.argv[1])))"
)


@pytest.fixture
def project(brief_home: Any) -> Iterator[Path]:
    with brief_home("a copy of the project") as folder:
        yield folder
        for kind in ("dev", "test"):
            embedded.stop(kind, project=folder)


@pytest.fixture(scope="module")
def made(brief_home: Any) -> Iterator[Path]:
    """A project whose servers were made and stand still: to make them takes longest."""
    with brief_home("a made copy of the project") as folder:
        embedded.ensure("test", project=folder)
        embedded.stop("test", project=folder)
        yield folder


@pytest.fixture
def used(made: Path, project: Path) -> Path:
    """A project that has had servers before."""
    subprocess.run(["cp", "-a", made / ".stack", project / ".stack"], check=True)
    return project


@pytest.fixture(scope="module")
def standing(brief_home: Any) -> Iterator[Path]:
    """A project whose servers run; for tests that change nothing about them."""
    with brief_home("a standing copy of the project") as folder:
        embedded.ensure("test", project=folder)
        yield folder
        embedded.stop("test", project=folder)


def inhabitants(folder: Path) -> list[str]:
    """Every process whose working folder lies in `folder`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(process.name())
    return found


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def in_another_process(project: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(project)],
        cwd=embedded.PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def claimed(port: int) -> Iterator[None]:
    """Take a port as soon as it is free."""
    deadline = time.monotonic() + 10
    while True:
        try:
            stranger = socket.create_server(("127.0.0.1", port))
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            break
    with stranger:
        yield


def revived(project: Path) -> list[str]:
    """Look after the servers until one had to be started again: a kill takes a moment."""
    deadline = time.monotonic() + 30
    while not (found := embedded.revive("test", project=project)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


class TestStart:
    def test_serves_postgresql_18_and_valkey_on_loopback_only(self, standing):
        where = embedded.ensure("test", project=standing)

        assert str(ask(where.database_url, "SHOW server_version")).startswith("18.")
        with redis.Redis.from_url(where.redis_url) as client:
            assert client.ping()
        for pid in embedded.status("test", project=standing).values():
            lines = psutil.Process(pid).net_connections("inet")
            listening = {line.laddr.ip for line in lines if line.status == psutil.CONN_LISTEN}
            assert listening == {"127.0.0.1"}

    def test_wants_a_password_of_everybody(self, standing):
        where = embedded.ensure("test", project=standing)
        name, _, rest = where.database_url.partition("//")[2].partition(":")
        address = rest.partition("@")[2]

        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{name}@{address}", connect_timeout=5)
        with (
            redis.Redis.from_url(f"redis://{where.redis_url.rpartition('@')[2]}") as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()

    def test_gives_each_role_what_it_needs_and_no_more(self, standing):
        where = embedded.ensure("test", project=standing)
        attributes = (
            "SELECT row(rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication)::text"
            " FROM pg_roles WHERE rolname = current_user"
        )

        assert ask(where.database_url, attributes) == "(f,f,f,f,f)"
        assert ask(where.owner_url, attributes) == "(f,t,t,f,f)"
        assert ask(where.database_url, "SHOW statement_timeout") == "5s"
        assert ask(where.database_url, "SHOW lock_timeout") == "2s"
        assert ask(where.database_url, "SHOW idle_in_transaction_session_timeout") == "15s"
        assert ask(where.owner_url, "SHOW max_locks_per_transaction") == "1024"
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'beatvegas'"
        assert ask(where.database_url, owner) == "beatvegas_owner"

    def test_is_careless_only_where_data_is_thrown_away(self, project):
        careless = embedded.ensure("test", project=project)
        careful = embedded.ensure("dev", project=project)

        assert ask(careless.database_url, "SHOW fsync") == "off"
        assert ask(careful.database_url, "SHOW fsync") == "on"
        assert ask(careful.database_url, "SHOW synchronous_commit") == "on"
        assert careless.database_url != careful.database_url

    def test_keeps_passwords_to_itself(self, standing):
        embedded.ensure("test", project=standing)

        place = Place(standing, "test")
        for secret in (place.state_file, place.folder / "valkey" / "valkey.conf"):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600

    @pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
    def test_works_for_an_ordinary_user(self, project):
        nobody = pwd.getpwnam("nobody")
        os.chown(project, nobody.pw_uid, nobody.pw_gid)
        # The interpreter may lie in root's home: the user may read it, and write nothing there.
        user = processes.RunAs(nobody.pw_uid, nobody.pw_gid, through_closed_doors=True)

        started = user.run([sys.executable, "-c", ENSURE, project], cwd=embedded.PROJECT)

        assert started.returncode == 0, started.stderr
        pids = embedded.status("test", project=project)
        assert {psutil.Process(pid).uids().real for pid in pids.values()} == {nobody.pw_uid}


class TestMemory:
    def test_holds_what_is_thrown_away_until_it_is_forgotten_or_the_machine_restarts(self, project):
        place = Place(project, "test")
        before = embedded.addresses("test", project=project)

        embedded.live_in_memory("test", project=project)

        there = place.folder.resolve()
        if there == place.folder:
            pytest.skip("this machine has no memory to spare")
        assert there.parent == MEMORY
        assert stat.S_IMODE(there.stat().st_mode) == (0o711 if AS_ROOT else 0o700)
        assert embedded.addresses("test", project=project) == before
        shutil.rmtree(there)  # as a restart of the machine does
        embedded.addresses("test", project=project)
        assert there.is_dir()
        place.forget()
        assert not there.exists()
        assert not place.folder.is_symlink()

    def test_is_not_moved_to_under_a_user(self, project):
        embedded.addresses("test", project=project)
        with embedded.in_use("test", project=project):
            embedded.live_in_memory("test", project=project)

        assert not Place(project, "test").folder.is_symlink()

    @pytest.mark.skipif(not AS_ROOT, reason="only root can make somebody else's folder")
    def test_of_a_stranger_is_refused(self, project, tmp_path):
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, 1, 1)
        place = Place(project, "test")
        place.folder.parent.mkdir()
        place.folder.symlink_to(theirs)

        with pytest.raises(embedded.StackTrouble, match="another user"):
            embedded.addresses("test", project=project)
        place.folder.unlink()


class TestReuse:
    def test_a_second_process_finds_the_running_servers(self, standing):
        first = embedded.ensure("test", project=standing)
        pids = embedded.status("test", project=standing)

        with in_another_process(standing) as other:
            answer, _ = other.communicate(timeout=30)

        assert answer.strip() == str(first)
        assert embedded.status("test", project=standing) == pids

    def test_two_starters_at_once_start_one(self, project):
        with in_another_process(project) as one, in_another_process(project) as two:
            answers = {process.communicate(timeout=60)[0] for process in (one, two)}

        assert len(answers) == 1
        assert inhabitants(project).count("valkey-server") == 1
        assert "postgres" in inhabitants(project)

    def test_another_folder_has_servers_of_its_own(self, project, tmp_path):
        other = tmp_path / "other"
        other.mkdir()
        here = embedded.ensure("test", project=project)
        try:
            there = embedded.ensure("test", project=other)

            urls = [*vars(here).values(), *vars(there).values()]
            assert len({url.rpartition(":")[2] for url in urls}) == 4  # owner and login share one
            with psycopg.connect(here.owner_url) as connection:
                connection.execute("CREATE TABLE ours (id integer)")
            assert ask(there.owner_url, "SELECT to_regclass('ours')") is None
        finally:
            embedded.stop("test", project=other)

    def test_the_last_holder_stops_the_servers(self, used):
        with embedded.hold("test", project=used):
            with embedded.hold("test", project=used):
                pass
            assert None not in embedded.status("test", project=used).values()

        assert set(embedded.status("test", project=used).values()) == {None}


class TestAfterAKill:
    def test_comes_back_with_everything_that_was_committed(self, project):
        where = embedded.ensure("dev", project=project)
        with psycopg.connect(where.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        before = embedded.status("dev", project=project)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)

        again = embedded.ensure("dev", project=project)

        assert again == where
        assert ask(again.owner_url, "SELECT number FROM kept") == 7
        after = embedded.status("dev", project=project)
        assert None not in after.values()
        assert set(after.values()).isdisjoint(before.values())

    def test_is_revived_by_whoever_looks_after_it(self, used):
        where = embedded.ensure("test", project=used)
        assert embedded.revive("test", project=used) == []
        before = embedded.status("test", project=used)
        os.kill(before["Valkey"], signal.SIGKILL)

        assert revived(used) == ["Valkey"]

        os.kill(before["PostgreSQL"], signal.SIGKILL)

        assert revived(used) == ["PostgreSQL"]
        assert embedded.addresses("test", project=used) == where
        assert set(embedded.status("test", project=used).values()).isdisjoint(before.values())

    def test_says_so_where_it_cannot_come_back_to_its_place(self, used):
        where = embedded.ensure("test", project=used)
        port = int(where.redis_url.rpartition(":")[2].partition("/")[0])
        os.kill(embedded.status("test", project=used)["Valkey"], signal.SIGKILL)

        with (
            claimed(port),
            pytest.raises(embedded.StackTrouble, match=r"Another program took the port.*make up"),
        ):
            embedded.revive("test", project=used)

    def test_finishes_what_a_killed_starter_began(self, used):
        where = embedded.ensure("test", project=used)
        with Postgres(Place(used, "test")).superuser_connection() as connection:
            connection.execute(f"DROP DATABASE {DATABASE}")
            connection.execute(f"DROP ROLE {LOGIN}")

        embedded.ensure("test", project=used)

        assert ask(where.database_url, "SELECT current_user::text") == LOGIN

    def test_is_not_fooled_by_a_pid_that_is_somebody_elses_now(self, used):
        folder = Place(used, "test").folder
        (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
        (folder / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")

        embedded.ensure("test", project=used)

        assert os.getpid() not in embedded.status("test", project=used).values()
        assert None not in embedded.status("test", project=used).values()

    def test_moves_when_another_program_took_its_port(self, used):
        old = embedded.addresses("test", project=used)
        port = int(old.redis_url.rpartition(":")[2].partition("/")[0])
        with socket.create_server(("127.0.0.1", port)):
            new = embedded.ensure("test", project=used)

        assert new.redis_url != old.redis_url
        assert new.database_url == old.database_url
        with redis.Redis.from_url(new.redis_url) as client:
            assert client.ping()


class TestStop:
    def test_leaves_nothing_behind_but_the_data(self, used):
        embedded.ensure("test", project=used)
        sockets = Place(used, "test").socket_folder
        assert len(list(sockets.iterdir())) == 2  # the socket and its lock
        assert len(str(sockets)) < 100

        embedded.stop("test", project=used)
        embedded.stop("test", project=used)

        assert inhabitants(used) == []
        assert not sockets.exists()
        folder = Place(used, "test").folder
        assert not (folder / "postgres" / "postmaster.pid").exists()
        assert not (folder / "valkey" / "valkey.pid").exists()

    def test_clears_away_what_a_kill_left(self, used):
        embedded.ensure("test", project=used)
        for pid in embedded.status("test", project=used).values():
            os.kill(pid, signal.SIGKILL)

        embedded.stop("test", project=used)

        assert inhabitants(used) == []
        assert not Place(used, "test").socket_folder.exists()
        assert not (Place(used, "test").folder / "postgres" / "postmaster.pid").exists()


class TestTrouble:
    def test_is_named_when_the_data_is_of_another_version(self, used):
        (Place(used, "test").folder / "postgres" / "PG_VERSION").write_text("17\n")

        with pytest.raises(embedded.StackTrouble, match=r"PostgreSQL 17.*make reset"):
            embedded.ensure("test", project=used)

    def test_is_named_when_the_passwords_are_lost(self, used):
        Place(used, "test").state_file.unlink()

        with pytest.raises(embedded.StackTrouble, match="make reset"):
            embedded.ensure("test", project=used)

    def test_shows_the_servers_own_words(self, used):
        (Place(used, "test").folder / "postgres" / "postgresql.conf").write_text("wrong = 1\n")

        with pytest.raises(embedded.StackTrouble, match="unrecognized configuration parameter"):
            embedded.ensure("test", project=used)


class TestEnvironment:
    def test_is_told_where_the_servers_will_be_without_starting_them(self, project):
        told: dict[str, str] = {}

        embedded.export_environment("test", project=project, environment=told)

        where = embedded.addresses("test", project=project)
        assert told == {
            "DATABASE_URL": where.database_url,
            "DATABASE_OWNER_URL": where.owner_url,
            "REDIS_URL": where.redis_url,
        }
        assert inhabitants(project) == []

    def test_is_not_overruled(self, project):
        told = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere"}

        embedded.export_environment("test", project=project, environment=told)

        assert told == {
            "DATABASE_URL": "postgresql://elsewhere/db",
            "REDIS_URL": "redis://elsewhere",
        }
