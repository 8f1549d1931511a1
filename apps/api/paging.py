"""Long lists in pages: a cursor says where the last page ended, so nothing is shown twice.

The order is an instant and then the id, both in the index; a row that appears while somebody
turns pages moves nothing. The cursor is opaque to clients and means the same to every server.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from apps.api.errors import RequestRefused

CURSOR, LIMIT = "cursor", "limit"
PARAMETERS = (CURSOR, LIMIT)
USUAL_LIMIT, HIGHEST_LIMIT = 50, 200


@dataclass(frozen=True, slots=True)
class Order:
    """By which instant a list is ordered; the id settles what happened at the same one."""

    instant: str
    newest_first: bool

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.newest_first else ""
        return rows.order_by(f"{sign}{self.instant}", f"{sign}id")

    def after(self, rows: QuerySet[Any], place: "Place") -> QuerySet[Any]:
        side = "lt" if self.newest_first else "gt"
        beyond = Q(**{f"{self.instant}__{side}": place.instant})
        beside = Q(**{self.instant: place.instant, f"id__{side}": place.id})
        # The first condition is implied by the second; the index is entered by it.
        return rows.filter(Q(**{f"{self.instant}__{side}e": place.instant}), beyond | beside)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    instant: datetime
    id: UUID

    def text(self) -> str:
        plain = f"{self.instant.isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "Place":
        try:
            padded = text + "=" * (-len(text) % 4)
            plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
            instant, _, ident = plain.partition("|")
            place = cls(datetime.fromisoformat(instant), UUID(ident))
        except (ValueError, binascii.Error):
            raise _unreadable() from None
        if place.instant.tzinfo is None:
            raise _unreadable()
        return place


def cut(rows: QuerySet[Any], request: HttpRequest, order: Order) -> tuple[QuerySet[Any], int]:
    """Return the rows of the page that is asked for and one more, and how many it holds."""
    limit = _limit(request)
    text = request.GET.get(CURSOR)
    if text is not None:
        rows = order.after(rows, Place.of(text))
    return order.sorted(rows)[: limit + 1], limit


def next_page(request: HttpRequest, last: Sequence[Any]) -> str:
    """Return the address of the page that follows ``last``, its instant and its id."""
    place = Place(*last)
    asked = {name: str(value) for name, value in request.GET.items() if name != CURSOR}
    query = urlencode({**asked, CURSOR: place.text()})
    return request.build_absolute_uri(f"{request.path}?{query}")


def _limit(request: HttpRequest) -> int:
    text = request.GET.get(LIMIT)
    if text is None:
        return USUAL_LIMIT
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= HIGHEST_LIMIT):
        raise RequestRefused(
            f"{LIMIT} is a whole number from 1 to {HIGHEST_LIMIT}.",
            {LIMIT: [f"Not from 1 to {HIGHEST_LIMIT}."]},
        )
    return int(text)


def _unreadable() -> RequestRefused:
    return RequestRefused(
        "Take the cursor from the address in `next`, unchanged.",
        {CURSOR: ["This is no cursor of ours."]},
    )
