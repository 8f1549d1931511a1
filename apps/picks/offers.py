"""What a published pick could be had for now: the best price at its own line, where and how old."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from apps.picks.models import Pick
from apps.snapshots.models import LatestQuote

_COLUMNS = (
    *("selection_id", "line", "price_decimal", "price_american"),
    *("book__key", "book__title", "age"),
)


class Offer(NamedTuple):
    """One book's fresh quote of a selection, on the board now."""

    line: Decimal | None  # points, as given to the selection
    price: Decimal  # decimal odds
    american: int | None  # exactly as quoted
    book: str
    title: str
    age: timedelta

    def value(self, a: float, b: float) -> float:
        """Expected profit per unit staked, by the chances that the pick was judged by."""
        return a * float(self.price - 1) - b


def best_offers(
    picks: Iterable[Pick], *, at: datetime, books: Mapping[UUID, Collection[str]]
) -> dict[UUID, Offer]:
    """Map picks to the best open and fresh quote at the published line; ties go by book.

    ``books`` maps an opinion (its configuration's id) to the books it recommends; none: every
    sportsbook. A pick that nobody offers at its line now is left out.
    """
    asked = list(picks)
    quotes = (
        LatestQuote.objects.filter(selection_id__in={pick.selection_id for pick in asked})
        .open()
        .pre_game()
        .sportsbooks()
        .fresh(at)
        .with_age(at)
    )
    offered: dict[int, list[Offer]] = defaultdict(list)
    for selection_id, *columns in quotes.values_list(*_COLUMNS):
        offered[selection_id].append(Offer(*columns))
    found = {}
    for pick in asked:
        own = books.get(pick.config_version_id) or ()
        fits = [
            offer
            for offer in offered[pick.selection_id]
            if offer.line == pick.line and (not own or offer.book in own)
        ]
        if fits:
            found[pick.pk] = min(fits, key=lambda offer: (-offer.price, offer.book))
    return found
