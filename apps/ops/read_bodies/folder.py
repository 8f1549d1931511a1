"""What lies in a folder of bodies: of which league each is, when it was taken, how it is written.

A body does not say these things by itself, as a feed of ours does. What its file's name or the
folder's manifest says holds; where nobody says, the body is asked: the league of its games, the
newest update in it, and whether most of its prices can only be American.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from apps.rulebook.errors import RuleBroken
from apps.snapshots.providers.oddsapi import EnvelopeBroken, opened
from apps.snapshots.providers.recorded.bodies import NAME
from apps.snapshots.reading.market import BEHIND_ALLOWED

MANIFEST: Final = "manifest.json"
UNDATED: Final = datetime(2020, 1, 1, tzinfo=UTC)  # for a body that holds no time at all
IN_KEEPING: Final = timedelta(days=7)

_SPORT = re.compile(rb'"sport_key"\s*:\s*"([a-z0-9_]{1,64})"')
_ENDPOINT = re.compile(r"/sports/([a-z0-9_]+)/")
_UPDATE = re.compile(rb'"last_update"\s*:\s*"([0-9T:+.Z-]{20,32})"')
_PRICE = re.compile(rb'"price"\s*:\s*(-?[0-9.]+)')
_COMPLETED = re.compile(rb'"completed"\s*:')
_DRAW = re.compile(rb'"name"\s*:\s*"Draw"')


class NoBodies(RuleBroken):
    code = "NO_BODIES"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no recorded body (*.json) in {folder}.")


@dataclass(frozen=True, slots=True)
class Body:
    """One recorded body, and what it is read by."""

    name: str  # its path in the folder
    content: bytes
    captured_at: datetime
    sport_key: str  # empty: nothing in it belongs to a league
    american: bool
    is_scores: bool

    @property
    def has_draws(self) -> bool:
        return _DRAW.search(self.content) is not None

    def days(self) -> set[date]:
        """The days of everything in it, for which there must be room."""
        oldest, newest = self.captured_at - BEHIND_ALLOWED, self.captured_at + timedelta(days=1)
        updates = (each for each in _updates(self.content) if oldest < each < newest)
        return {moment.date() for moment in (self.captured_at, *updates)}


def bodies_in(folder: Path) -> list[Body]:
    """Return every body of a folder and of those inside it, in the order of their names.

    Raises:
        NoBodies: there is none.
    """
    files = [path for path in sorted(folder.rglob("*.json")) if path.name != MANIFEST]
    if not files:
        raise NoBodies(folder)
    described = {path.parent: _described(path) for path in folder.rglob(MANIFEST)}
    return [_body(path, folder, described.get(path.parent, {})) for path in files]


def _described(manifest: Path) -> dict[str, dict[str, Any]]:
    """What a manifest says of the files beside it; nothing where it is none of ours."""
    try:
        entries = json.loads(manifest.read_bytes())
    except ValueError:
        return {}
    if not isinstance(entries, list):
        return {}
    return {
        entry["file"]: entry for entry in entries if isinstance(entry, dict) and "file" in entry
    }


def _body(path: Path, folder: Path, described: dict[str, dict[str, Any]]) -> Body:
    content = path.read_bytes()
    said = described.get(path.name, {})
    moment = _named_moment(path) or _instant(str(said.get("committed_at", "")))
    try:
        envelope = opened(content)
    except EnvelopeBroken:
        pass
    else:
        content, moment = envelope.board, moment or envelope.timestamp
    endpoint = _ENDPOINT.search(str(said.get("endpoint", "")))
    sport = _SPORT.search(content)
    return Body(
        name=path.relative_to(folder).as_posix(),
        content=content,
        captured_at=(moment or _newest_update(content)).replace(microsecond=0),
        sport_key=sport[1].decode() if sport else endpoint[1] if endpoint else "",
        american=_is_american(content),
        is_scores=_COMPLETED.search(content) is not None,
    )


def _named_moment(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.stem, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _updates(content: bytes) -> Iterator[datetime]:
    for found in _UPDATE.findall(content):
        moment = _instant(found.decode())
        if moment is not None:
            yield moment


def _newest_update(content: bytes) -> datetime:
    """The latest update that is in keeping with the others: one of them may be nonsense."""
    updates = sorted(_updates(content))
    if not updates:
        return UNDATED
    middle = updates[len(updates) // 2]
    return max(moment for moment in updates if moment - middle <= IN_KEEPING)


def _is_american(content: bytes) -> bool:
    """Whether most prices are whole numbers beyond a hundred, which decimal odds hardly are."""
    prices = _PRICE.findall(content)
    whole = sum(b"." not in price and len(price.lstrip(b"-")) >= 3 for price in prices)
    return not prices or 2 * whole > len(prices)
