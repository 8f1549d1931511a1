"""What is to be played: the files, the tenant, the window."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from apps.rulebook.errors import RuleBroken

PROFILES = ("measured", "raw")


class RecordingUnusable(RuleBroken):
    code = "RECORDING_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Recording:
    """The arguments of a rehearsal, as the playing process gets them."""

    changelogs: tuple[str, ...]
    bodies: tuple[str, ...]
    events: str
    histories: tuple[str, ...]
    results: tuple[str, ...]
    tenant: str
    profile: str = "measured"
    start: str = ""
    end: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        named: dict[str, Any] = json.loads(text)
        for key, value in named.items():
            named[key] = tuple(value) if isinstance(value, list) else value
        return cls(**named)

    def files(self) -> list[Path]:
        named = [*self.changelogs, *self.bodies, self.events, *self.histories, *self.results]
        return [Path(name) for name in named if name]

    def require_usable(self) -> None:
        """Refuse, before anything is built, what cannot be played.

        Raises:
            RecordingUnusable: a file is missing, or there is nothing to play.
        """
        missing = [str(path) for path in self.files() if not path.exists()]
        if missing:
            raise RecordingUnusable(f"There is no file {', '.join(missing)}.")
        if not self.changelogs and not self.bodies:
            raise RecordingUnusable("Name a change log or a folder of recorded bodies to play.")
        if self.profile not in PROFILES:
            raise RecordingUnusable(f"Profile is one of {', '.join(PROFILES)}.")
        if self.start and self.end and instant(self.start) > instant(self.end):
            raise RecordingUnusable("The window ends before it starts.")

    def fingerprint(self) -> str:
        """Identify the recording by its content, wherever the files lie (sha256, hex)."""
        digest = sha256()
        for path in self.files():
            for file in sorted(path.iterdir()) if path.is_dir() else [path]:
                digest.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
        settings: dict[str, Any] = {"tenant": self.tenant, "profile": self.profile}
        digest.update(json.dumps(settings, sort_keys=True).encode())
        return digest.hexdigest()


def instant(text: str) -> datetime:
    """Read an ISO instant that names its offset.

    Raises:
        RecordingUnusable: it is no instant, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RecordingUnusable(f"{text!r} is no instant; write 2025-10-05T17:00:00Z.") from None
    if moment.tzinfo is None:
        raise RecordingUnusable(f"{text!r} names no offset; end it with Z for UTC.")
    return moment
