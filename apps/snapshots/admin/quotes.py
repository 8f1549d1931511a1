"""What books quote and quoted, and what they agreed on."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import Event, Selection
from apps.core import clock, formats, words
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import address, one_of, recent, two_lines
from apps.core.shapes import state
from apps.core.subject import SubjectAdmin
from apps.rulebook import keys
from apps.rulebook.markets import QuoteStatus, Side
from apps.rulebook.odds import american_from_price
from apps.snapshots.models import (
    Consensus,
    LatestQuote,
    MarketSnapshot,
    ProviderPoll,
    RawPayload,
)

CHANGES_AT_MOST = 500


def side_of(selection: Selection) -> str:
    """A selection in words, of an event whose teams were read: ``Bears``, ``over``."""
    event = selection.event
    return {
        Side.HOME.value: event.home.name,
        Side.AWAY.value: event.away.name,
    }.get(selection.side, formats.words(selection.side))


def price_of(row: Any) -> str:
    if row.price_decimal is None:
        return formats.MISSING
    american = row.price_american
    if american is None:
        american = american_from_price(row.price_decimal)
    return formats.odds(row.price_decimal, american)


@admin.register(LatestQuote)
class LatestQuoteAdmin(SubjectAdmin):
    list_display = ["quoted", "book_of", "num_price", "standing", "num_age", "seen"]
    list_filter = ["status", "selection__market_type", "book", recent("last_seen_at")]
    list_select_related = ["selection__event__home", "selection__event__away", "book"]
    search_ids = ["event_id", "selection__uuid"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-id"]
    page_template = "console/snapshots/quote.html"
    nothing_yet = "A quote stands here as soon as a poll of an odds feed has been read."

    @display(description="Selection")
    def quoted(self, quote: LatestQuote) -> SafeString:
        selection = quote.selection
        market = words.market(selection.market_type)
        line = formats.line(selection.market_type, quote.line) or market
        return two_lines(f"{side_of(selection)} {line}", selection.event)

    @display(description="Book", ordering="book")
    def book_of(self, quote: LatestQuote) -> str:
        return quote.book.title

    @display(description="Price", ordering="price_decimal")
    def num_price(self, quote: LatestQuote) -> str:
        return price_of(quote)

    @display(description="State", ordering="status")
    def standing(self, quote: LatestQuote) -> SafeString:
        told = "" if quote.pre_game else "in play"
        return two_lines(state("quote", quote.status), told)

    @display(description="Age")
    def num_age(self, quote: LatestQuote) -> str:
        return formats.age((clock.now() - quote.last_seen_at).total_seconds())

    @display(description="Last seen", ordering="last_seen_at")
    def seen(self, quote: LatestQuote) -> SafeString:
        return formats.when(quote.last_seen_at)

    # Its own page: every change of this book's quote, each with its snapshot's id.

    def titled(self, row: LatestQuote) -> str:
        selection = row.selection
        return f"{side_of(selection)} {words.market(selection.market_type)} at {row.book.title}"

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            return None
        related = ("selection__event__home", "selection__event__away", "book", "feed")
        return LatestQuote.objects.select_related(*related).get(pk=found.pk)

    def shown(self, request: HttpRequest, row: LatestQuote) -> dict[str, Any]:
        selection = row.selection
        changes = (
            MarketSnapshot.objects.filter(selection=selection, book=row.book)
            .select_related("poll__payload")
            .order_by("-observed_at", "-seq")[:CHANGES_AT_MOST]
        )
        age = (clock.now() - row.last_seen_at).total_seconds()
        return {
            "quote": row,
            "state": state("quote", row.status),
            "market": f"{words.market(selection.market_type)}, {words.period(selection.period)}",
            "event": self.link(Event, row.event_id, selection.event),
            "price": price_of(row),
            "line": formats.line(selection.market_type, row.line),
            "age": formats.age(age, row.feed.max_quote_age_s),
            "changes": [self._change(row, change) for change in changes],
        }

    def _change(self, quote: LatestQuote, change: MarketSnapshot) -> dict[str, Any]:
        selection, poll = quote.selection, change.poll
        name = keys.snapshot_id(
            selection.uuid,
            quote.feed.provider,
            quote.book.key,
            change.observed_at,
            change.line,
            change.price_decimal,
            QuoteStatus(change.status),
        )
        return {
            "id": name,
            "at": change.observed_at,
            "captured": poll.captured_at,
            "line": formats.column_line(selection.market_type, change.line),
            "price": price_of(change),
            "state": state("quote", change.status),
            "told": "" if change.pre_game else "in play",
            "payload": formats.identifier(
                poll.payload.sha256 if poll.payload else None,
                address(self.admin_site, RawPayload, poll.payload_id),
            ),
        }


@admin.register(Consensus)
class ConsensusAdmin(ReadOnlyAdmin):
    list_display = ["agreed", "num_line", "num_fair", "num_books", "num_spread", "captured"]
    list_filter = ["market_type", one_of("gap", ["TOO_FEW_BOOKS"]), recent("captured_at")]
    list_select_related = ["selection__event__home", "selection__event__away"]
    search_ids = ["event_id", "selection__uuid"]
    ordering = ["-id"]
    nothing_yet = "The books agree as soon as enough of them quote both sides of a market."

    @display(description="Selection")
    def agreed(self, row: Consensus) -> SafeString:
        market = words.market(row.market_type)
        return two_lines(f"{side_of(row.selection)}, {market}", row.selection.event)

    @display(description="Line", ordering="line")
    def num_line(self, row: Consensus) -> str:
        return formats.line(row.market_type, row.line) or "none"

    @display(description="No-vig", ordering="fair_prob")
    def num_fair(self, row: Consensus) -> str:
        return formats.words(row.gap) if row.gap else formats.probability(row.fair_prob)

    @display(description="Books", ordering="books")
    def num_books(self, row: Consensus) -> str:
        return formats.out_of(row.books, row.books_total)

    @display(description="Spread of books", ordering="dispersion")
    def num_spread(self, row: Consensus) -> str:
        return formats.MISSING if row.dispersion is None else f"{row.dispersion:.3f} log-odds"

    @display(description="Poll", ordering="id")
    def captured(self, row: Consensus) -> SafeString:
        return self.link(ProviderPoll, row.poll_id, formats.when(row.captured_at))
