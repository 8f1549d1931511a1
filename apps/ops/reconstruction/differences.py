"""Hold what was made again against what was live, and find where it first went another way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from apps.ops.reconstruction.said import RECEIPTS, Facts, Said
from apps.picks.actions.moving import WRITTEN

ITSELF: Final = "itself"
_ORDER: Final = {name: place for place, name in enumerate(RECEIPTS)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same on both sides: what each says where they differ."""

    live: Said | None
    again: Said | None
    fields: Mapping[str, tuple[Any, Any]]
    at: datetime  # since when they differ, as far as their rows say

    @property
    def said(self) -> Said:
        found = self.live or self.again
        assert found is not None
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.said.what,
            "tenant": self.said.tenant,
            "league": self.said.league,
            "key": self.said.key,
            "at": self.at.isoformat(),
            "is": "different" if self.live and self.again else "missing" if self.live else "extra",
            "fields": {
                name: {"live": live, "reconstructed": again}
                for name, (live, again) in sorted(self.fields.items())
            },
        }


def differences(live: Facts, again: Facts) -> list[Difference]:
    """Compare key by key; the earliest difference first."""
    found = [
        difference
        for key in live.keys() | again.keys()
        if (difference := _compared(live.get(key), again.get(key))) is not None
    ]
    return sorted(found, key=_place)


def _place(difference: Difference) -> tuple[datetime, int, str, str, str]:
    said = difference.said
    return (difference.at, _ORDER.get(said.what, len(_ORDER)), said.what, said.tenant, said.key)


def _compared(live: Said | None, again: Said | None) -> Difference | None:
    if live is None or again is None:
        there = live or again
        assert there is not None
        return Difference(live, again, {}, there.at)
    # What only one side was asked for had moved on after the window.
    names = live.says.keys() & again.says.keys()
    fields = {
        name: (live.says[name], again.says[name])
        for name in names
        if live.says[name] != again.says[name]
    }
    return Difference(live, again, fields, _since(live, again, fields)) if fields else None


def _since(live: Said, again: Said, fields: Mapping[str, Any]) -> datetime:
    """A pick that was made alike and moved otherwise differs since the first such move."""
    made = min(live.at, again.at)
    if "moves" not in fields or not fields.keys() <= {"moves", *WRITTEN}:
        return made
    moves = zip_longest(live.says["moves"], again.says["moves"])
    first = next(pair for pair in moves if pair[0] != pair[1])
    return min(datetime.fromisoformat(move["changed_at"]) for move in first if move)


class Causes:
    """The first receipt that differs, for everything that came after it in its league."""

    def __init__(self, receipts: Iterable[Difference]) -> None:
        self.by_league: defaultdict[str, list[Difference]] = defaultdict(list)
        for receipt in receipts:
            self.by_league[receipt.said.league].append(receipt)

    def of(self, difference: Difference) -> dict[str, Any]:
        """Name the earliest receipt that a row could have followed from; else the row itself."""
        said = difference.said
        for receipt in self.by_league[said.league]:
            if receipt.at > difference.at:
                break
            if receipt.said.tenant in ("", said.tenant):
                return receipt.to_json()
        return {"what": ITSELF}
