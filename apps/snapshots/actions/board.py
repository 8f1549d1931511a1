"""One odds body into events, quotes and consensus, in a handful of statements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.catalog.actions import (
    ReportedEvent,
    SelectionKey,
    SyncedEvents,
    ensure_selections,
    sync_events,
)
from apps.catalog.models import Book, EventSource, League, RowStatus
from apps.core.actor import Actor
from apps.governance import configs
from apps.rulebook.markets import MARKET_SIDES, MarketType, Period
from apps.rulebook.thresholds import MarketConfig
from apps.snapshots.actions.account import Account
from apps.snapshots.actions.agreement import store_consensus
from apps.snapshots.actions.quotes import store_quotes
from apps.snapshots.actions.shown import SeenBoard, ShownEvent, ShownMarket
from apps.snapshots.actions.spellings import ask_about_books, set_unknown_aside, teams_of
from apps.snapshots.models import Feed, OddsFormat, ProviderPoll
from apps.snapshots.providers.ports import Outcome
from apps.snapshots.reading.bench import ReadingRules
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.odds import ReadBoard, ReadEvent, read_board
from apps.snapshots.reading.tray import Tray

_LINED = (MarketType.SPREAD, MarketType.TOTAL)


def store_board(
    body: bytes,
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    market: configs.Resolved[MarketConfig],
    *,
    only: frozenset[str] | None = None,
    by: Actor,
    at: datetime,
) -> Account:
    """Read one board and store what changed in it. The caller holds the league's lock.

    ``only`` these events of it, by the provider's ids: a second reading leaves out the others.

    Raises:
        PayloadRefused: nothing in it can be read.
    """
    rules = reading_rules(feed, league, market.document)
    read = read_board(body, rules, captured_at=poll.captured_at)
    if only is not None:
        read.keep(only)
    teams = teams_of(league, feed.provider, read.events)
    named = set_unknown_aside(
        [(event, event.prices) for event in read.events],
        teams,
        league,
        feed.provider,
        read.tray,
        captured_at=poll.captured_at,
        by=by,
        at=at,
    )
    synced = sync_events(
        league,
        provider=feed.provider,
        reported=[_reported(event, teams) for event in named],
        captured_at=poll.captured_at,
        listed=None if only is not None else _listed(read, poll),
        by=by,
        at=at,
    )
    events = _certain(named, synced, read.tray)
    books = _books(events, read.tray, feed.provider, poll.captured_at, by=by, at=at)
    board = _board(read, events, synced, books, rules, poll, feed, league, by=by, at=at)
    board.is_part = only is not None
    stored = store_quotes(board)
    store_consensus(board, stored.touched, market)
    return Account(
        tray=read.tray,
        events=len(events),
        prices=read.prices,
        written=stored.written,
        unchanged=stored.unchanged,
        withdrawn=stored.withdrawn,
    )


def reading_rules(feed: Feed, league: League, market: MarketConfig) -> ReadingRules:
    """Gather what an odds body of a feed is read by."""
    ranges = {kind: span for kind in _LINED if (span := league.range_of(kind)) is not None}
    return ReadingRules(
        american=feed.odds_format == OddsFormat.AMERICAN,
        winner_market=MarketType(league.winner_market),
        period=Period(league.period),
        ranges=ranges,
        overround=market.overround,
        offered_above=market.price_offered_above,
    )


def _reported(event: ReadEvent, teams: Mapping[str, UUID]) -> ReportedEvent:
    return ReportedEvent(
        source_event_id=event.source_event_id,
        home_id=teams[event.home],
        away_id=teams[event.away],
        start_time=event.start_time,
    )


def _listed(read: ReadBoard, poll: ProviderPoll) -> frozenset[str] | None:
    """All games on a whole board; of another one nobody knows what it lacks."""
    return frozenset(read.named) if read.is_whole and poll.outcome != Outcome.EMPTY else None


def _certain(named: Sequence[ReadEvent], synced: SyncedEvents, tray: Tray) -> list[ReadEvent]:
    """Keep the events that are what they were; set aside what drifted, fits nowhere or is twice."""
    certain = []
    for event in named:
        if event.source_event_id in synced.events:
            certain.append(event)
            continue
        tray.lay(
            doubt_about(event.source_event_id, synced),
            event.place,
            prices=event.prices,
            source_event_id=event.source_event_id,
            fragment={"home": event.home, "away": event.away, "start": event.start_time},
        )
    return certain


def doubt_about(source_event_id: str, synced: SyncedEvents) -> Quarantined:
    """Why nothing is believed of an event that a provider tells about."""
    if source_event_id in synced.drifted:
        return Quarantined.MAPPING_DRIFT
    if source_event_id in synced.doubled:
        return Quarantined.DUPLICATE_EVENT
    return (
        Quarantined.EVENT_AMBIGUOUS
        if source_event_id in synced.ambiguous
        else Quarantined.UNKNOWN_EVENT
    )


def _books(
    events: Sequence[ReadEvent],
    tray: Tray,
    provider: str,
    captured_at: datetime,
    *,
    by: Actor,
    at: datetime,
) -> dict[str, Book]:
    """Map book keys to the books that are read; set the prices of the others aside, by book."""
    known = {book.key: book for book in Book.objects.all()}
    active = {key: book for key, book in known.items() if book.status == RowStatus.ACTIVE}
    others: Counter[str] = Counter()
    first_seen: dict[str, str] = {}
    for event in events:
        kept = []
        for market in event.markets:
            if market.book_key in active:
                kept.append(market)
            else:
                others[market.book_key] += len(market.prices)
                first_seen.setdefault(market.book_key, event.source_event_id)
        event.markets = kept
    for key, prices in sorted(others.items()):
        code = Quarantined.BOOK_RETIRED if key in known else Quarantined.UNKNOWN_BOOK
        tray.lay(
            code,
            f"bookmakers[{key}]",
            prices=prices,
            source_event_id=first_seen[key],
            book_key=key,
        )
    unknown = [(key, first_seen[key]) for key in others if key not in known]
    if unknown:
        ask_about_books(unknown, provider, captured_at=captured_at, by=by, at=at)
    return active


def _board(
    read: ReadBoard,
    events: Sequence[ReadEvent],
    synced: SyncedEvents,
    books: Mapping[str, Book],
    rules: ReadingRules,
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    *,
    by: Actor,
    at: datetime,
) -> SeenBoard:
    """Put what was believed under our own keys."""
    period = rules.period
    briefs = [synced.events[event.source_event_id] for event in events]
    kinds = [sorted({market.market_type for market in event.markets}) for event in events]
    selections = ensure_selections(
        [
            SelectionKey(brief.id, kind, period, side)
            for brief, present in zip(briefs, kinds, strict=True)
            for kind in present
            for side in MARKET_SIDES[kind]
        ],
        by=by,
        at=at,
    )
    book_ids = {key: book.pk for key, book in books.items()}
    board = SeenBoard(
        poll=poll,
        feed=feed,
        league=league,
        sportsbooks=frozenset(book.pk for book in books.values() if book.kind == "SPORTSBOOK"),
        is_complete=read.is_whole and poll.outcome != Outcome.EMPTY,
        unheard=_unheard(read, synced, feed.provider),
    )
    for event, brief, present in zip(events, briefs, kinds, strict=True):
        sides = {
            kind: tuple(
                selections[SelectionKey(brief.id, kind, period, side)]
                for side in MARKET_SIDES[kind]
            )
            for kind in present
        }
        board.events[brief.id] = ShownEvent(
            id=brief.id,
            pre_game=brief.pre_game,
            reading=event,
            book_ids=book_ids,
            kinds=rules.kinds(),
            markets=[
                ShownMarket(book_ids[market.book_key], sides[market.market_type], market)
                for market in event.markets
            ],
        )
    return board


def _unheard(read: ReadBoard, synced: SyncedEvents, provider: str) -> set[UUID]:
    """Events that the body names, or may name, and of which nothing could be believed."""
    silent = read.named - synced.events.keys()
    if not silent:
        return set()
    named = EventSource.objects.event_ids(provider=provider, source_event_ids=silent)
    return {*named.values(), *synced.in_question}
