"""A league whose board was stored once, ready for the next poll: what P2 to P4 measure on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from benchmarks.boards import BOOKS, FIRST_POLL, Board
from benchmarks.database import scratch_database


@dataclass
class Stored:
    """The league, its feed, and how a poll of it is stored."""

    board: Board
    feed: Any
    league: Any
    market: Any
    by: Any

    def poll(self, body: bytes) -> Any:
        """Store a body and its poll, unread."""
        from apps.snapshots.actions import payloads
        from apps.snapshots.models import ProviderPoll

        return ProviderPoll.objects.create(
            feed=self.feed,
            captured_at=self.board.at,
            outcome="OK",
            duration_ms=1,
            payload_id=payloads.store(body, captured_at=self.board.at),
        )

    def read(self, body: bytes, poll: Any) -> Any:
        """Store what a poll shows, as the stage does inside its transaction."""
        from apps.snapshots.actions.board import store_board

        account = store_board(
            body, poll, self.feed, self.league, self.market, by=self.by, at=poll.captured_at
        )
        self.feed.newest_read_at = poll.captured_at
        return account


@lru_cache(maxsize=1)
def stored_league() -> Stored:
    """A copy of the template with an NFL whose first board is read and committed.

    One for all that are measured in this process: each takes its time to move the board on.
    """
    scratch_database()

    from django.db import transaction

    from apps.catalog.models import Book, League, Team
    from apps.core import days
    from apps.core.actor import Actor
    from apps.governance import configs
    from apps.snapshots.actions import register_feed

    by = Actor.system("benchmarks.storage")
    league = League.objects.get(code="NFL")
    teams: Sequence[str] = list(
        Team.objects.filter(league=league).order_by("name").values_list("name", flat=True)[:32]
    )
    books = list(
        Book.objects.filter(status="ACTIVE", kind="SPORTSBOOK")
        .order_by("pk")
        .values_list("key", flat=True)[:BOOKS]
    )
    days.ensure_partitions(FIRST_POLL.date(), FIRST_POLL.date() + timedelta(days=1))
    feed = register_feed(
        adapter="recorded",
        provider="the_odds_api",
        kind="ODDS",
        league="NFL",
        source="benchmark",
        rhythm_s=60,
        by=by,
        at=FIRST_POLL,
    )
    market = configs.resolve(configs.MARKET, league="NFL", at=FIRST_POLL)
    stored = Stored(Board(teams, books), feed, league, market, by)
    with transaction.atomic():
        body = stored.board.body()
        stored.read(body, stored.poll(body))
    return stored
