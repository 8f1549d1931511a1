"""The steps of a reconstruction, in the order in which the live database saw their commits."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self


class Kind(StrEnum):
    """What is done in one step."""

    POLL = "POLL"  # an answer is stored
    READ = "READ"  # a stored answer is read
    REREAD = "REREAD"  # what waited for an answer is read again
    STAGE = "STAGE"  # a stage is called, for the platform or for one tenant
    ROW = "ROW"  # a row that people keep is made, or changes
    ALERT = "ALERT"  # an alert that no stage raises opens, worsens or ends
    REVIEW = "REVIEW"  # a person decides a question
    PICK = "PICK"  # a person publishes, supersedes or withdraws a pick
    GRADE = "GRADE"  # two people override a grade
    REGRADE = "REGRADE"  # graded picks are settled again by another version of their rules


# Among steps that share an instant of a player: bytes first, then the stages in their order, and
# what follows from them.
FIRST, LAST = 0, 99


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was committed, at which business time, and with what."""

    kind: Kind
    at: datetime
    tenant: str
    told: Mapping[str, Any]

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "at": self.at.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        told = json.loads(text)
        return cls(
            kind=Kind(told["kind"]),
            at=datetime.fromisoformat(told["at"]),
            tenant=told["tenant"],
            told=told["told"],
        )


# When the database saw it, its place among what it saw then, and the order of its row.
Place = tuple[datetime, int, int]
Placed = tuple[Place, Step]


def in_order(placed: Iterable[Placed]) -> list[Step]:
    return [step for _place, step in sorted(placed, key=lambda one: one[0])]


def write(steps: Iterable[Step], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(step.to_json() + "\n" for step in steps)


def read(path: Path) -> Iterator[Step]:
    with path.open(encoding="utf-8") as file:
        yield from map(Step.from_json, file)
