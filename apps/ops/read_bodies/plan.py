"""Which feeds a folder of bodies makes, and where their bodies lie for the recorded adapter."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from apps.ops.read_bodies.folder import Body
from apps.snapshots.providers.recorded.bodies import NAME

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PlannedFeed:
    """The bodies of one league that are written the same way, by the instant of their poll."""

    folder: str
    sport_key: str
    has_draws: bool
    american: bool
    is_scores: bool
    names: dict[str, str]  # ISO instant -> name of the body


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the reading process has to know."""

    feeds: tuple[PlannedFeed, ...]
    days: tuple[str, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        told = json.loads(text)
        feeds = tuple(PlannedFeed(**feed) for feed in told["feeds"])
        return cls(feeds=feeds, days=tuple(told["days"]))


def laid_out(bodies: Sequence[Body], root: Path) -> Plan:
    """Copy the bodies into a folder per feed under ``root``, each named after its poll.

    Of two that were taken in the same second the later in order is taken to be a second later.
    """
    groups: defaultdict[tuple[str, bool, bool], list[Body]] = defaultdict(list)
    for body in bodies:
        groups[body.sport_key, body.american, body.is_scores].append(body)
    feeds = []
    for index, ((sport_key, american, is_scores), group) in enumerate(sorted(groups.items())):
        folder = root / f"feed{index}"
        folder.mkdir()
        names: dict[str, str] = {}
        for body in group:
            moment = _free(body.captured_at, names)
            names[moment.isoformat()] = body.name
            (folder / f"{moment.strftime(NAME)}.json").write_bytes(body.content)
        feeds.append(
            PlannedFeed(
                folder=str(folder),
                sport_key=sport_key,
                has_draws=any(body.has_draws for body in group),
                american=american,
                is_scores=is_scores,
                names=names,
            )
        )
    days = {day.isoformat() for body in bodies for day in body.days()}
    return Plan(feeds=tuple(feeds), days=tuple(sorted(days)))


def _free(moment: datetime, taken: dict[str, str]) -> datetime:
    while moment.isoformat() in taken:
        moment += SECOND
    return moment
