"""Writing the newest state of quotes, in sets: what a poll changed, and what it left behind.

A quote that a poll shows as it was is not written. It goes along with the sighting of its game,
and one row per game says that all of them were seen. What is written, per quote: that it changed,
came, left, or was not among those that were seen.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from apps.core.db import copy_rows, execute, fetch_all
from apps.rulebook.markets import QuoteStatus
from apps.snapshots.actions.shown import Quote, SeenBoard
from apps.snapshots.models import LatestQuote
from apps.snapshots.querysets import LAST_SEEN, OF_SIGHTING

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
    "seen_until",
    "poll_id",
)


class Change(NamedTuple):
    """A quote as it is now, and which snapshot that is; ``id`` is empty where it is the first."""

    id: int | None
    quote: Quote
    seq: int


def keep_closing(board: SeenBoard) -> None:
    """Keep the last pre-game quotes of games that are no longer ahead, before they are lost."""
    begun = [event.id for event in board.events.values() if not event.pre_game]
    if begun:
        execute(
            "UPDATE latest_quote AS quote SET pre_game = false, closing_line = quote.line,"
            " closing_price_decimal = quote.price_decimal,"
            " closing_price_american = quote.price_american,"
            " closing_observed_at = quote.observed_at, closing_seq = quote.seq,"
            f" closing_last_seen_at = {LAST_SEEN}, closing_poll_id = quote.poll_id FROM sighting"
            f" WHERE quote.event_id = ANY(%s) AND quote.pre_game AND {OF_SIGHTING}",
            [begun],
        )


def fill_closing(board: SeenBoard, quotes: Sequence[Quote]) -> set[int]:
    """Let what is known from before a game reach as far as a poll saw it that is read only now.

    Of games that are in play or over by now: a poll that came late, was fetched afterwards, or can
    be read since a spelling is known. Its snapshots are stored. Returns the selections on which
    the last quote before the game is another one now.
    """
    ahead = [quote for quote in quotes if quote.pre_game]
    if not ahead:
        return set()
    rows = fetch_all(
        "UPDATE latest_quote AS quote SET closing_line = shown.line,"
        " closing_price_decimal = shown.price, closing_price_american = shown.american,"
        " closing_observed_at = shown.observed_at, closing_last_seen_at = %(captured_at)s,"
        " (closing_seq, closing_poll_id) = (SELECT stored.seq, stored.poll_id"
        " FROM market_snapshot AS stored WHERE (stored.selection_id, stored.book_id,"
        " stored.observed_at, stored.price_decimal) = (shown.selection_id, shown.book_id,"
        " shown.observed_at, shown.price) AND stored.line IS NOT DISTINCT FROM shown.line LIMIT 1)"
        " FROM unnest(%(selections)s::bigint[], %(books)s::smallint[], %(lines)s::numeric[],"
        " %(prices)s::numeric[], %(american)s::int[], %(observed)s::timestamptz[])"
        " AS shown (selection_id, book_id, line, price, american, observed_at)"
        " WHERE (quote.selection_id, quote.book_id) = (shown.selection_id, shown.book_id)"
        " AND NOT quote.pre_game"
        " AND coalesce(quote.closing_last_seen_at < %(captured_at)s, true)"
        " AND coalesce(quote.closing_observed_at <= shown.observed_at, true)"
        " RETURNING new.selection_id, (old.closing_line, old.closing_price_decimal)"
        " IS DISTINCT FROM (new.closing_line, new.closing_price_decimal)",
        {
            "captured_at": board.poll.captured_at,
            "selections": [quote.selection_id for quote in ahead],
            "books": [quote.book_id for quote in ahead],
            "lines": [quote.line for quote in ahead],
            "prices": [quote.price for quote in ahead],
            "american": [quote.american for quote in ahead],
            "observed": [quote.observed_at for quote in ahead],
        },
    )
    return {selection_id for selection_id, is_another in rows if is_another}


class Newest:
    """The newest state of a board's quotes, on its way from the poll before to this one."""

    def __init__(self, board: SeenBoard) -> None:
        self.board = board
        self.captured_at: datetime = board.poll.captured_at
        # Games that a newer poll of the feed has shown: only a part is read after it.
        self.behind: set[UUID] = set()
        if board.is_part:
            rows = fetch_all(
                "SELECT event_id FROM sighting WHERE feed_id = %s AND event_id = ANY(%s)"
                " AND seen_at > %s",
                [board.feed.pk, list(board.events), self.captured_at],
            )
            self.behind.update(event_id for (event_id,) in rows)

    def is_newest(self, event_id: UUID) -> bool:
        """Whether no newer poll of the feed has shown the game."""
        return event_id not in self.behind

    def move_on(self, left_behind: Collection[int]) -> None:
        """Move the games on to this poll, without the quotes that it does not show."""
        if left_behind:
            execute(
                "UPDATE latest_quote AS quote SET seen_until = sighting.seen_at FROM sighting"
                f" WHERE quote.id = ANY(%s) AND quote.seen_until IS NULL AND {OF_SIGHTING}",
                [list(left_behind)],
            )
        shown = [event.id for event in self.board.events.values() if event.markets]
        moved = [one for one in shown if self.is_newest(one)]
        if moved:
            execute(
                "INSERT INTO sighting (feed_id, event_id, seen_at)"
                " SELECT %s, event_id, %s FROM unnest(%s::uuid[]) AS moved (event_id)"
                " ON CONFLICT (feed_id, event_id) DO UPDATE SET seen_at = excluded.seen_at",
                [self.board.feed.pk, self.captured_at, moved],
            )

    def withdraw(self, ids: Sequence[int], status: QuoteStatus) -> None:
        """Take quotes off the board: seen until now, and from this poll on nobody's offer."""
        if ids:
            execute(
                f"UPDATE latest_quote AS quote SET status = %s, seen_until = {LAST_SEEN},"
                " status_since = CASE WHEN quote.status = 'OPEN' THEN %s"
                " ELSE quote.status_since END, checked_at = %s"
                f" FROM sighting WHERE quote.id = ANY(%s) AND {OF_SIGHTING}",
                [status.value, self.captured_at, self.captured_at, list(ids)],
            )

    def see(self, ids: Sequence[int], *, pre_game: bool, is_newest: bool) -> None:
        """Let quotes that are as they were go along from now on, or be seen at this poll alone."""
        execute(
            "UPDATE latest_quote SET seen_until = %s, checked_at = %s, pre_game = %s,"
            " feed_id = %s WHERE id = ANY(%s)",
            [
                None if is_newest else self.captured_at,
                self.captured_at,
                pre_game,
                self.board.feed.pk,
                list(ids),
            ],
        )

    def change(self, changes: Sequence[Change]) -> None:
        """Let quotes be what this poll shows."""
        if not changes:
            return
        quotes = [one.quote for one in changes]
        execute(
            "UPDATE latest_quote SET line = new.line, price_decimal = new.price,"
            " price_american = new.american, observed_at = new.observed_at, seq = new.seq,"
            " pre_game = new.pre_game, status = 'OPEN', status_since = CASE WHEN"
            " latest_quote.status = 'OPEN' THEN latest_quote.status_since ELSE %s END,"
            " checked_at = %s, seen_until = CASE WHEN new.is_newest THEN NULL ELSE %s END,"
            " poll_id = %s, feed_id = %s"
            " FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::int[],"
            " %s::timestamptz[], %s::smallint[], %s::bool[], %s::bool[])"
            " AS new (id, line, price, american, observed_at, seq, pre_game, is_newest)"
            " WHERE latest_quote.id = new.id",
            [
                self.captured_at,
                self.captured_at,
                self.captured_at,
                self.board.poll.pk,
                self.board.feed.pk,
                [one.id for one in changes],
                [quote.line for quote in quotes],
                [quote.price for quote in quotes],
                [quote.american for quote in quotes],
                [quote.observed_at for quote in quotes],
                [one.seq for one in changes],
                [quote.pre_game for quote in quotes],
                [self.is_newest(quote.event_id) for quote in quotes],
            ],
        )

    def insert(self, changes: Sequence[Change]) -> None:
        """Let quotes be there that no poll has shown before."""
        if changes:
            copy_rows(LatestQuote._meta.db_table, _LATEST_COLUMNS, map(self._row, changes))

    def _row(self, change: Change) -> tuple[object, ...]:
        quote = change.quote
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
            change.seq,
            None if self.is_newest(quote.event_id) else self.captured_at,
            self.board.poll.pk,
        )
