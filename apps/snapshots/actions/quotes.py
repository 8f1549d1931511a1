"""What changed on a board: only that is stored, and the newest state follows.

The board is held against ``latest_quote``, fetched once. A quote that is there as it was moves
last_seen_at and nothing else. A changed one is a new snapshot. One that is no longer there is
withdrawn: SUSPENDED while its book still shows the event, ABSENT once the book does not. A poll
older than the newest one read is stored and never becomes current.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import IntegrityError, transaction

from apps.catalog.models import League
from apps.core.db import copy_rows, execute, fetch_all
from apps.rulebook.markets import (
    MARKET_SIDES,
    EventStatus,
    MarketType,
    QuoteStatus,
    Side,
    mirror_line,
)
from apps.snapshots.models import Feed, LatestQuote, MarketSnapshot, ProviderPoll
from apps.snapshots.reading.market import ReadMarket

# How long after its start a game may still be leaving the board.
LEAVING = timedelta(days=4)

MarketKey = tuple[UUID, MarketType]
Touched = dict[MarketKey, dict[Side, int]]

_SNAPSHOT_COLUMNS = (
    "selection_id",
    "observed_at",
    "poll_id",
    "price_american",
    "book_id",
    "seq",
    "is_main",
    "pre_game",
    "status",
    "line",
    "price_decimal",
)
_LATEST_COLUMNS = (
    "selection_id",
    "event_id",
    "book_id",
    "feed_id",
    "status",
    "status_since",
    "checked_at",
    "pre_game",
    "line",
    "price_decimal",
    "price_american",
    "observed_at",
    "seq",
    "last_seen_at",
    "poll_id",
)
_STATE = (
    "SELECT quote.id, quote.selection_id, quote.book_id, quote.event_id, quote.feed_id,"
    " quote.status, quote.line, quote.price_decimal, quote.observed_at, quote.seq,"
    " quote.checked_at, selection.market_type, selection.side"
    " FROM latest_quote AS quote JOIN selection ON selection.id = quote.selection_id"
)


class BoardMarket(NamedTuple):
    """One book's market on the board, under our keys; sides in the order of MARKET_SIDES."""

    event_id: UUID
    pre_game: bool
    book_id: int
    selection_ids: tuple[int, ...]
    market: ReadMarket


@dataclass(slots=True)
class SeenBoard:
    """Everything that one poll shows of a league."""

    poll: ProviderPoll
    feed: Feed
    league: League
    sportsbooks: frozenset[int]
    is_complete: bool  # what is not on it has left
    events: dict[UUID, bool] = field(default_factory=dict)  # whether the poll is pre-game for it
    markets: list[BoardMarket] = field(default_factory=list)
    named_books: set[tuple[UUID, int]] = field(default_factory=set)
    named_markets: set[tuple[UUID, int, MarketType]] = field(default_factory=set)
    unheard: set[UUID] = field(default_factory=set)  # named, and nothing of it was believed

    @property
    def is_older(self) -> bool:
        """A newer poll of the feed was read before it."""
        through = self.feed.read_through
        return through is not None and self.poll.captured_at < through


@dataclass(frozen=True, slots=True)
class Stored:
    written: int
    unchanged: int
    withdrawn: int
    touched: Touched  # markets in which something changed before their game, and their sides


class _State(NamedTuple):
    """The newest state of one quote, as the table has it."""

    id: int
    selection_id: int
    book_id: int
    event_id: UUID
    feed_id: int
    status: str
    line: Decimal | None
    price: Decimal
    observed_at: datetime
    seq: int
    checked_at: datetime
    market_type: str
    side: str


class _Quote(NamedTuple):
    """One side of one book's market as this poll shows it."""

    selection_id: int
    book_id: int
    event_id: UUID
    pre_game: bool
    line: Decimal | None
    price: Decimal
    american: int | None
    observed_at: datetime


def store_quotes(board: SeenBoard) -> Stored:
    """Store what changed and move the newest state. The caller holds the league's lock."""
    quotes = list(_quotes(board.markets))
    if board.is_older:
        written = _store_past(board, quotes)
        return Stored(written, len(quotes) - written, 0, {})
    _keep_closing(board)
    states = {(state.selection_id, state.book_id): state for state in _states(board)}
    diff = _Diff(board)
    for quote in quotes:
        diff.hold(quote, states.get((quote.selection_id, quote.book_id)))
    if board.is_complete:
        shown = {(quote.selection_id, quote.book_id) for quote in quotes}
        for key, state in states.items():
            if key not in shown:
                diff.miss(state, pre_game=board.events.get(state.event_id))
        for state, pre_game in _vanished(board):
            diff.miss(state, pre_game=pre_game)
    diff.write()
    return Stored(
        written=len(diff.fresh) + len(diff.changed),
        unchanged=len(quotes) - len(diff.fresh) - len(diff.changed),
        withdrawn=len(diff.withdrawn),
        touched=_touched(board, diff),
    )


def _quotes(markets: Iterable[BoardMarket]) -> Iterable[_Quote]:
    for event_id, pre_game, book_id, selection_ids, market in markets:
        lines = _lines(market.market_type, market.line, len(selection_ids))
        for selection_id, line, price, american in zip(
            selection_ids, lines, market.prices, market.quoted, strict=True
        ):
            yield _Quote(
                selection_id,
                book_id,
                event_id,
                pre_game,
                line,
                price,
                american,
                market.observed_at,
            )


def _lines(kind: MarketType, line: Decimal | None, sides: int) -> tuple[Decimal | None, ...]:
    return (line, mirror_line(kind, line)) if line is not None else (None,) * sides


def _keep_closing(board: SeenBoard) -> None:
    """Keep the last pre-game quotes of games that are no longer ahead, before they are lost."""
    begun = [event_id for event_id, pre_game in board.events.items() if not pre_game]
    if begun:
        execute(
            "UPDATE latest_quote SET pre_game = false, closing_line = line,"
            " closing_price_decimal = price_decimal, closing_price_american = price_american,"
            " closing_observed_at = observed_at, closing_seq = seq,"
            " closing_last_seen_at = last_seen_at, closing_poll_id = poll_id"
            " WHERE event_id = ANY(%s) AND pre_game",
            [begun],
        )


def _states(board: SeenBoard) -> list[_State]:
    rows = fetch_all(f"{_STATE} WHERE quote.event_id = ANY(%s)", [list(board.events)])
    return [_State(*row) for row in rows]


def _vanished(board: SeenBoard) -> list[tuple[_State, bool]]:
    """Quotes of this feed's on games that the board does not show, each with pre-game or not."""
    captured_at = board.poll.captured_at
    rows = fetch_all(
        f"{_STATE} JOIN event ON event.id = quote.event_id"
        " WHERE event.league_id = %s AND event.start_time >= %s AND quote.feed_id = %s"
        " AND quote.status <> 'ABSENT' AND NOT event.id = ANY(%s)",
        [
            board.league.pk,
            captured_at - LEAVING,
            board.feed.pk,
            [*board.events, *board.unheard],
        ],
    )
    states = [_State(*row) for row in rows]
    ahead = _still_ahead({state.event_id for state in states}, captured_at)
    return [(state, state.event_id in ahead) for state in states]


def _still_ahead(event_ids: set[UUID], captured_at: datetime) -> set[UUID]:
    if not event_ids:
        return set()
    rows = fetch_all(
        "SELECT id FROM event WHERE id = ANY(%s) AND status = %s AND begins_at > %s",
        [list(event_ids), EventStatus.SCHEDULED.value, captured_at],
    )
    return {event_id for (event_id,) in rows}


class _Diff:
    """What of a board is new, changed, as it was, or gone."""

    def __init__(self, board: SeenBoard) -> None:
        self.board = board
        self.captured_at = board.poll.captured_at
        self.fresh: list[_Quote] = []
        self.changed: list[tuple[_Quote, _State, int]] = []  # with the seq of its snapshot
        self.as_it_was: dict[bool, list[int]] = {True: [], False: []}  # by pre-game
        self.withdrawn: list[tuple[_State, QuoteStatus, bool]] = []

    def hold(self, quote: _Quote, state: _State | None) -> None:
        """Hold a quote on the board against the newest state of its kind."""
        if state is None:
            self.fresh.append(quote)
        elif self._is_as_it_was(quote, state):
            self.as_it_was[quote.pre_game].append(state.id)
        else:
            again = quote.observed_at == state.observed_at
            self.changed.append((quote, state, state.seq + 1 if again else 0))

    def miss(self, state: _State, *, pre_game: bool | None) -> None:
        """Take note of a quote that the board no longer shows."""
        board = self.board
        if state.feed_id != board.feed.pk or state.checked_at > self.captured_at:
            return
        kind = MarketType(state.market_type)
        if (state.event_id, state.book_id, kind) in board.named_markets:
            return  # it is there, and was not believed
        shown = (state.event_id, state.book_id) in board.named_books
        status = QuoteStatus.SUSPENDED if shown else QuoteStatus.ABSENT
        if state.status != status:
            self.withdrawn.append((state, status, bool(pre_game)))

    def _is_as_it_was(self, quote: _Quote, state: _State) -> bool:
        return (
            state.status == QuoteStatus.OPEN
            and quote.price == state.price
            and quote.line == state.line
        )

    def write(self) -> None:
        _copy_snapshots(self._snapshots())
        self._update_seen()
        self._update_changed()
        self._update_withdrawn()
        self._insert_fresh()

    def _snapshots(self) -> list[list[Any]]:
        rows = [_open_row(quote, self.board.poll.pk, 0) for quote in self.fresh]
        rows += [_open_row(quote, self.board.poll.pk, seq) for quote, _state, seq in self.changed]
        for state, status, pre_game in self.withdrawn:
            seq = state.seq + 1 if state.observed_at == self.captured_at else 0
            rows.append(
                [
                    state.selection_id,
                    self.captured_at,
                    self.board.poll.pk,
                    None,
                    state.book_id,
                    seq,
                    True,
                    pre_game,
                    status.value,
                    None,
                    None,
                ]
            )
        return rows

    def _update_seen(self) -> None:
        for pre_game, ids in self.as_it_was.items():
            if ids:
                execute(
                    "UPDATE latest_quote SET last_seen_at = %s, checked_at = %s, pre_game = %s,"
                    " feed_id = %s WHERE id = ANY(%s)",
                    [self.captured_at, self.captured_at, pre_game, self.board.feed.pk, ids],
                )

    def _update_changed(self) -> None:
        if not self.changed:
            return
        execute(
            "UPDATE latest_quote SET line = new.line, price_decimal = new.price,"
            " price_american = new.american, observed_at = new.observed_at, seq = new.seq,"
            " pre_game = new.pre_game, status = 'OPEN', status_since = CASE WHEN"
            " latest_quote.status = 'OPEN' THEN latest_quote.status_since ELSE %s END,"
            " checked_at = %s, last_seen_at = %s, poll_id = %s, feed_id = %s"
            " FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::int[],"
            " %s::timestamptz[], %s::smallint[], %s::bool[])"
            " AS new (id, line, price, american, observed_at, seq, pre_game)"
            " WHERE latest_quote.id = new.id",
            [
                self.captured_at,
                self.captured_at,
                self.captured_at,
                self.board.poll.pk,
                self.board.feed.pk,
                [state.id for _quote, state, _seq in self.changed],
                [quote.line for quote, _state, _seq in self.changed],
                [quote.price for quote, _state, _seq in self.changed],
                [quote.american for quote, _state, _seq in self.changed],
                [quote.observed_at for quote, _state, _seq in self.changed],
                [seq for _quote, _state, seq in self.changed],
                [quote.pre_game for quote, _state, _seq in self.changed],
            ],
        )

    def _update_withdrawn(self) -> None:
        for status in (QuoteStatus.SUSPENDED, QuoteStatus.ABSENT):
            ids = [state.id for state, now, _pre_game in self.withdrawn if now is status]
            if ids:
                execute(
                    "UPDATE latest_quote SET status = %s, status_since = CASE WHEN status ="
                    " 'OPEN' THEN %s ELSE status_since END, checked_at = %s WHERE id = ANY(%s)",
                    [status.value, self.captured_at, self.captured_at, ids],
                )

    def _insert_fresh(self) -> None:
        copy_rows(
            LatestQuote._meta.db_table,
            _LATEST_COLUMNS,
            [
                [
                    quote.selection_id,
                    quote.event_id,
                    quote.book_id,
                    self.board.feed.pk,
                    QuoteStatus.OPEN.value,
                    self.captured_at,
                    self.captured_at,
                    quote.pre_game,
                    quote.line,
                    quote.price,
                    quote.american,
                    quote.observed_at,
                    0,
                    self.captured_at,
                    self.board.poll.pk,
                ]
                for quote in self.fresh
            ],
        )


def _open_row(quote: _Quote, poll_id: int, seq: int) -> list[Any]:
    return [
        quote.selection_id,
        quote.observed_at,
        poll_id,
        quote.american,
        quote.book_id,
        seq,
        True,
        quote.pre_game,
        QuoteStatus.OPEN.value,
        quote.line,
        quote.price,
    ]


def _touched(board: SeenBoard, diff: _Diff) -> Touched:
    """Markets in which a sportsbook's quote changed before the game, with their selections."""
    moved = {
        (quote.selection_id, quote.book_id)
        for quote in (*diff.fresh, *(quote for quote, _state, _seq in diff.changed))
    }
    touched: Touched = {}
    for event_id, pre_game, book_id, selection_ids, market in board.markets:
        votes = pre_game and book_id in board.sportsbooks
        if votes and any((selection_id, book_id) in moved for selection_id in selection_ids):
            sides = MARKET_SIDES[market.market_type]
            touched[event_id, market.market_type] = dict(zip(sides, selection_ids, strict=True))
    for state, _status, pre_game in diff.withdrawn:
        if pre_game and state.book_id in board.sportsbooks:
            market_sides = touched.setdefault((state.event_id, MarketType(state.market_type)), {})
            market_sides[Side(state.side)] = state.selection_id
    return touched


# Snapshots, and the rare ones whose key is taken.


def _copy_snapshots(rows: Sequence[list[Any]]) -> None:
    if not rows:
        return
    try:
        with transaction.atomic():
            copy_rows(MarketSnapshot._meta.db_table, _SNAPSHOT_COLUMNS, rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, psycopg.errors.UniqueViolation):
            raise
        # A book stamped a new value with a time that an earlier value has: both are kept.
        taken = _taken(rows)
        for row in rows:
            values = taken.get((row[0], row[4], row[1]))
            if values:
                row[5] = max(seq for seq, *_value in values) + 1
        copy_rows(MarketSnapshot._meta.db_table, _SNAPSHOT_COLUMNS, rows)


def _store_past(board: SeenBoard, quotes: Sequence[_Quote]) -> int:
    """Store what an older poll shows and no stored poll did; the newest state stays as it is."""
    rows = [_open_row(quote, board.poll.pk, 0) for quote in quotes]
    taken = _taken(rows)
    new = []
    for row in rows:
        values = taken.get((row[0], row[4], row[1]), [])
        if any((line, price) == (row[9], row[10]) for _seq, line, price in values):
            continue
        row[5] = max((seq for seq, *_value in values), default=-1) + 1
        new.append(row)
    copy_rows(MarketSnapshot._meta.db_table, _SNAPSHOT_COLUMNS, new)
    return len(new)


_Taken = dict[tuple[int, int, datetime], list[tuple[int, Decimal | None, Decimal | None]]]


def _taken(rows: Sequence[list[Any]]) -> _Taken:
    """Find which values are stored under the keys of these rows, seq left out."""
    found: _Taken = {}
    for selection_id, book_id, observed_at, seq, line, price in fetch_all(
        "SELECT stored.selection_id, stored.book_id, stored.observed_at, stored.seq, stored.line,"
        " stored.price_decimal FROM market_snapshot AS stored JOIN unnest(%s::bigint[],"
        " %s::smallint[], %s::timestamptz[]) AS asked (selection_id, book_id, observed_at)"
        " USING (selection_id, book_id, observed_at)",
        [[row[0] for row in rows], [row[4] for row in rows], [row[1] for row in rows]],
    ):
        found.setdefault((selection_id, book_id, observed_at), []).append((seq, line, price))
    return found
