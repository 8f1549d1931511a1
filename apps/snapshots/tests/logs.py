"""What a change log says that was quoted last before each game, and what we say."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.db.models import Min

from apps.catalog.models import EventSource, League
from apps.rulebook.markets import MARKET_SIDES, MarketType, Side
from apps.rulebook.odds import price_from_american
from apps.rulebook.odds.prices import NotOffered
from apps.snapshots import actions
from apps.snapshots.models import Feed, LatestQuote, PayloadReading
from apps.snapshots.tests.factories import CLOCK

# Event by its provider's id, book, market, side.
Key = tuple[str, str, str, str]
Quotes = dict[Key, tuple[Decimal | None, Decimal]]
Row = dict[str, str]


def play_all() -> None:
    """Fetch and read whatever falls due, until nothing ever will."""
    for moment in _instants():
        actions.fetch_due(by=CLOCK, at=moment)
        actions.read_unread(by=CLOCK, at=moment)


def _instants() -> Iterator[datetime]:
    while moment := Feed.objects.enabled().aggregate(at=Min("next_due_at"))["at"]:
        yield moment


def last_before_the_game(log: Path) -> dict[tuple[str, str, str], Row]:
    """The last row with in_play=0 that is not gone, before the event's first in_play=1 row.

    A row with a side that is not offered is no quote either, like one that is gone.
    """
    begun, rows = set(), {}
    with log.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["in_play"] == "1":
                begun.add(row["event_id"])
            elif row["event_id"] not in begun and row["kind"] != "gone" and _offered(row):
                rows[row["event_id"], row["book"], row["market"]] = row
    return rows


def said_by(log: Path, league: str) -> Quotes:
    """Those rows, side by side: the line as given to the side, and the decimal price."""
    kinds = {
        "h2h": MarketType(League.objects.get(code=league).winner_market),
        "spreads": MarketType.SPREAD,
        "totals": MarketType.TOTAL,
    }
    return {
        (event, book, kinds[market].value, side.value): (line, price)
        for (event, book, market), row in last_before_the_game(log).items()
        for side, line, price in _sides(row, kinds[market])
    }


def ours() -> Quotes:
    """Our last pre-game quotes, in the same words."""
    names = dict(EventSource.objects.values_list("event_id", "source_event_id"))
    closing = LatestQuote.objects.closing().select_related("book", "selection")
    return {
        (
            names[quote.event_id],
            quote.book.key,
            quote.selection.market_type,
            quote.selection.side,
        ): (quote.close_line, quote.close_price)
        for quote in closing
    }


def unaccounted() -> list[PayloadReading]:
    """Receipts whose prices are not all written, unchanged or set aside."""
    return [
        receipt
        for receipt in PayloadReading.objects.all()
        if receipt.refused_code
        or receipt.prices != receipt.written + receipt.unchanged + sum(receipt.quarantined.values())
    ]


def _sides(row: Row, kind: MarketType) -> Iterator[tuple[Side, Decimal | None, Decimal]]:
    prices = (row["side1_price"], row["side2_price"], row["draw_price"])
    lines = (row["side1_point"], row["side2_point"], "")
    for side, price, line in zip(MARKET_SIDES[kind], prices, lines, strict=False):
        yield side, Decimal(line) if line else None, price_from_american(int(price))


def _offered(row: Row) -> bool:
    try:
        for price in (row["side1_price"], row["side2_price"], row["draw_price"]):
            if price:
                price_from_american(int(price))
    except NotOffered:
        return False
    return True
