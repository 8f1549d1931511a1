"""What changed on a board: only that is stored, and the newest state follows.

The board is held against ``latest_quote``, fetched once. A quote that is there as it was goes
along with its game, and nothing of it is written. A changed one is a new snapshot. One that is no
longer there is withdrawn: SUSPENDED while its book still shows the event, ABSENT once the book
does not. A poll older than the newest one read is stored and never becomes current, and neither
is a quote that its book says it made before the one we know: a cache on the way told us an old
board. What an old board does not show has not gone. Of a game that has begun since, such a poll may
have seen more of the time before it than anybody had read: then its quotes close it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple
from uuid import UUID

from apps.core.db import fetch_all
from apps.rulebook.markets import MARKET_SIDES, EventStatus, MarketType, QuoteStatus, Side
from apps.snapshots.actions import snapshot_rows
from apps.snapshots.actions.newest import Change, Newest, fill_closing, keep_closing
from apps.snapshots.actions.shown import Quote, SeenBoard, Stored, Touched
from apps.snapshots.actions.snapshot_rows import SnapshotRow
from apps.snapshots.querysets import LAST_SEEN, OF_SIGHTING

# How long after its start a game may still be leaving the board.
LEAVING = timedelta(days=4)

_NEWER = f"greatest(quote.checked_at, {LAST_SEEN}) > %(captured_at)s"
# No instant among them: reading one costs more than all the rest of a row.
_STATE = (
    "SELECT quote.id, quote.selection_id, quote.book_id, quote.feed_id, quote.status, quote.line,"
    f" quote.price_decimal, quote.pre_game, {_NEWER}, quote.status = 'OPEN'"
    f" AND quote.feed_id = %(feed)s AND quote.seen_until IS NULL AND NOT {_NEWER}{{more}}"
    f" FROM latest_quote AS quote JOIN sighting ON {OF_SIGHTING}"
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
    pre_game: bool
    is_newer: bool  # a newer poll, another feed's, has told about it
    is_along: bool  # open, and seen whenever this feed shows its game


_state = partial(tuple.__new__, _State)  # without the checks of a call by names


class _Unlike(NamedTuple):
    """A quote on the board that is not known, or not known like this."""

    quote: Quote
    state: _State | None
    market_type: MarketType
    selection_ids: tuple[int, ...]  # of every side of its market


class _Missing(NamedTuple):
    """A quote that the board no longer shows."""

    state: _State
    event_id: UUID
    market_type: MarketType
    side: Side
    pre_game: bool


def store_quotes(board: SeenBoard) -> Stored:
    """Store what changed and move the newest state. The caller holds the league's lock."""
    diff = _Diff(board)
    if board.is_older:
        diff.late.extend(_all_of(board))
        written = diff.write_late()
        return Stored(written, len(diff.late) - written, 0, diff.touched())
    keep_closing(board)
    left = diff.hold(_states(board))
    if board.is_complete and not diff.is_old():
        vanished = [] if board.is_part else _vanished(board)
        for missing in (*_missing(board, left), *vanished):
            diff.miss(missing)
    written = diff.write()
    return Stored(
        written=written,
        unchanged=diff.quotes - written,
        withdrawn=len(diff.withdrawn),
        touched=diff.touched(),
    )


def _all_of(board: SeenBoard) -> Iterator[_Unlike]:
    for event in board.events.values():
        for shown in event.markets:
            for index in range(len(shown.selection_ids)):
                quote = shown.quote(index, event)
                yield _Unlike(quote, None, shown.market.market_type, shown.selection_ids)


def _states(board: SeenBoard) -> Iterable[_State]:
    rows = fetch_all(
        _STATE.format(more="") + " WHERE quote.event_id = ANY(%(events)s)",
        {
            "captured_at": board.poll.captured_at,
            "feed": board.feed.pk,
            "events": list(board.events),
        },
    )
    return map(_state, rows)


def _missing(board: SeenBoard, states: Iterable[_State]) -> list[_Missing]:
    """Quotes of games on the board that it does not show."""
    left: dict[int, list[_State]] = defaultdict(list)
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
    rows = fetch_all(
        _STATE.format(
            more=", event.id, selection.market_type, selection.side,"
            " event.status = %(scheduled)s AND event.begins_at > %(captured_at)s"
        )
        + " JOIN event ON event.id = quote.event_id"
        " JOIN selection ON selection.id = quote.selection_id"
        " WHERE event.league_id = %(league)s AND event.start_time >= %(since)s"
        " AND quote.feed_id = %(feed)s AND quote.status <> 'ABSENT'"
        " AND NOT event.id = ANY(%(shown)s)",
        {
            "captured_at": board.poll.captured_at,
            "scheduled": EventStatus.SCHEDULED.value,
            "league": board.league.pk,
            "since": board.poll.captured_at - LEAVING,
            "feed": board.feed.pk,
            "shown": [*board.events, *board.unheard],
        },
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
        self.newest = Newest(board)
        self.quotes = 0  # on the board
        self.fresh: list[_Unlike] = []
        self.changed: list[_Unlike] = []
        self.late: list[_Unlike] = []  # something newer is known
        self.closed: set[int] = set()  # selections on which one of those is the last before a game
        self.seen: dict[tuple[bool, bool], list[int]] = defaultdict(list)  # pre-game, newest
        self.left_behind: set[int] = set()
        self.withdrawn: list[tuple[_Missing, QuoteStatus]] = []
        self.went_back: set[int] = set()  # books that show what is older than what we know
        self.went_on: set[int] = set()  # books that show what is newer

    def hold(self, states: Iterable[_State]) -> Sequence[_State]:
        """Hold every quote on the board against its newest state; return those not shown."""
        known = {state[1:3]: state for state in states}
        unlike: list[_Unlike] = []
        for event in self.board.events.values():
            for shown in event.markets:
                book_id, selection_ids, market = shown
                self.quotes += len(selection_ids)
                lines, prices = shown.lines, market.prices
                for index, selection_id in enumerate(selection_ids):
                    state = known.pop((selection_id, book_id), None)
                    if (
                        state is None
                        or state.price != prices[index]
                        or state.line != lines[index]
                        or not state.is_along
                        or state.pre_game != event.pre_game
                    ):
                        quote = shown.quote(index, event)
                        unlike.append(_Unlike(quote, state, market.market_type, selection_ids))
        self._sort_out(unlike)
        left = list(known.values())
        feed_id = self.board.feed.pk
        self.left_behind.update(state.id for state in left if state.feed_id == feed_id)
        return left

    def _sort_out(self, unlike: Sequence[_Unlike]) -> None:
        """Tell what changed from what is only seen again, or comes too late."""
        changed = []
        for one in unlike:
            quote, state = one.quote, one.state
            if state is None:
                self.fresh.append(one)
            elif state.is_newer:
                self.late.append(one)
            elif (state.line, state.price, state.status) == (quote.line, quote.price, "OPEN"):
                is_newest = self.newest.is_newest(quote.event_id)
                self.seen[quote.pre_game, is_newest].append(state.id)
            else:
                changed.append((one, state))
        known_at = _observed_at([state.id for _one, state in changed])
        for one, state in changed:
            quote = one.quote
            made_at = quote.observed_at.timestamp()
            if made_at < known_at[state.id]:
                self.went_back.add(quote.book_id)
                self.late.append(one)
                self.left_behind.add(state.id)
            else:
                self.changed.append(one)
                if made_at > known_at[state.id]:
                    self.went_on.add(quote.book_id)

    def is_old(self) -> bool:
        """Whether the whole board is an old one: a book went back, and no other shows news."""
        if not self.went_back:
            return False
        before = self.board.feed.newest_read_at
        newer = {
            shown.book_id
            for event in self.board.events.values()
            for shown in event.markets
            if before is not None and shown.market.observed_at > before
        }
        return (self.went_on | newer) <= self.went_back

    def miss(self, missing: _Missing) -> None:
        """Take note of a quote that the board no longer shows."""
        state, board = missing.state, self.board
        if state.is_newer or state.feed_id != board.feed.pk or state.book_id in self.went_back:
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
        poll_id = self.board.poll.pk
        moved = [*self.fresh, *self.changed]
        gone = [
            SnapshotRow(
                selection_id=missing.state.selection_id,
                book_id=missing.state.book_id,
                observed_at=self.board.poll.captured_at,
                poll_id=poll_id,
                pre_game=missing.pre_game,
                status=status.value,
            )
            for missing, status in self.withdrawn
        ]
        stored = snapshot_rows.store(
            [*(SnapshotRow.of(one.quote, poll_id) for one in moved), *gone]
        )
        late = self.write_late()
        changes = [
            Change(one.state.id if one.state else None, one.quote, row.seq)
            for one, row in zip(moved, stored, strict=False)
        ]
        self._write_newest(changes[len(self.fresh) :], changes[: len(self.fresh)])
        return len(moved) + late

    def write_late(self) -> int:
        """Store what something newer is known of; return how many prices were written."""
        quotes = [one.quote for one in self.late]
        poll_id = self.board.poll.pk
        written = snapshot_rows.store_past([SnapshotRow.of(quote, poll_id) for quote in quotes])
        self.closed = fill_closing(self.board, quotes)
        return written

    def _write_newest(self, changed: Sequence[Change], fresh: Sequence[Change]) -> None:
        newest = self.newest
        for status in (QuoteStatus.SUSPENDED, QuoteStatus.ABSENT):
            gone = [missing.state.id for missing, now in self.withdrawn if now is status]
            newest.withdraw(gone, status)
            self.left_behind.difference_update(gone)
        newest.move_on(self.left_behind)
        for (pre_game, is_newest), ids in self.seen.items():
            newest.see(ids, pre_game=pre_game, is_newest=is_newest)
        newest.change(changed)
        newest.insert(fresh)

    def touched(self) -> Touched:
        """Markets in which a sportsbook's quote changed before the game, by side."""
        votes = self.board.sportsbooks
        closing = [one for one in self.late if one.quote.selection_id in self.closed]
        touched: Touched = {
            (one.quote.event_id, one.market_type): dict(
                zip(MARKET_SIDES[one.market_type], one.selection_ids, strict=True)
            )
            for one in (*self.fresh, *self.changed, *closing)
            if one.quote.pre_game and one.quote.book_id in votes
        }
        for missing, _status in self.withdrawn:
            if missing.pre_game and missing.state.book_id in votes:
                sides = touched.setdefault((missing.event_id, missing.market_type), {})
                sides[missing.side] = missing.state.selection_id
        return touched


def _observed_at(ids: Sequence[int]) -> dict[int, float]:
    """Read when the books say they made quotes, in seconds since 1970."""
    if not ids:
        return {}
    return dict(
        fetch_all(
            "SELECT id, extract(epoch FROM observed_at)::float8 FROM latest_quote"
            " WHERE id = ANY(%s)",
            [list(ids)],
        )
    )
