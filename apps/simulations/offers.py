"""Quotes put side by side: which books offer which market whole, in quotes that are not too old.

Reads only, and knows no tenant, no run and no configuration.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from apps.rulebook.markets import MARKET_SIDES, BookKind, MarketType, Period, mirror_line
from apps.snapshots.models import LatestQuote


class Quote(NamedTuple):
    """One book's newest word on one selection."""

    selection_id: int
    book_id: int
    event_id: UUID
    market_type: str
    period: str
    side: str
    line: Decimal | None
    price: Decimal
    observed_at: datetime
    seq: int
    last_seen_at: datetime
    book_kind: str
    book_status: str
    max_age_s: int


class MarketKey(NamedTuple):
    event_id: UUID
    market_type: MarketType
    period: Period


def key_of(quote: Quote) -> MarketKey:
    return MarketKey(quote.event_id, MarketType(quote.market_type), Period(quote.period))


@dataclass(frozen=True, slots=True)
class BookRow:
    """One book's quotes of every side of a market, in the order of MARKET_SIDES."""

    quotes: tuple[Quote, ...]

    @property
    def book_id(self) -> int:
        return self.quotes[0].book_id

    @property
    def line(self) -> Decimal | None:
        """The line as given to the first side."""
        return self.quotes[0].line


def open_quotes(events: Iterable[UUID]) -> list[Quote]:
    rows = (
        LatestQuote.objects.of_events(events)
        .open()
        .pre_game()
        .order_by("selection_id", "book_id")
        .values_list(
            *("selection_id", "book_id", "event_id", "selection__market_type"),
            *("selection__period", "selection__side", "line", "price_decimal", "observed_at"),
            *("seq", "last_seen_at", "book__kind", "book__status", "feed__max_quote_age_s"),
        )
    )
    return [Quote(*row) for row in rows]


def is_a_sportsbooks(quote: Quote) -> bool:
    return quote.book_kind == BookKind.SPORTSBOOK and quote.book_status == "ACTIVE"


def is_fresh(quote: Quote, at: datetime) -> bool:
    return 0.0 <= (at - quote.last_seen_at).total_seconds() <= quote.max_age_s


def fresh_offers(
    event_ids: Iterable[UUID], *, at: datetime
) -> dict[MarketKey, Counter[Decimal | None]]:
    """Count the books that offer each market whole and fresh, as an evaluation counts them.

    By line, as given to the first side.
    """
    grouped: dict[MarketKey, list[Quote]] = defaultdict(list)
    for quote in open_quotes(event_ids):
        if is_a_sportsbooks(quote) and is_fresh(quote, at):
            grouped[key_of(quote)].append(quote)
    return {
        key: Counter(row.line for row in book_rows(key, quotes)[0])
        for key, quotes in grouped.items()
    }


def book_rows(key: MarketKey, quotes: Iterable[Quote]) -> tuple[tuple[BookRow, ...], int]:
    """Put the sides of each book side by side: the same line in the same poll, or not at all.

    With how many quotes stand beside no other.
    """
    by_book: dict[int, dict[str, Quote]] = defaultdict(dict)
    for quote in quotes:
        by_book[quote.book_id][quote.side] = quote
    rows, unpaired = [], 0
    for book_id in sorted(by_book):
        sides = by_book[book_id]
        row = tuple(sides[side] for side in MARKET_SIDES[key.market_type] if side in sides)
        if len(row) == len(MARKET_SIDES[key.market_type]) and _is_one_offer(key, row):
            rows.append(BookRow(row))
        else:
            unpaired += len(sides)
    return tuple(rows), unpaired


def _is_one_offer(key: MarketKey, row: tuple[Quote, ...]) -> bool:
    if len({quote.last_seen_at for quote in row}) > 1:
        return False
    if len(row) == 2:
        return row[1].line == mirror_line(key.market_type, row[0].line)
    return all(quote.line is None for quote in row)
