"""Rows of ``market_snapshot``: copied in, and the rare ones whose key is taken."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Self

import psycopg
from django.db import IntegrityError, transaction

from apps.core.db import copy_rows, fetch_all
from apps.rulebook.markets import QuoteStatus
from apps.snapshots.actions.shown import Quote
from apps.snapshots.models import MarketSnapshot

_COLUMNS = (
    "selection_id",
    "book_id",
    "observed_at",
    "poll_id",
    "pre_game",
    "status",
    "line",
    "price_decimal",
    "price_american",
    "seq",
    "is_main",
)

_Key = tuple[int, int, datetime]


class SnapshotRow(NamedTuple):
    """One change of one quote, in the order of the columns. Its seq is settled by ``store``."""

    selection_id: int
    book_id: int
    observed_at: datetime
    poll_id: int
    pre_game: bool
    status: str
    line: Decimal | None = None
    price: Decimal | None = None
    american: int | None = None
    seq: int = 0
    is_main: bool = True

    @property
    def key(self) -> _Key:
        return self[:3]

    @classmethod
    def of(cls, quote: Quote, poll_id: int) -> Self:
        selection_id, book_id, pre_game, line, price, american, observed_at, _event_id = quote
        return cls(
            selection_id, book_id, observed_at, poll_id, pre_game, _OPEN, line, price, american
        )


_OPEN = QuoteStatus.OPEN.value


def store(rows: Sequence[SnapshotRow]) -> Sequence[SnapshotRow]:
    """Store rows and return them; one whose instant has a value already takes its next seq.

    Books stamp two values with one time now and then: both are kept. It is so rare that the
    question is asked only once a key has collided.
    """
    if not rows:
        return rows
    try:
        with transaction.atomic():
            _copy(rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, psycopg.errors.UniqueViolation):
            raise
        taken = _taken(rows)
        rows = [row._replace(seq=_next_seq(taken.get(row.key, ()))) for row in rows]
        _copy(rows)
    return rows


def store_past(rows: Sequence[SnapshotRow]) -> int:
    """Store what an older poll shows and no stored poll did; return how many rows that is."""
    if not rows:
        return 0
    taken = _taken(rows)
    new = []
    for row in rows:
        values = taken.get(row.key, [])
        if (row.line, row.price) not in {(line, price) for _seq, line, price in values}:
            new.append(row._replace(seq=_next_seq(values)))
    if new:
        _copy(new)
    return len(new)


_Values = Sequence[tuple[int, Decimal | None, Decimal | None]]


def _next_seq(values: _Values) -> int:
    return max((seq for seq, _line, _price in values), default=-1) + 1


def _taken(rows: Sequence[SnapshotRow]) -> dict[_Key, list[tuple[int, Decimal, Decimal]]]:
    """Find which values are stored under the keys of these rows, seq left out."""
    found: dict[_Key, list[tuple[int, Decimal, Decimal]]] = {}
    for selection_id, book_id, observed_at, seq, line, price in fetch_all(
        "SELECT stored.selection_id, stored.book_id, stored.observed_at, stored.seq, stored.line,"
        " stored.price_decimal FROM market_snapshot AS stored JOIN unnest(%s::bigint[],"
        " %s::smallint[], %s::timestamptz[]) AS asked (selection_id, book_id, observed_at)"
        " USING (selection_id, book_id, observed_at)",
        [
            [row.selection_id for row in rows],
            [row.book_id for row in rows],
            [row.observed_at for row in rows],
        ],
    ):
        found.setdefault((selection_id, book_id, observed_at), []).append((seq, line, price))
    return found


def _copy(rows: Sequence[SnapshotRow]) -> None:
    copy_rows(MarketSnapshot._meta.db_table, _COLUMNS, rows)
