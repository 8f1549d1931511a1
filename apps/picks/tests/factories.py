"""What tests of this room are made of: a game with a market, a run, picks on it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection

from apps.catalog.models import Book, Event, EventSource, League, Selection, SettlementRuleset, Team
from apps.core.canonical import fingerprint
from apps.core.tenancy import PUBLIC, current_schema
from apps.governance import configs
from apps.picks.models import Pick
from apps.picks.tests.runs import simulated
from apps.rulebook import keys
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, Period, QuoteStatus, Side, mirror_line, opposite
from apps.rulebook.odds import price_from_american
from apps.rulebook.thresholds import Tier
from apps.snapshots.models import (
    Feed,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    RawPayload,
)
from apps.snapshots.tests.factories import seen

KICKOFF = datetime(2025, 10, 12, 17, 0, tzinfo=UTC)  # a Sunday
NOON_BEFORE = datetime(2025, 10, 11, 16, 0, tzinfo=UTC)  # noon in New York, the day before
PROVIDER = "the_odds_api"
BOOKS = ("betmgm", "draftkings", "fanduel")
_NUMBERS = count(1)
_FULL = Period.FULL_GAME


@contextmanager
def facts() -> Iterator[None]:
    """Step out of the tenant whose test it is: its role reads facts and writes none."""
    schema = connection.schema_name
    if schema == PUBLIC:
        yield
        return
    connection.set_schema_to_public()
    try:
        yield
    finally:
        connection.set_schema(schema)


@dataclass
class Game:
    """One upcoming game (NFL unless said), its three markets, and the feed that shows them."""

    home: str = "Kansas City Chiefs"
    away: str = "Buffalo Bills"
    kickoff: datetime = KICKOFF
    max_quote_age_s: int = 180
    max_close_age_s: int = 600
    code: str = field(default_factory=lambda: f"game{next(_NUMBERS):04d}")
    of: str = "NFL"

    @cached_property
    def league(self) -> League:
        return League.objects.get(code=self.of)

    @cached_property
    @facts()
    def event(self) -> Event:
        home = Team.objects.get(league=self.league, name=self.home)
        away = Team.objects.get(league=self.league, name=self.away)
        event = Event.objects.create(
            id=keys.event_id(PROVIDER, self.code),
            league=self.league,
            home=home,
            away=away,
            start_time=self.kickoff,
        )
        EventSource.objects.create(
            provider=PROVIDER,
            source_event_id=self.code,
            event=event,
            reported_start=self.kickoff,
            last_seen_at=NOON_BEFORE,
        )
        return event

    @cached_property
    @facts()
    def feed(self) -> Feed:
        feed, _ = Feed.objects.get_or_create(
            adapter="recorded",
            provider=PROVIDER,
            kind="ODDS",
            league=self.league,
            source=f"{self.max_quote_age_s}/{self.max_close_age_s}",
            defaults={
                "uuid": keys.snapshot_id(
                    UUID(int=self.max_quote_age_s),
                    PROVIDER if self.of == "NFL" else f"{PROVIDER}.{self.of}",
                    str(self.max_close_age_s),
                    KICKOFF,
                    None,
                    None,
                    QuoteStatus.OPEN,
                ),
                "rhythm_s": 60,
                "max_quote_age_s": self.max_quote_age_s,
                "max_close_age_s": self.max_close_age_s,
            },
        )
        return feed

    @facts()
    def selection(self, market_type: MarketType, side: Side) -> Selection:
        row, _ = Selection.objects.get_or_create(
            event=self.event,
            market_type=market_type,
            period=_FULL,
            side=side,
            defaults={"uuid": keys.selection_id(self.event.pk, market_type, _FULL, side)},
        )
        return row

    @facts()
    def poll(self, at: datetime, *, read: bool = True) -> ProviderPoll:
        payload, _ = RawPayload.objects.get_or_create(
            sha256=fingerprint([self.feed.pk, at]),
            defaults={"size": 1, "stored_size": 1, "first_captured_at": at},
        )
        poll, _ = ProviderPoll.objects.get_or_create(
            feed=self.feed,
            captured_at=at,
            defaults={"outcome": "OK", "duration_ms": 1, "payload": payload},
        )
        if read:
            PayloadReading.objects.get_or_create(
                poll=poll,
                reader_version=1,
                defaults={
                    **{"read_at": at, "events": 1, "prices": 0, "written": 0, "unchanged": 0},
                    **{"quarantined_total": 0, "withdrawn": 0},
                },
            )
        return poll

    @facts()
    def quote(
        self,
        market_type: MarketType,
        side: Side,
        *,
        line: str | None,
        price: str,
        at: datetime,
        book: str = "draftkings",
        status: QuoteStatus = QuoteStatus.OPEN,
    ) -> LatestQuote:
        """Let a book quote one side, as a poll at ``at`` saw it."""
        return self._quote(
            self.selection(market_type, side),
            Book.objects.get(key=book),
            self.poll(at),
            line=None if line is None else Decimal(line),
            price=price,
            at=at,
            status=status,
        )

    def _quote(
        self,
        selection: Selection,
        book: Book,
        poll: ProviderPoll,
        *,
        line: Decimal | None,
        price: str,
        at: datetime,
        status: QuoteStatus = QuoteStatus.OPEN,
    ) -> LatestQuote:
        shown = {"line": line, "price_decimal": Decimal(price)}
        quote = LatestQuote.objects.filter(selection=selection, book=book).first()
        if quote is None:
            quote = LatestQuote(selection=selection, event=self.event, book=book, feed=self.feed)
        quote.status, quote.status_since, quote.checked_at, quote.pre_game = status, at, at, True
        if status is QuoteStatus.OPEN:
            moved = (quote.line, quote.price_decimal) != (shown["line"], shown["price_decimal"])
            quote.line, quote.price_decimal = shown["line"], shown["price_decimal"]
            seen(quote, at)
            if moved or quote.pk is None:
                quote.observed_at, quote.seq, quote.poll = at, 0, poll
                MarketSnapshot.objects.create(
                    selection=selection,
                    book=book,
                    observed_at=at,
                    seq=0,
                    poll=poll,
                    is_main=True,
                    pre_game=True,
                    status=status,
                    **shown,
                )
        quote.save()
        return quote

    def pair(
        self,
        market_type: MarketType = MarketType.SPREAD,
        side: Side = Side.HOME,
        *,
        line: str | None = "-3.5",
        prices: tuple[str, str] = ("1.909091", "1.909091"),
        at: datetime = NOON_BEFORE,
        book: str = "draftkings",
    ) -> LatestQuote:
        """Let a book quote both sides of a market; return the quote of ``side``."""
        [quote] = self.pairs(market_type, side, line=line, prices=prices, at=at, books=(book,))
        return quote

    @facts()
    def pairs(
        self,
        market_type: MarketType,
        side: Side,
        *,
        line: str | None,
        prices: tuple[str, str],
        at: datetime,
        books: Sequence[str],
    ) -> list[LatestQuote]:
        """Let several books quote both sides alike, as one poll saw it; the quotes of ``side``.

        Most tests begin with these: what the quotes have in common is looked for once.
        """
        own = None if line is None else Decimal(line)
        ours, theirs = (self.selection(market_type, its) for its in (side, opposite(side)))
        other, poll = mirror_line(market_type, own), self.poll(at)
        found = {book.key: book for book in Book.objects.filter(key__in=books)}
        quotes = []
        for book in (found[key] for key in books):
            self._quote(theirs, book, poll, line=other, price=prices[1], at=at)
            quotes.append(self._quote(ours, book, poll, line=own, price=prices[0], at=at))
        return quotes


def make_pick(
    game: Game | None = None,
    *,
    market_type: MarketType = MarketType.SPREAD,
    side: Side = Side.HOME,
    line: str | None = "-3.5",
    price: str = "1.909091",
    american: int | None = -110,
    win: float = 0.55,
    push: float = 0.0,
    status: PickStatus = PickStatus.PROPOSED,
    version: int | None = None,
    at: datetime = NOON_BEFORE,
    quoted: bool = True,
    book: str = "draftkings",
    ruleset: SettlementRuleset | None = None,
    **columns: Any,
) -> Pick:
    """Store a pick that waits, with the market it was made from, and move it to ``status``.

    What is held to its evidence as it goes out has some: a run, and three books that quote it.
    """
    game = game or Game()
    selection = game.selection(market_type, side)
    waits = status is PickStatus.PROPOSED and not columns.get("born_blocked")
    if quoted:
        books = sorted({book, *BOOKS}) if waits else (book,)
        game.pairs(market_type, side, line=line, prices=(price, price), at=at, books=books)
    if waits and "run_id" not in columns:
        with facts():
            run = simulated(game.event, at=at)
        copied = {"data_version": run.data_version, "sim_config_hash": run.sim_config_hash}
        columns = {"run_id": run.pk, "model_version": run.model_version.code, **copied, **columns}
    a, b = round(win * (1 - push), 10), round((1 - win) * (1 - push), 10)
    number = (
        version
        or 1
        + Pick.objects.of_idea(
            event_id=game.event.pk, market_type=market_type, period=_FULL
        ).count()
    )
    key = keys.pick_key(current_schema(), game.event.pk, market_type, _FULL, number)
    opinion = configs.resolve(configs.OPINION, league=game.of, tenant=current_schema(), at=at)
    odds = Decimal(price)
    pick = Pick(
        id=keys.pick_id(key),
        idempotency_key=key,
        pick_version=number,
        event=game.event,
        selection=selection,
        league=game.of,
        market_type=market_type,
        period=_FULL,
        side=side,
        provider=PROVIDER,
        source_event_id=game.code,
        home_team_id=game.event.home_id,
        away_team_id=game.event.away_id,
        book=Book.objects.get(key=book),
        snapshot_id=keys.snapshot_id(
            selection.uuid,
            PROVIDER,
            book,
            at,
            None if line is None else Decimal(line),
            odds,
            QuoteStatus.OPEN,
        ),
        snapshot_seq=0,
        observed_at=at,
        last_seen_at=at,
        line=None if line is None else Decimal(line),
        price=odds,
        price_american=american,
        payload_sha256=fingerprint([game.feed.pk, at]),
        sims=100_000,
        market_config_hash="0" * 64,
        model_config_hash="1" * 64,
        a=a,
        b=b,
        v=round(1 - a - b, 10),
        model_prob=win,
        fair_prob=0.5,
        weight=1.0,
        decision_prob=win,
        edge_prob=round(win - 0.5, 10),
        edge_points=None if line is None else 1.5,
        ev=round(a * float(odds - 1) - b, 10),
        config_version_id=opinion.version_id,
        tier=Tier.LEAN,
        uncapped_tier=Tier.EDGE,
        risk_flags=["MODEL_UNMEASURED"],
        playable_to_price=Decimal("1.82"),
        playable_to_line=None if line is None else Decimal(line) - Decimal("0.5"),
        proposed_at=at,
        expires_at=game.kickoff,
    )
    expiry_reason = columns.pop("expiry_reason", "REPLACED")
    for name, value in columns.items():
        setattr(pick, name, value)
    if pick.born_blocked:
        pick.status = PickStatus.BLOCKED
    pick.save(force_insert=True)
    if status in (PickStatus.PUBLISHED, PickStatus.SUPERSEDED, PickStatus.GRADED):
        _publish(pick, at, ruleset)
    if status is not PickStatus.PROPOSED and status != pick.status:
        pick.status = status
        if status is PickStatus.EXPIRED:
            pick.expiry_reason = expiry_reason
        pick.save(update_fields=["status", "expiry_reason"])
    return pick


def _publish(pick: Pick, at: datetime, ruleset: SettlementRuleset | None) -> None:
    pick.status = PickStatus.PUBLISHED
    pick.published_at = at
    pick.settlement_ruleset = ruleset or SettlementRuleset.objects.get(
        league__code=pick.league, market_type=pick.market_type, version=1
    )
    pick.validity_state, pick.validity_reason, pick.validity_at = Validity.VALID, "AS_GOOD", at
    pick.save()


def american(price: int) -> str:
    return str(price_from_american(price))


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
