"""What tests of this room are made of: played games, games ahead, and boards that quote them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.catalog.models import (
    Book,
    Event,
    EventScheduleChange,
    EventSource,
    League,
    Selection,
    Team,
)
from apps.core.actor import Actor
from apps.core.canonical import fingerprint
from apps.governance import configs
from apps.rulebook import keys
from apps.rulebook.markets import MarketType, Period, QuoteStatus, Side
from apps.snapshots.models import (
    Consensus,
    Feed,
    FeedKind,
    LatestQuote,
    PayloadReading,
    ProviderPoll,
    RawPayload,
    ResultSnapshot,
)
from apps.snapshots.tests.factories import seen

PROVIDER = "the_odds_api"
SEEDER = Actor.system("tests.seed")

FIRST_SUNDAY = date(2025, 9, 7)
WEEK = timedelta(days=7)
KICKOFF = datetime(2025, 10, 5, 17, 0, tzinfo=UTC)  # the fifth Sunday
FRIDAY = datetime(2025, 10, 3, 16, 0, tzinfo=UTC)  # two days before

BOOKS = ("draftkings", "fanduel", "betmgm")
EVEN = ("1.909091", "1.909091")

# Four teams that have all met by the fifth Sunday.
CHIEFS, BILLS = "Kansas City Chiefs", "Buffalo Bills"
EAGLES, GIANTS = "Philadelphia Eagles", "New York Giants"
ROUNDS = (
    ((CHIEFS, BILLS, 27, 24), (EAGLES, GIANTS, 31, 10)),
    ((GIANTS, CHIEFS, 13, 20), (BILLS, EAGLES, 23, 23)),
    ((CHIEFS, EAGLES, 17, 21), (BILLS, GIANTS, 30, 14)),
    ((BILLS, CHIEFS, 20, 26), (GIANTS, EAGLES, 16, 34)),
)


def nfl() -> League:
    return League.objects.get(code="NFL")


def feed(kind: FeedKind = FeedKind.ODDS, *, league: str = "NFL", **limits: int) -> Feed:
    found, _ = Feed.objects.get_or_create(
        adapter="recorded",
        provider=PROVIDER,
        kind=kind,
        league=League.objects.get(code=league),
        source="",
        defaults={
            "uuid": keys.event_id("feed", f"{league} {kind}"),
            "rhythm_s": 60,
            "max_quote_age_s": 180,
            "max_close_age_s": 600,
            **limits,
        },
    )
    return found


def polled(
    at: datetime, kind: FeedKind = FeedKind.ODDS, *, read: bool = True, league: str = "NFL"
) -> ProviderPoll:
    """A poll that brought a body, and the receipt of its reading."""
    payload, _ = RawPayload.objects.get_or_create(
        sha256=fingerprint([league, kind, at]),
        defaults={"size": 1, "stored_size": 1, "first_captured_at": at},
    )
    poll, _ = ProviderPoll.objects.get_or_create(
        feed=feed(kind, league=league),
        captured_at=at,
        defaults={"outcome": "OK", "duration_ms": 1, "payload": payload},
    )
    if read and not PayloadReading.objects.filter(poll=poll).exists():
        PayloadReading.objects.create(
            poll=poll,
            reader_version=1,
            read_at=at,
            events=0,
            prices=0,
            written=0,
            unchanged=0,
            quarantined_total=0,
            withdrawn=0,
        )
    return poll


def event(
    home: str,
    away: str,
    kickoff: datetime = KICKOFF,
    *,
    league: str = "NFL",
    known_at: datetime | None = None,
    **columns: Any,
) -> Event:
    """A scheduled game, known since ``known_at`` (else a week before it)."""
    code = f"{home}-{away}-{kickoff:%Y%m%d}"
    row = Event.objects.create(
        id=keys.event_id(PROVIDER, code),
        league=League.objects.get(code=league),
        home=Team.objects.get(league__code=league, name=home),
        away=Team.objects.get(league__code=league, name=away),
        start_time=kickoff,
        **columns,
    )
    seen = known_at or kickoff - WEEK
    EventSource.objects.create(
        provider=PROVIDER,
        source_event_id=code,
        event=row,
        reported_start=kickoff,
        last_seen_at=seen,
    )
    EventScheduleChange.objects.create(
        event=row, provider=PROVIDER, captured_at=seen, start_time=kickoff, in_play=False
    )
    row.refresh_from_db()  # begins_at is the database's
    return row


def told(
    game: Event,
    home_score: int | None,
    away_score: int | None,
    *,
    at: datetime | None = None,
    suspect: str = "",
    played: dict[str, float] | None = None,
) -> ResultSnapshot:
    """A results poll tells how a game ended."""
    at = at or game.start_time + timedelta(hours=4)
    status = "SUSPECT" if suspect else "FINAL"
    row = ResultSnapshot(
        event=game,
        poll=polled(at, FeedKind.RESULTS, league=game.league.code),
        provider=PROVIDER,
        source_event_id=str(game.pk),
        captured_at=at,
        status=status,
        suspect_code=suspect,
        home_score=home_score,
        away_score=away_score,
        played=played,
    )
    row.result_sha256 = fingerprint(row.canonical())
    row.save()
    Event.objects.filter(pk=game.pk).update(status="FINAL", final_at=at)
    return row


def kickoff_on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, 0, tzinfo=UTC)


def played(
    home: str, away: str, home_score: int, away_score: int, day: date, *, league: str = "NFL"
) -> Event:
    """A game that was over when anybody heard of it, as those of an archive are."""
    kickoff = kickoff_on(day)
    game = event(home, away, kickoff, league=league, known_at=kickoff + timedelta(hours=4))
    told(game, home_score, away_score)
    return game


def season(rounds: int = len(ROUNDS)) -> list[Event]:
    """Play the first rounds, one each Sunday."""
    return [
        played(*game, FIRST_SUNDAY + number * WEEK)
        for number, games in enumerate(ROUNDS[:rounds])
        for game in games
    ]


def after_round(number: int) -> datetime:
    """The evening of a round's Sunday, when its results are told."""
    return kickoff_on(FIRST_SUNDAY + (number - 1) * WEEK) + timedelta(hours=5)


def selection(game: Event, market_type: MarketType, side: Side) -> Selection:
    period = Period(game.league.period)
    row, _ = Selection.objects.get_or_create(
        event=game,
        market_type=market_type,
        period=period,
        side=side,
        participant="",
        defaults={"uuid": keys.selection_id(game.pk, market_type, period, side)},
    )
    return row


def quote(
    game: Event,
    market_type: MarketType,
    side: Side,
    *,
    line: str | None,
    price: str,
    at: datetime,
    book: str = "draftkings",
    status: QuoteStatus = QuoteStatus.OPEN,
) -> LatestQuote:
    """Let a book show one side, as the poll at ``at`` saw it."""
    shown = {"line": None if line is None else Decimal(line), "price_decimal": Decimal(price)}
    of = {
        "selection": selection(game, market_type, side),
        "book": Book.objects.get(key=book),
    }
    row = LatestQuote.objects.filter(**of).first() or LatestQuote(
        **of, event=game, feed=feed(league=game.league.code), seq=0
    )
    if row.pk is None or (row.line, row.price_decimal) != tuple(shown.values()):
        row.line, row.price_decimal = shown.values()
        row.observed_at, row.poll = at, polled(at, league=game.league.code)
    row.status, row.status_since, row.checked_at, row.pre_game = status, at, at, True
    seen(row, at).save()
    return row


def two_sided(
    game: Event,
    market_type: MarketType,
    *,
    line: str | None,
    prices: tuple[str, str] = EVEN,
    at: datetime = FRIDAY,
    book: str = "draftkings",
) -> list[LatestQuote]:
    """Let a book show both sides; the line as given to the first."""
    first, second = (
        (Side.OVER, Side.UNDER) if market_type is MarketType.TOTAL else (Side.HOME, Side.AWAY)
    )
    mirrored = line
    if market_type is MarketType.SPREAD and line is not None:
        mirrored = str(-Decimal(line))
    return [
        quote(game, market_type, first, line=line, price=prices[0], at=at, book=book),
        quote(game, market_type, second, line=mirrored, price=prices[1], at=at, book=book),
    ]


def board(game: Event, *, at: datetime = FRIDAY, books: tuple[str, ...] = BOOKS) -> ProviderPoll:
    """A poll that shows spread, moneyline and total of one game at every book."""
    for book in books:
        two_sided(game, MarketType.SPREAD, line="-3.5", at=at, book=book)
        two_sided(game, MarketType.TOTAL, line="44.5", at=at, book=book)
        two_sided(game, MarketType.MONEYLINE, line=None, prices=("1.55", "2.55"), at=at, book=book)
    return polled(at)


def closed(
    game: Event,
    *,
    spread: str,
    total: str,
    age: timedelta = timedelta(minutes=2),
    gap: str = "",
) -> None:
    """The books' last word before a game: a consensus, and quotes that were seen so late."""
    at = game.start_time - age
    for market_type, line in ((MarketType.SPREAD, spread), (MarketType.TOTAL, total)):
        for row in two_sided(game, market_type, line=line, at=at):
            Consensus.objects.create(
                selection=row.selection,
                poll=polled(at),
                event=game,
                market_type=market_type,
                period=Period.FULL_GAME,
                captured_at=at,
                line=row.line,
                gap=gap,
                fair_prob=None if gap else 0.5,
                dispersion=None if gap else 0.0,
                books=3,
                books_total=3,
                oldest_observed_at=at,
                newest_observed_at=at,
                method="ADDITIVE",
                config_hash="0" * 64,
            )


def choose(tenant: str, *, model_profile: str, at: datetime) -> None:
    """Let a tenant's opinion of the NFL name another profile of the model."""
    opinion = configs.resolve(configs.OPINION, league="NFL", tenant=tenant, at=at)
    configs.create_version(
        opinion.document.model_copy(update={"model_profile": model_profile}),
        tenant=tenant,
        effective_from=at,
        by=SEEDER,
        at=at,
        reason="The test wants it.",
    )
