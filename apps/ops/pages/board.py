"""What every book showed of an event at an instant, from the snapshots: the page of a snapshot."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Max, Min
from django.utils.safestring import SafeString

from apps.catalog.models import Event
from apps.core import formats, words
from apps.core.listing import address
from apps.core.shapes import state
from apps.ops.pages.facts import selection_ids, side_of
from apps.rulebook import keys
from apps.rulebook.markets import MarketType, QuoteStatus
from apps.rulebook.odds import american_from_price
from apps.snapshots.models import LatestQuote, MarketSnapshot, RawPayload

SNAPSHOTS: Final = "snapshots"
_WRITTEN: Final = "%Y-%m-%dT%H:%M:%S"
_MARKETS: Final = [market.value for market in MarketType]


def board_at(event: Event, site: Any, asked: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The newest snapshot of each selection and book among the polls up to an instant.

    ``asked["at"]`` is that instant, in UTC; without one it is the start, or now before it.
    """
    given, wrong = _instant(asked.get("at", ""))
    at = given or min(now, event.begins_at)
    known = MarketSnapshot.objects.filter(selection__in=selection_ids(event))
    standing = (
        known.filter(poll__captured_at__lte=at)
        .order_by("selection_id", "book_id", "-observed_at", "-seq")
        .distinct("selection_id", "book_id")
        .select_related("selection", "book", "poll__payload", "poll__feed")
    )
    rows = sorted(standing, key=_order)
    quotes = {
        (selection_id, book_id): pk
        for selection_id, book_id, pk in LatestQuote.objects.of_events([event.pk]).values_list(
            "selection_id", "book_id", "pk"
        )
    }
    before = known.filter(poll__captured_at__lt=at).aggregate(at=Max("poll__captured_at"))["at"]
    after = known.filter(poll__captured_at__gt=at).aggregate(at=Min("poll__captured_at"))["at"]
    return {
        "at": at,
        "written": at.strftime(_WRITTEN),
        "wrong": wrong,
        "before": before and before.strftime(f"{_WRITTEN}.%f"),
        "after": after and after.strftime(f"{_WRITTEN}.%f"),
        "rows": [_row(event, row, site, quotes) for row in rows],
    }


def _instant(text: str) -> tuple[datetime | None, str]:
    """Read an instant in UTC; what cannot be read is said, and the page shows another."""
    if not text:
        return None, ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None, f"{text[:40]!r} is no time."
    return (found if found.tzinfo else found.replace(tzinfo=UTC)), ""


def _order(row: MarketSnapshot) -> tuple[int, str, str, str]:
    selection = row.selection
    return _MARKETS.index(selection.market_type), selection.period, selection.side, row.book.title


def _row(
    event: Event, row: MarketSnapshot, site: Any, quotes: Mapping[tuple[int, int], int]
) -> dict[str, Any]:
    selection, payload = row.selection, row.poll.payload
    price = row.price_decimal
    american = row.price_american
    if american is None and price is not None:
        american = american_from_price(price)
    return {
        "market": words.market(selection.market_type),
        "side": side_of(event, selection),
        "book": row.book.title,
        "line": formats.column_line(selection.market_type, row.line),
        "price": formats.MISSING if price is None else formats.odds(price, american),
        "state": state("quote", row.status),
        "told": "" if row.pre_game else "in play",
        "observed": row.observed_at,
        "captured": row.poll.captured_at,
        "payload": formats.identifier(
            payload.sha256 if payload else None, address(site, RawPayload, row.poll.payload_id)
        ),
        "snapshot": _named(row, site, quotes.get((row.selection_id, row.book_id))),
    }


def _named(row: MarketSnapshot, site: Any, quote_id: int | None) -> SafeString:
    name = keys.snapshot_id(
        row.selection.uuid,
        row.poll.feed.provider,
        row.book.key,
        row.observed_at,
        row.line,
        row.price_decimal,
        QuoteStatus(row.status),
    )
    there = address(site, LatestQuote, quote_id)
    return formats.identifier(name, there and f"{there}#s-{name}")
