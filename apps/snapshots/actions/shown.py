"""What one poll shows of a league, under our own keys, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from apps.catalog.models import League
from apps.rulebook.markets import MarketType, Side, mirror_line
from apps.snapshots.models import Feed, ProviderPoll
from apps.snapshots.reading.market import ReadMarket

MarketKey = tuple[UUID, MarketType]
# Markets in which something changed before their game, each with its selections by side.
Touched = dict[MarketKey, dict[Side, int]]


class ShownMarket(NamedTuple):
    """One book's market on the board; sides in the order of MARKET_SIDES."""

    book_id: int
    selection_ids: tuple[int, ...]
    market: ReadMarket


@dataclass(slots=True)
class ShownEvent:
    """What the poll shows of one event, and what it only names: that has not left the board."""

    id: UUID
    pre_game: bool  # the poll is, for this event
    markets: list[ShownMarket] = field(default_factory=list)
    books: set[int] = field(default_factory=set)
    named: set[tuple[int, MarketType]] = field(default_factory=set)


class Quote(NamedTuple):
    """One side of one book's market."""

    selection_id: int
    book_id: int
    pre_game: bool
    line: Decimal | None
    price: Decimal
    american: int | None
    observed_at: datetime
    event_id: UUID


@dataclass(slots=True)
class SeenBoard:
    """Everything that one poll shows."""

    poll: ProviderPoll
    feed: Feed
    league: League
    sportsbooks: frozenset[int]
    is_complete: bool  # what is not on it has left
    events: dict[UUID, ShownEvent] = field(default_factory=dict)
    unheard: set[UUID] = field(default_factory=set)  # named, and nothing of it was believed

    @property
    def is_older(self) -> bool:
        """A newer poll of the feed was read before it."""
        newest = self.feed.newest_read_at
        return newest is not None and self.poll.captured_at < newest

    def quotes(self) -> Iterator[Quote]:
        for event in self.events.values():
            for book_id, selection_ids, market in event.markets:
                first, other = market.line, mirror_line(market.market_type, market.line)
                lines = (first, other, other)
                for index, selection_id in enumerate(selection_ids):
                    yield Quote(
                        selection_id,
                        book_id,
                        event.pre_game,
                        lines[index],
                        market.prices[index],
                        market.quoted[index],
                        market.observed_at,
                        event.id,
                    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What of a board was stored."""

    written: int
    unchanged: int
    withdrawn: int
    touched: Touched
