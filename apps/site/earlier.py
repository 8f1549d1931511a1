"""Every pick that was ever published and whose game began, newest first, a page at a time."""

from datetime import datetime
from typing import Final, NamedTuple

from django.utils.safestring import SafeString

from apps.core.local import Place
from apps.picks.models import Pick
from apps.site.cards import Card, read_cards, with_all

ROWS: Final = 50
_PAGES_AT_MOST: Final = 2_000


class Row(NamedTuple):
    card: Card
    day: SafeString


class Earlier(NamedTuple):
    rows: list[Row]
    newer: int | None
    older: int | None


def read(asked: str, *, place: Place, at: datetime) -> Earlier:
    """Read one page; what is no number is the first."""
    page = min(int(asked), _PAGES_AT_MOST) if asked.isascii() and asked.isdigit() else 1
    page = max(page, 1)
    begun = Pick.objects.seen().filter(event__begins_at__lte=at)
    first = (page - 1) * ROWS
    found = with_all(begun.order_by("-expires_at", "-id")[first : first + ROWS + 1])
    cards = read_cards(found[:ROWS], at=at, place=place)
    return Earlier(
        rows=[Row(card, SafeString(place.short_day(card.pick.expires_at))) for card in cards],
        newer=page - 1 if page > 1 else None,
        older=page + 1 if len(found) > ROWS else None,
    )
