"""What changed on a board: only that is stored, and the newest state follows.

The board is held against ``latest_quote``, fetched once. A quote that is there as it was moves
last_seen_at and nothing else. A changed one is a new snapshot. One that is no longer there is
withdrawn: SUSPENDED while its book still shows the event, ABSENT once the book does not. A poll
older than the newest one read is stored and never becomes current, and neither is a quote that
its book says it made before the one we know: a cache on the way told us an old board.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from apps.core.db import copy_rows, execute, fetch_all
from apps.rulebook.markets import MARKET_SIDES, EventStatus, MarketType, QuoteStatus, Side
from apps.snapshots.actions import snapshot_rows
from apps.snapshots.actions.shown import Quote, SeenBoard, Stored, Touched
from apps.snapshots.actions.snapshot_rows import SnapshotRow
from apps.snapshots.models import LatestQuote

# How long after its start a game may still be leaving the board.
LEAVING = timedelta(days=4)

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
    "SELECT quote.id, quote.selection_id, quote.book_id, quote.feed_id, quote.status, quote.line,"
    " quote.price_decimal, quote.observed_at, quote.checked_at > %s FROM latest_quote AS quote"
)


class _State(NamedTuple):
    """The newest state of one quote, as the table has it."""

    id: int
    selection_id: int
    book_id: int
    feed_id: int
    status: str
    line: Decimal | None
    price: Decimal
    observed_at: datetime
    is_newer: bool  # another feed's newer poll has told about it


class _Missing(NamedTuple):
    """A quote that the board no longer shows."""

    state: _State
    event_id: UUID
    market_type: MarketType
    side: Side
    pre_game: bool


def store_quotes(board: SeenBoard) -> Stored:
    """Store what changed and move the newest state. The caller holds the league's lock."""
    quotes = list(board.quotes())
    if board.is_older:
        written = snapshot_rows.store_past(
            [SnapshotRow.of(quote, board.poll.pk) for quote in quotes]
        )
        return Stored(written, len(quotes) - written, 0, {})
    _keep_closing(board)
    states = {(state.selection_id, state.book_id): state for state in _states(board)}
    diff = _Diff(board)
    for quote in quotes:
        diff.hold(quote, states.pop((quote.selection_id, quote.book_id), None))
    if board.is_complete and not diff.is_old:
        vanished = [] if board.is_part else _vanished(board)
        for missing in (*_missing(board, states.values()), *vanished):
            diff.miss(missing)
    written = diff.write()
    return Stored(
        written=written,
        unchanged=len(quotes) - written,
        withdrawn=len(diff.withdrawn),
        touched=_touched(board, diff),
    )


def _keep_closing(board: SeenBoard) -> None:
    """Keep the last pre-game quotes of games that are no longer ahead, before they are lost."""
    begun = [event.id for event in board.events.values() if not event.pre_game]
    if begun:
        execute(
            "UPDATE latest_quote SET pre_game = false, closing_line = line,"
            " closing_price_decimal = price_decimal, closing_price_american = price_american,"
            " closing_observed_at = observed_at, closing_seq = seq,"
            " closing_last_seen_at = last_seen_at, closing_poll_id = poll_id"
            " WHERE event_id = ANY(%s) AND pre_game",
            [begun],
        )


def _states(board: SeenBoard) -> Iterable[_State]:
    rows = fetch_all(
        f"{_STATE} WHERE quote.event_id = ANY(%s)", [board.poll.captured_at, list(board.events)]
    )
    return map(_State._make, rows)


def _missing(board: SeenBoard, states: Iterable[_State]) -> list[_Missing]:
    """Quotes of games on the board that it does not show."""
    left = {state.selection_id: [] for state in states}  # type: dict[int, list[_State]]
    for state in states:
        left[state.selection_id].append(state)
    if not left:
        return []
    rows = fetch_all(
        "SELECT id, event_id, market_type, side FROM selection WHERE id = ANY(%s)", [list(left)]
    )
    return [
        _Missing(state, event_id, MarketType(kind), Side(side), board.events[event_id].pre_game)
        for selection_id, event_id, kind, side in rows
        for state in left[selection_id]
    ]


def _vanished(board: SeenBoard) -> list[_Missing]:
    """Quotes of this feed's on games that the board does not show at all."""
    captured_at = board.poll.captured_at
    rows = fetch_all(
        _STATE.replace(
            " FROM",
            ", event.id, selection.market_type, selection.side,"
            " event.status = %s AND event.begins_at > %s FROM",
        )
        + " JOIN event ON event.id = quote.event_id"
        " JOIN selection ON selection.id = quote.selection_id"
        " WHERE event.league_id = %s AND event.start_time >= %s AND quote.feed_id = %s"
        " AND quote.status <> 'ABSENT' AND NOT event.id = ANY(%s)",
        [
            captured_at,
            EventStatus.SCHEDULED.value,
            captured_at,
            board.league.pk,
            captured_at - LEAVING,
            board.feed.pk,
            [*board.events, *board.unheard],
        ],
    )
    width = len(_State._fields)
    return [
        _Missing(_State(*row[:width]), event_id, MarketType(kind), Side(side), pre_game)
        for row in rows
        for event_id, kind, side, pre_game in [row[width:]]
    ]


class _Diff:
    """What of a board is new, changed, as it was, or gone."""

    def __init__(self, board: SeenBoard) -> None:
        self.board = board
        self.captured_at: datetime = board.poll.captured_at
        self.fresh: list[tuple[Quote, SnapshotRow]] = []
        self.changed: list[tuple[Quote, SnapshotRow, _State]] = []
        self.late: list[SnapshotRow] = []  # something newer is known
        self.is_old = False  # what is not on an old board has not gone
        self.as_it_was: dict[bool, list[int]] = {True: [], False: []}  # ids, by pre-game
        self.withdrawn: list[tuple[_Missing, QuoteStatus]] = []

    def hold(self, quote: Quote, state: _State | None) -> None:
        """Hold a quote on the board against the newest state of its kind."""
        poll_id = self.board.poll.pk
        if state is None:
            self.fresh.append((quote, SnapshotRow.of(quote, poll_id)))
        elif state.is_newer:
            self.late.append(SnapshotRow.of(quote, poll_id))
        elif (
            quote.price == state.price
            and quote.line == state.line
            and state.status == QuoteStatus.OPEN
        ):
            self.as_it_was[quote.pre_game].append(state.id)
        elif quote.observed_at < state.observed_at:
            self.is_old = True
            self.late.append(SnapshotRow.of(quote, poll_id))
        else:
            self.changed.append((quote, SnapshotRow.of(quote, poll_id), state))

    def miss(self, missing: _Missing) -> None:
        """Take note of a quote that the board no longer shows."""
        state, board = missing.state, self.board
        if state.is_newer or state.feed_id != board.feed.pk:
            return
        event = board.events.get(missing.event_id)
        if event and (state.book_id, missing.market_type) in event.named:
            return  # it is there, and was not believed
        shown = event is not None and state.book_id in event.books
        status = QuoteStatus.SUSPENDED if shown else QuoteStatus.ABSENT
        if state.status != status:
            self.withdrawn.append((missing, status))

    def write(self) -> int:
        """Store everything; return how many prices were written."""
        gone = [
            SnapshotRow(
                selection_id=missing.state.selection_id,
                book_id=missing.state.book_id,
                observed_at=self.captured_at,
                poll_id=self.board.poll.pk,
                pre_game=missing.pre_game,
                status=status,
            )
            for missing, status in self.withdrawn
        ]
        opened = [row for _quote, row in self.fresh]
        opened += [row for _quote, row, _state in self.changed]
        snapshot_rows.store([*opened, *gone])
        late = snapshot_rows.store_past(self.late)
        self._update_seen()
        self._update_changed()
        self._update_withdrawn()
        self._insert_fresh()
        return len(opened) + late

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
        quotes = [quote for quote, _row, _state in self.changed]
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
                [state.id for _quote, _row, state in self.changed],
                [quote.line for quote in quotes],
                [quote.price for quote in quotes],
                [quote.american for quote in quotes],
                [quote.observed_at for quote in quotes],
                [row.seq for _quote, row, _state in self.changed],
                [quote.pre_game for quote in quotes],
            ],
        )

    def _update_withdrawn(self) -> None:
        for status in (QuoteStatus.SUSPENDED, QuoteStatus.ABSENT):
            ids = [missing.state.id for missing, now in self.withdrawn if now is status]
            if ids:
                execute(
                    "UPDATE latest_quote SET status = %s, status_since = CASE WHEN status ="
                    " 'OPEN' THEN %s ELSE status_since END, checked_at = %s WHERE id = ANY(%s)",
                    [status.value, self.captured_at, self.captured_at, ids],
                )

    def _insert_fresh(self) -> None:
        if self.fresh:
            copy_rows(LatestQuote._meta.db_table, _LATEST_COLUMNS, map(self._fresh_row, self.fresh))

    def _fresh_row(self, new: tuple[Quote, SnapshotRow]) -> tuple[object, ...]:
        quote, row = new
        return (
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
            row.seq,
            self.captured_at,
            self.board.poll.pk,
        )


def _touched(board: SeenBoard, diff: _Diff) -> Touched:
    """Markets in which a sportsbook's quote changed before the game, with their selections."""
    moved = {(row.selection_id, row.book_id) for _quote, row in diff.fresh}
    moved |= {(row.selection_id, row.book_id) for _quote, row, _state in diff.changed}
    touched: Touched = {}
    for event in board.events.values():
        for book_id, selection_ids, market in event.markets:
            votes = event.pre_game and book_id in board.sportsbooks
            if votes and any((one, book_id) in moved for one in selection_ids):
                sides = MARKET_SIDES[market.market_type]
                touched[event.id, market.market_type] = dict(zip(sides, selection_ids, strict=True))
    for missing, _status in diff.withdrawn:
        if missing.pre_game and missing.state.book_id in board.sportsbooks:
            sides_of = touched.setdefault((missing.event_id, missing.market_type), {})
            sides_of[missing.side] = missing.state.selection_id
    return touched
