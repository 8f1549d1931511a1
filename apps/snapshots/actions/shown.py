"""What one poll shows of a league, under our own keys, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from apps.catalog.models import League
from apps.rulebook.markets import MarketType, Side, mirror_line
from apps.snapshots.models import Feed, ProviderPoll
from apps.snapshots.reading.market import ReadMarket
from apps.snapshots.reading.odds import ReadEvent

MarketKey = tuple[UUID, MarketType]
# Markets in which something changed before their game, each with its selections by side.
Touched = dict[MarketKey, dict[Side, int]]


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


_NO_LINES = (None, None, None)


class ShownMarket(NamedTuple):
    """One book's market on the board; sides in the order of MARKET_SIDES."""

    book_id: int
    selection_ids: tuple[int, ...]
    market: ReadMarket

    @property
    def lines(self) -> tuple[Decimal | None, ...]:
        """The line as given to each side."""
        first = self.market.line
        if first is None:
            return _NO_LINES
        return first, mirror_line(self.market.market_type, first)

    def quote(self, index: int, event: "ShownEvent") -> Quote:
        """The quote on one of its sides."""
        market = self.market
        return Quote(
            self.selection_ids[index],
            self.book_id,
            event.pre_game,
            self.lines[index],
            market.prices[index],
            market.quoted[index],
            market.observed_at,
            event.id,
        )


@dataclass
class ShownEvent:
    """What the poll shows of one event."""

    id: UUID
    pre_game: bool  # the poll is, for this event
    reading: ReadEvent
    book_ids: Mapping[str, int]
    kinds: Mapping[str, MarketType]  # by the provider's key
    markets: list[ShownMarket] = field(default_factory=list)

    # What is only named has not left the board; asked where something seems to have left.

    @cached_property
    def books(self) -> frozenset[int]:
        named = self.reading.named_books()
        return frozenset(self.book_ids[key] for key in named if key in self.book_ids)

    @cached_property
    def named(self) -> frozenset[tuple[int, MarketType]]:
        named = self.reading.named_markets(self.kinds)
        return frozenset((self.book_ids[key], kind) for key, kind in named if key in self.book_ids)


@dataclass(slots=True)
class SeenBoard:
    """Everything that one poll shows."""

    poll: ProviderPoll
    feed: Feed
    league: League
    sportsbooks: frozenset[int]
    is_complete: bool  # what is not on it has left
    is_part: bool = False  # only some games of it are read, which nobody had read before
    events: dict[UUID, ShownEvent] = field(default_factory=dict)
    unheard: set[UUID] = field(default_factory=set)  # named, and nothing of it was believed

    @property
    def is_older(self) -> bool:
        """A newer poll of the feed was read before it; of a part, each quote knows for itself."""
        newest = self.feed.newest_read_at
        return not self.is_part and newest is not None and self.poll.captured_at < newest

    def quotes(self) -> Iterator[Quote]:
        for event in self.events.values():
            for shown in event.markets:
                for index in range(len(shown.selection_ids)):
                    yield shown.quote(index, event)


@dataclass(frozen=True, slots=True)
class Stored:
    """What of a board was stored."""

    written: int
    unchanged: int
    withdrawn: int
    touched: Touched
