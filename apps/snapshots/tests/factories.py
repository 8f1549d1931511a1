"""What tests of this room are made of: bodies in the documented shape, feeds that bring them.

A feed of these tests is a recording: a folder of bodies, each named by the time it came. What is
written into it is fetched and read by the real stages.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apps.core.actor import Actor
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import line_ranges, market_config
from apps.snapshots import actions
from apps.snapshots.actions import fetching, payloads
from apps.snapshots.models import (
    Feed,
    FeedKind,
    LatestQuote,
    PayloadReading,
    ProviderPoll,
    Sighting,
)
from apps.snapshots.providers import registry
from apps.snapshots.reading.bench import ReadingRules
from apps.snapshots.reading.odds import ReadBoard, read_board

PAYLOADS = Path(__file__).parent / "payloads"
CLOCK = Actor.job("tests.clock")
PROVIDER = "the_odds_api"

JETS_GAME = "5f0c9b5a7d1e4c62a8b90d7e5f1c2a34"
FALCONS_GAME = "9ad4c8f1e6b24d0a8c7f3e2b1a09d8c7"
JETS, BRONCOS = "New York Jets", "Denver Broncos"
FALCONS, BILLS = "Atlanta Falcons", "Buffalo Bills"

SATURDAY = datetime(2025, 10, 11, 17, 0, tzinfo=UTC)  # the golden board's poll
KICKOFF = datetime(2025, 10, 12, 17, 0, tzinfo=UTC)  # of the Jets' game
NIGHT = datetime(2025, 10, 12, 20, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEXT, LATER = SATURDAY + MINUTE, SATURDAY + 2 * MINUTE

Board = list[dict[str, Any]]


def golden() -> Board:
    """Two games at four books; twelve markets of sportsbooks, one of an exchange, one lay."""
    return json.loads((PAYLOADS / "nfl_board.json").read_text())


GOLDEN_PRICES = 36  # of which two are lay prices


def scores() -> Board:
    """The Jets lost 11-13; the Falcons have not played yet."""
    return json.loads((PAYLOADS / "nfl_scores.json").read_text())


def market_of(
    board: Board, *, game: int = 0, book: str = "draftkings", key: str = "spreads"
) -> Any:
    [bookmaker] = [each for each in board[game]["bookmakers"] if each["key"] == book]
    [market] = [each for each in bookmaker["markets"] if each["key"] == key]
    return market


def changed(change: Callable[[Board], object], board: Board | None = None) -> Board:
    """A board with one thing done to it."""
    board = copy.deepcopy(golden() if board is None else board)
    change(board)
    return board


def outcome_of(board: Board, side: int = 0, **where: Any) -> Any:
    return market_of(board, **where)["outcomes"][side]


def with_price(value: object, side: int = 0) -> Board:
    """The golden board with one price of DraftKings' spread set to anything."""
    return changed(lambda board: outcome_of(board, side).update(price=value))


def moved(
    line: float = 7, price: int = -110, *, at: datetime = NEXT - timedelta(seconds=10)
) -> Board:
    """The golden board with DraftKings' spread on the Jets moved, stamped ``at``."""

    def change(board: Board) -> None:
        market = market_of(board)
        market["last_update"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        for outcome in market["outcomes"]:
            outcome["point"] = line if outcome["name"] == JETS else -line
            outcome["price"] = price

    return changed(change)


def stamped(moment: datetime) -> Board:
    """The golden board with every time set to ``moment``."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def change(board: Board) -> None:
        for event in board:
            for book in event["bookmakers"]:
                book["last_update"] = text
                for market in book["markets"]:
                    market["last_update"] = text

    return changed(change)


def without(
    board: Board, *, game: int = 0, book: str | None = None, key: str | None = None
) -> Board:
    """A board that a game, a book of it, or a market of that book has left."""
    board = copy.deepcopy(board)
    if book is None:
        del board[game]
    elif key is None:
        board[game]["bookmakers"] = [
            each for each in board[game]["bookmakers"] if each["key"] != book
        ]
    else:
        [bookmaker] = [each for each in board[game]["bookmakers"] if each["key"] == book]
        bookmaker["markets"] = [each for each in bookmaker["markets"] if each["key"] != key]
    return board


def body_of(board: Any) -> bytes:
    return board if isinstance(board, bytes) else json.dumps(board).encode()


def rules(*, american: bool = True, **other: Any) -> ReadingRules:
    config = market_config("NFL")
    plain = {
        "american": american,
        "winner_market": MarketType.MONEYLINE,
        "period": Period.FULL_GAME,
        "ranges": {span.market_type: span for span in line_ranges("NFL")},
        "overround": config.overround,
        "offered_above": config.price_offered_above,
    }
    return ReadingRules(**{**plain, **other})


def read(board: Any, *, at: datetime = SATURDAY, **other: Any) -> ReadBoard:
    return read_board(body_of(board), rules(**other), captured_at=at)


def believed(board: ReadBoard) -> int:
    return sum(event.prices for event in board.events)


def assert_adds_up(board: ReadBoard) -> None:
    assert believed(board) + board.tray.total == board.prices


@dataclass
class Feeds:
    """Feeds of one league, the NFL unless it is named, whose recordings a test writes."""

    folder: Path
    settings: Any

    def __post_init__(self) -> None:
        self.settings.RECORDINGS = {}

    def odds(self, source: str = "odds", *, at: datetime = SATURDAY, **limits: Any) -> Feed:
        return self._feed(FeedKind.ODDS, source, at, **limits)

    def results(
        self, source: str = "results", *, at: datetime = SATURDAY, league: str = "NFL"
    ) -> Feed:
        """Scores bodies out of a folder: the same recording, another question."""
        return self._feed(FeedKind.RESULTS, source, at, league=league)

    def archive(self, path: Path, *, at: datetime = SATURDAY, source: str = "history") -> Feed:
        self.settings.RECORDINGS = {**self.settings.RECORDINGS, source: {"archive": str(path)}}
        return actions.register_feed(
            adapter="recorded",
            provider="nflverse",
            kind=FeedKind.ARCHIVE,
            league="NFL",
            source=source,
            rhythm_s=86400,
            by=CLOCK,
            at=at,
        )

    def _feed(self, kind: FeedKind, source: str, at: datetime, **limits: Any) -> Feed:
        (self.folder / source).mkdir(exist_ok=True)
        self.settings.RECORDINGS = {
            **self.settings.RECORDINGS,
            source: {"folder": str(self.folder / source)},
        }
        provider = limits.pop("provider", PROVIDER)
        return actions.register_feed(
            adapter="recorded",
            provider=provider,
            kind=kind,
            league=limits.pop("league", "NFL"),
            source=source,
            rhythm_s=60,
            by=CLOCK,
            at=at,
            **limits,
        )

    def hold(self, source: str, *bodies: tuple[datetime, Any]) -> None:
        """Write bodies into a recording, and let its feed be asked for them."""
        for moment, body in bodies:
            name = moment.strftime("%Y%m%dT%H%M%SZ")
            (self.folder / source / f"{name}.json").write_bytes(body_of(body))
        registry.forget()
        Feed.objects.filter(source=source).update(
            next_due_at=min(moment for moment, _body in bodies)
        )

    def bring_late(self, moment: datetime, body: Any, source: str = "odds") -> ProviderPoll:
        """Store a poll that was taken earlier than others that were read already."""
        feed = Feed.objects.get(source=source)
        poll = ProviderPoll.objects.create(
            feed=feed,
            captured_at=moment,
            outcome="OK",
            duration_ms=1,
            payload_id=payloads.store(body_of(body), captured_at=moment),
        )
        feed.read_through = moment - fetching.INSTANT
        feed.save()
        return poll

    def show(self, *bodies: tuple[datetime, Any], source: str = "odds") -> None:
        """Let a feed hand over bodies, and fetch and read each at its time."""
        self.hold(source, *bodies)
        for moment, _body in bodies:
            actions.fetch_due(by=CLOCK, at=moment)
            actions.read_unread(by=CLOCK, at=moment)


def quote(
    market_type: MarketType, side: str, *, book: str = "draftkings", home: str = JETS
) -> LatestQuote:
    return LatestQuote.objects.with_close().get(
        selection__market_type=market_type,
        selection__side=side,
        book__key=book,
        event__home__name=home,
    )


def seen(quote: LatestQuote, at: datetime) -> LatestQuote:
    """A quote made by hand, as if a poll of its feed at ``at`` had shown it; unsaved."""
    sighting, _ = Sighting.objects.get_or_create(
        feed=quote.feed, event=quote.event, defaults={"seen_at": at}
    )
    if sighting.seen_at < at:
        along = LatestQuote.objects.filter(feed=quote.feed, event=quote.event, seen_until=None)
        along.update(seen_until=sighting.seen_at)
        Sighting.objects.filter(pk=sighting.pk).update(seen_at=at)
    quote.seen_until = at if at < sighting.seen_at else None
    quote.last_seen_at = at
    return quote


def receipt_at(moment: datetime) -> PayloadReading:
    return PayloadReading.objects.get(poll__captured_at=moment)
