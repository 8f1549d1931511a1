"""Processes of the embedded servers: start detached, recognise, end; and whom they run as."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from apps.ops.embedded.trouble import StackTrouble

SERVER_USER = "beatvegas-db"
ROTATE_LOG_AT_BYTES = 20_000_000


@dataclass(frozen=True)
class RunAs:
    """PostgreSQL refuses to be root; then it runs as a user who owns its data and nothing else.

    `through_closed_doors`: the project lies in a folder that other users may not enter (such as
    root's home). The server then keeps one capability, so that it can walk to its own data.
    """

    uid: int | None = None
    gid: int | None = None
    through_closed_doors: bool = False

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def command(self, command: Sequence[str | Path]) -> list[str]:
        words = [str(word) for word in command]
        if not self.through_closed_doors:
            return words
        capability = "+dac_override"
        return [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            f"--inh-caps={capability}",
            f"--ambient-caps={capability}",
            # Without it access(2), by which PostgreSQL looks for its own files, forgets the key.
            "--securebits=+no_setuid_fixup",
            *words,
        ]

    def switch(self) -> tuple[int | None, int | None]:
        """User and group to become before the command starts, where setpriv does not do it."""
        return (None, None) if self.through_closed_doors else (self.uid, self.gid)

    def run(
        self, command: Sequence[str | Path], *, cwd: Path | str = "/"
    ) -> subprocess.CompletedProcess[str]:
        uid, gid = self.switch()
        return subprocess.run(
            self.command(command),
            cwd=cwd,
            env=clean_environment(),
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def clean_environment() -> dict[str, str]:
    """A server's behaviour must not depend on the shell it was started from (PGPORT, LANG...)."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def run_as(*, initdb: Path, folder: Path, owner: int | None) -> RunAs:
    """Whom the server that lives in `folder` runs as: its data's owner, or a user of its own."""
    if os.geteuid() != 0:
        return RunAs()
    user = pwd.getpwuid(owner) if owner else _server_user()
    plain = RunAs(user.pw_uid, user.pw_gid)
    if _works(plain, initdb, folder):
        return plain
    with_key = RunAs(user.pw_uid, user.pw_gid, through_closed_doors=True)
    if shutil.which("setpriv") and _works(with_key, initdb, folder):
        return with_key
    raise StackTrouble(
        f"PostgreSQL does not run as root, and the user '{user.pw_name}' may not enter "
        f"'{folder}'. Move the project to a folder that others may enter, such as /srv, "
        "or run it as an ordinary user."
    )


def _works(runner: RunAs, initdb: Path, folder: Path) -> bool:
    """Whether this user can enter the folder and finds all of PostgreSQL's own files."""
    probe = ["/bin/sh", "-c", 'cd "$1" && exec "$2" --show -D "$1/probe"', "sh"]
    try:
        return runner.run([*probe, folder, initdb]).returncode == 0
    except PermissionError:
        return False


def _server_user() -> pwd.struct_passwd:
    """A system user of our own; `nobody`, where none can be made."""
    if shutil.which("useradd"):
        for _ in range(20):
            try:
                return pwd.getpwnam(SERVER_USER)
            except KeyError:
                # Fails harmlessly where a second copy of the project makes the user just now.
                make = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
                make += ["--shell", "/usr/sbin/nologin", SERVER_USER]
                subprocess.run(make, capture_output=True, check=False)
                time.sleep(0.05)
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise StackTrouble(
            "PostgreSQL does not run as root, and this machine has no other user. "
            f"Make one with: useradd --system {SERVER_USER}"
        ) from None


def start_detached(command: Sequence[str | Path], *, runner: RunAs, cwd: Path, log: Path) -> int:
    """Start a server and return its pid. It is nobody's child and outlives the caller."""
    if log.exists() and log.stat().st_size > ROTATE_LOG_AT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    uid, gid = runner.switch()
    job = {
        "command": runner.command(command),
        "cwd": str(cwd),
        "env": clean_environment(),
        "log": str(log),
        "user": uid,
        "group": gid,
    }
    script = Path(__file__).with_name("detach.py")
    launched = subprocess.run(
        [sys.executable, "-I", "-S", str(script), json.dumps(job)],
        capture_output=True,
        text=True,
        check=False,
    )
    if launched.returncode != 0:
        last = (launched.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StackTrouble(f"'{command[0]}' does not start: {last}")
    return int(launched.stdout)


def is_alive(pid: int) -> bool:
    """Whether the process runs. One that ended and that no init reaps does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def living(pid: int | None, *, program: str, home: Path) -> psutil.Process | None:
    """The server with this pid, if it lives and its home is ours.

    After a kill -9 or a reboot a remembered pid may be nobody's, a zombie that no init reaps, or
    an unrelated process: none of these is the server.
    """
    if pid is None or pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return process if is_alive(pid) and _is_ours(process, program, home) else None


def end_leftovers(*, program: str, home: Path, patience: float = 5.0) -> None:
    """End what a killed server left behind: its workers hold the shared memory for a moment."""
    leftovers = [each for each in psutil.process_iter() if _is_ours(each, program, home)]
    _, stubborn = psutil.wait_procs(leftovers, timeout=patience)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=patience)


def has_ended(process: psutil.Process, *, within: float) -> bool:
    """Wait for the end of a process that may be nobody's child (a zombie counts as ended)."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not process.is_running() or not is_alive(process.pid):
            return True
        time.sleep(0.02)
    return False


def _is_ours(process: psutil.Process, program: str, home: Path) -> bool:
    """By program and folder: somebody's shell may stand in the same folder."""
    try:
        return process.name() == program and process.cwd() == os.path.realpath(home)
    except psutil.Error:
        return False


def last_lines(log: Path, count: int = 12) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        return f"(no log at {log})"
    return "\n".join(f"    {line}" for line in lines)
