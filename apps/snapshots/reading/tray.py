"""Where pieces that are not believed are laid aside, and how they are counted."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from apps.snapshots.reading.codes import COUNTED_ONLY, Quarantined

FRAGMENT_LENGTH = 500


class Piece(NamedTuple):
    """One piece that was set aside, as a quarantined row keeps it."""

    code: Quarantined
    place: str
    source_event_id: str
    book_key: str
    market_key: str
    prices: int
    fragment: str


@dataclass(slots=True)
class Tray:
    """Everything set aside from one body, and how many prices went with each code."""

    pieces: list[Piece] = field(default_factory=list)
    counts: Counter[Quarantined] = field(default_factory=Counter)

    def lay(
        self,
        code: Quarantined,
        place: str,
        *,
        prices: int,
        source_event_id: str = "",
        book_key: str = "",
        market_key: str = "",
        fragment: Any = None,
    ) -> None:
        if prices:
            self.counts[code] += prices
        if code in COUNTED_ONLY:
            return
        self.pieces.append(
            Piece(
                code=code,
                place=place[:200],
                source_event_id=_storable(source_event_id, 64),
                book_key=_storable(book_key, 64),
                market_key=_storable(market_key, 64),
                prices=prices,
                fragment=_storable(_shown(fragment), FRAGMENT_LENGTH),
            )
        )

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def by_code(self) -> dict[str, int]:
        return {code.value: count for code, count in sorted(self.counts.items())}


def _shown(fragment: Any) -> str:
    if fragment is None or isinstance(fragment, str):
        return fragment or ""
    return msgspec.json.encode(fragment, enc_hook=str).decode()


def _storable(text: str, length: int) -> str:
    """Cut a foreign text to what a column holds; PostgreSQL stores no NUL."""
    return text[:length].replace("\x00", "\N{SYMBOL FOR NULL}")
