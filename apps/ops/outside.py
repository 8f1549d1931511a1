"""The world outside that a development stack talks to: the sandbox, or the real provider.

The sandbox is a process of its own, and what it plays follows from a few numbers. They are made up
once and remembered beside the database, so that a restart finds the world that its rows tell of.
"""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from apps.ops.embedded.place import LOOPBACK, Place, free_port, is_free
from apps.ops.embedded.trouble import StackTrouble
from apps.ops.history.span import PLAYED_DAYS
from apps.ops.supervisor import Service

SEED, PACE = 7, 1.0
KEY_VARIABLE, URL_VARIABLE = "ODDS_API_KEY", "ODDS_API_URL"
TELEGRAM_VARIABLE = "TELEGRAM_URL"
# All that a server of the outside world may know of this machine: no address, no password.
_HARMLESS = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "BEATVEGAS_HOME"}


def real_provider() -> bool:
    """Whether somebody gave a key of the real provider: then no sandbox is needed."""
    return bool(os.environ.get(KEY_VARIABLE))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One made-up world, named by what it follows from, and where it answers."""

    seed: int
    epoch: datetime  # when it began to live; before it lies its history
    key: str
    port: int
    pace: float = PACE  # times faster that it lives after the epoch
    days: int = PLAYED_DAYS  # of its history that are played at the first start
    calls_a_second: int = 30  # as the real provider lets through

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def page(self) -> str:
        return f"{self.address}/sandbox/"

    @property
    def bot_token(self) -> str:
        """The only token that its Telegram knows: of this world, like its key."""
        return f"7000000001:AA{sha256(f'bot|{self.key}'.encode()).hexdigest()[:33]}"

    @property
    def chats(self) -> str:
        """The page of what its Telegram was told."""
        return f"{self.page}chats"

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "sandbox", "--port", str(self.port), "--key", self.key),
            *("--epoch", self.epoch.isoformat(), "--seed", str(self.seed)),
            *("--pace", str(self.pace), "--calls-a-second", str(self.calls_a_second)),
            *("--bot-token", self.bot_token),
        ]

    def service(self) -> Service:
        return Service("sandbox", self.command(), harmless_environment())

    def environment(self) -> dict[str, str]:
        """What the platform needs to know to ask it."""
        return {
            URL_VARIABLE: self.address,
            KEY_VARIABLE: self.key,
            TELEGRAM_VARIABLE: self.address,
        }

    def answers(self, *, within: float) -> bool:
        """Whether it answers, now or before so many seconds have passed."""
        deadline = time.monotonic() + within
        while True:
            try:
                with urllib.request.urlopen(f"{self.page}health", timeout=5):
                    return True
            except OSError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)

    def stand_at(self, at: datetime) -> None:
        """Stop its clock at an instant, until it is stopped at another."""
        body = json.dumps({"at": at.isoformat()}).encode()
        request = urllib.request.Request(f"{self.page}clock", body, method="PUT")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10):
            pass


def remembered_sandbox(
    place: Place, *, at: datetime, pace: float = PACE, days: int = PLAYED_DAYS
) -> Sandbox:
    """Return this folder's world, made up at ``at`` where there is none yet.

    Pace and days are those of the first start. Its port is the remembered one unless another
    program has that now.
    """
    file = place.folder / "sandbox.json"
    known = _read(file)
    wanted = known or Sandbox(
        seed=SEED,
        epoch=at.replace(second=0, microsecond=0),
        key=secrets.token_hex(16),
        port=free_port(),
        pace=pace,
        days=days,
    )
    if not is_free(wanted.port):
        wanted = replace(wanted, port=free_port())
    if wanted != known:
        _write(file, wanted)
    return wanted


def noted_outside(place: Place, *, sandboxed: bool) -> bool:
    """Note which outside world this folder talks to now; tell whether it was another before."""
    file = place.folder / "outside"
    now = "sandbox" if sandboxed else "provider"
    before = file.read_text() if file.exists() else now
    file.write_text(now)
    return before != now


def harmless_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in _HARMLESS}
    return {**kept, "PYTHONUNBUFFERED": "1", **(more or {})}


def _read(file: Path) -> Sandbox | None:
    try:
        told = json.loads(file.read_text())
        return Sandbox(**{**told, "epoch": datetime.fromisoformat(told["epoch"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StackTrouble(
            f"'{file}' is damaged. `make reset` starts over with an empty database."
        ) from error


def _write(file: Path, world: Sandbox) -> None:
    told = {name: value for name, value in asdict(world).items() if name != "calls_a_second"}
    fresh = file.with_suffix(".new")
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
        json.dump({**told, "epoch": world.epoch.isoformat()}, written, indent=2)
    fresh.replace(file)
