"""Where one copy of the project keeps its servers: folders, sockets, ports, passwords, locks."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from apps.ops.embedded.trouble import StackTrouble

LOOPBACK = "127.0.0.1"
PASSWORDS = ("superuser", "owner", "login", "valkey")
# Below the ports that the kernel lends to clients: one that tries again and again to reach a
# server that is away would sooner or later be lent the server's port, and answer itself.
PORTS = range(20_000, 32_000)
PORTS_TRIED = 200
# A unix socket's path is limited to 107 bytes on Linux and 103 on macOS, file name included.
LONGEST_SOCKET_FOLDER = 80
# Linux keeps these files in memory, and elsewhere there is no such folder.
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 3_000_000_000


@dataclass(frozen=True)
class Place:
    """The corner `<project>/.stack/<kind>` belongs to one pair of servers and to nobody else."""

    project: Path
    kind: str

    @cached_property
    def folder(self) -> Path:
        return self.project / ".stack" / self.kind

    @property
    def name(self) -> str:
        """Tells this copy of the project apart from every other one on the machine."""
        return hashlib.md5(str(self.folder).encode(), usedforsecurity=False).hexdigest()[:10]

    @property
    def state_file(self) -> Path:
        return self.folder / "stack.json"

    def prepare(self) -> None:
        """Make the folders. They hold passwords and data, so nobody else may read them."""
        for folder in (self.folder.parent, self.folder):
            if folder.is_symlink():
                _make_own(folder.readlink())  # what was in memory is gone after a restart
            folder.mkdir(exist_ok=True)
            # Run as root, the server is another user, who has to walk through to its data.
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def move_to_memory(self) -> None:
        """Begin anew in a folder that lies in memory, with the same ports and passwords.

        A copied database is a thousand files, and on a disk it matters that as many were deleted
        just before: ext4 looks at each of them again before it gives another its number.
        """
        if self.folder.is_symlink() or not memory_has_room():
            return
        state, there = self.read(), MEMORY / f"bv-{self.name}"
        shutil.rmtree(self.folder)
        self.folder.symlink_to(there)
        self.prepare()
        self.write(state)

    def forget(self) -> None:
        """Remove the folder, wherever it lies. No server runs."""
        shutil.rmtree(self.folder.resolve(), ignore_errors=True)
        if self.folder.is_symlink():
            self.folder.unlink()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process at a time starts or stops these servers."""
        try:
            self.prepare()
            with self._lock_file("lock") as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
        except PermissionError as error:
            raise StackTrouble(
                f"'{error.filename}' belongs to another user. Run this as that user, "
                f"or let that user remove it to start over."
            ) from error

    @contextlib.contextmanager
    def _lock_file(self, suffix: str) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT
        descriptor = os.open(self.folder.parent / f"{self.kind}.{suffix}", flags, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Counts as a user of the servers until the block ends or the process dies."""
        self.prepare()
        with self._lock_file("users") as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield

    @contextlib.contextmanager
    def if_unused(self) -> Iterator[bool]:
        """Whether nobody uses the servers; while the block runs nobody can begin to."""
        self.prepare()
        with self._lock_file("users") as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def read(self) -> "State":
        """The remembered ports and passwords; chosen and written down the first time."""
        try:
            stored = json.loads(self.state_file.read_text())
            return State(stored["postgres_port"], stored["valkey_port"], stored["passwords"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError) as error:
            raise StackTrouble(
                f"'{self.state_file}' is damaged. `make reset` starts over with an empty database."
            ) from error
        state = State(
            postgres_port=free_port(),
            valkey_port=free_port(),
            passwords={name: secrets.token_urlsafe(24) for name in PASSWORDS},
        )
        self.write(state)
        return state

    def write(self, state: "State") -> None:
        """Replace the state as a whole: a reader sees the old one or the new one."""
        fresh = self.state_file.with_suffix(".new")
        with open(fresh, "w", opener=_private) as file:
            json.dump(vars(state), file, indent=2)
        fresh.replace(self.state_file)

    @property
    def socket_folder(self) -> Path:
        """A short private folder for sockets: the project's own path may be too long for them."""
        for base in (tempfile.gettempdir(), "/tmp"):
            folder = Path(base) / f"bv-{self.name}"
            if len(str(folder)) <= LONGEST_SOCKET_FOLDER:
                break
        return folder

    def prepare_sockets(self, hand_over: Callable[[Path], None]) -> Path:
        """Make the folder, empty and closed to others; a stranger's is refused."""
        self.forget_sockets()
        self.socket_folder.mkdir(mode=0o700)
        hand_over(self.socket_folder)
        return self.socket_folder

    def forget_sockets(self) -> None:
        """Remove the folder. No server runs; after a kill its sockets and locks are still there."""
        if self.socket_folder.is_symlink():
            self.socket_folder.unlink()
        elif self.socket_folder.exists():
            shutil.rmtree(self.socket_folder)


@dataclass(frozen=True)
class State:
    postgres_port: int
    valkey_port: int
    passwords: dict[str, str]


def memory_has_room() -> bool:
    """Whether test databases fit into memory beside everything that works on them."""
    if not MEMORY.is_dir():
        return False
    free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available // 2)
    return free >= MEMORY_WANTED


def _make_own(folder: Path) -> None:
    """Make a folder where everybody may; a stranger's of that name is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StackTrouble(f"'{folder}' belongs to another user: let that user remove it.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def free_port() -> int:
    """A port that nobody listens on, drawn so that two folders seldom draw the same."""
    for _ in range(PORTS_TRIED):
        port = secrets.choice(PORTS)
        if is_free(port):
            return port
    raise StackTrouble(
        f"No free port was found between {PORTS.start} and {PORTS.stop - 1}. Something on this"
        " machine listens on very many of them: `ss -ltn` shows what."
    )


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
