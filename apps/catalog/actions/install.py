"""The catalog of a fresh installation, written once and completed ever after."""

from datetime import UTC, datetime

from django.db import transaction

from apps.catalog.first import SANDBOX, SHIPPED, FirstBook, FirstCatalog, FirstLeague, FirstTeam
from apps.catalog.first.leagues import NFLVERSE
from apps.catalog.models import Book, League, SettlementRuleset, Team, TeamAlias
from apps.catalog.spelling import normalise
from apps.core.actor import Actor
from apps.governance import audit, configs, history, switches
from apps.rulebook import keys
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import line_ranges, main_markets, settlement_rules

REASON = "Shipped with the platform."
# The first of a kind holds for any past that may be replayed: nothing was decided before it.
SINCE = datetime(2000, 1, 1, tzinfo=UTC)


@transaction.atomic
def install_catalog(*, by: Actor, at: datetime) -> None:
    """Write the leagues, teams, books, rulesets, switches and first configurations we ship.

    Only what is missing: a row that is there stays as people have made it.
    """
    _install(SHIPPED, by=by, at=at)
    configs.install_first_parlays(by=by, at=at, effective_from=SINCE)


@transaction.atomic
def install_sandbox_league(*, by: Actor, at: datetime) -> None:
    """Write the league that the sandbox plays, beside the real ones and in the same way."""
    _install(SANDBOX, by=by, at=at)


def _install(catalog: FirstCatalog, *, by: Actor, at: datetime) -> None:
    _install_books(catalog.books, by=by, at=at)
    for first in catalog.leagues:
        league = League.objects.filter(code=first.code).first()
        if league is None:
            league = _install_league(first, by=by, at=at)
        _install_teams(league, catalog.teams[first.code], by=by, at=at)
        install_rulesets(league, by=by, at=at)
        open_switches(league, by=by, at=at)
        configs.install_first_configuration(league.code, by=by, at=at, effective_from=SINCE)


def open_switches(league: League, *, by: Actor, at: datetime) -> None:
    """Give a league and its markets their switches: without a row everything is refused."""
    switches.create_rows(league.scope, by=by, at=at, reason=REASON)
    for market_type in (MarketType.SPREAD, league.winner_market, MarketType.TOTAL):
        switches.create_rows(f"market:{market_type}", by=by, at=at, reason=REASON)


def install_rulesets(league: League, *, by: Actor, at: datetime) -> list[SettlementRuleset]:
    """Store version 1 of the settlement rules of every main market that has none."""
    present = set(
        SettlementRuleset.objects.filter(league=league).values_list("market_type", "period")
    )
    rows = []
    for market_type, period in main_markets(league.code):
        if (market_type, period) in present:
            continue
        rules = settlement_rules(league.code, market_type, period)
        rows.append(
            SettlementRuleset(
                version=rules.version,
                league=league,
                market_type=market_type,
                period=period,
                rules=rules.model_dump(mode="json"),
                rules_hash=rules.fingerprint(),
                effective_from=SINCE,
                author=history.operator(by),
                reason=REASON,
                created_at=at,
            )
        )
    created = SettlementRuleset.objects.bulk_create(rows)
    record_created("settlement_ruleset.created", created, by=by, at=at)
    return created


def _install_league(first: FirstLeague, *, by: Actor, at: datetime) -> League:
    ranges = [entry.model_dump(mode="json") for entry in line_ranges(first.code)]
    league = League(
        uuid=keys.league_id(first.code),
        code=first.code,
        name=first.name,
        sport=first.sport,
        provider_keys=first.provider_keys,
        identity_provider="the_odds_api",
        archive_provider=first.archive_provider,
        timezone=first.timezone,
        winner_market=first.winner_market,
        period=first.period,
        neutral_ground=first.neutral_ground,
        can_tie=first.can_tie,
        can_end_scoreless=first.can_end_scoreless,
        regulation_minutes=first.regulation_minutes,
        maximum_minutes=first.maximum_minutes,
        line_ranges=ranges,
    )
    with history.signed(league, by=by, at=at, reason=REASON):
        league.save()
    audit.record("league.created", league, by=by, at=at, reason=REASON)
    return league


def _install_books(books: tuple[FirstBook, ...], *, by: Actor, at: datetime) -> None:
    present = set(Book.objects.values_list("key", flat=True))
    rows = [
        Book(
            uuid=keys.book_id(first.key),
            key=first.key,
            title=first.title,
            group=first.group or first.key,
            kind=first.kind,
        )
        for first in books
        if first.key not in present
    ]
    if rows:
        created = history.create_many(Book, rows, by=by, at=at, reason=REASON)
        record_created("book.created", created, by=by, at=at)


def _install_teams(
    league: League, teams: tuple[FirstTeam, ...], *, by: Actor, at: datetime
) -> None:
    present = set(Team.objects.of(league.pk).values_list("name", flat=True))
    missing = [first for first in teams if first.name not in present]
    if not missing:
        return
    created = Team.objects.bulk_create(
        Team(
            id=keys.team_id(league.code, first.name),
            league=league,
            name=first.name,
            abbreviation=first.abbreviation,
            colour=first.colour,
        )
        for first in missing
    )
    record_created("team.created", created, by=by, at=at)
    spellings = [
        (provider, spelling, team)
        for first, team in zip(missing, created, strict=True)
        for provider, spelling in (
            *((league.identity_provider, name) for name in (first.name, *first.also)),
            *((league.archive_provider, spelling) for spelling in _in_archives(league, first)),
        )
        if provider
    ]
    aliases = [
        TeamAlias(
            provider=provider,
            league=league,
            spelling=spelling,
            normalised=normalise(spelling),
            team=team,
        )
        for provider, spelling, team in spellings
    ]
    record_created(
        "team_alias.created",
        history.create_many(TeamAlias, aliases, by=by, at=at, reason=REASON),
        by=by,
        at=at,
    )


def _in_archives(league: League, first: FirstTeam) -> tuple[str, ...]:
    """How a team is called where past games come from: briefly by the nflverse, else in full."""
    if league.archive_provider == NFLVERSE:
        return (first.abbreviation, *first.formerly)
    return (first.name, *first.also)


def record_created(
    action: str,
    rows: list[Book] | list[Team] | list[TeamAlias] | list[SettlementRuleset],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Write an audit entry for each row of a set that was written at once."""
    audit.record_set(
        [
            audit.Row(
                action=action,
                object_type=type(row).__name__,
                object_id=str(row.pk),
                before=None,
                after=row.audit_state(),
                reason=REASON,
            )
            for row in rows
        ],
        by=by,
        at=at,
    )
