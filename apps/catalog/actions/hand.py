"""What people edit by hand: leagues, teams, spellings, books. Every version keeps its reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.install import install_rulesets, open_switches
from apps.catalog.models import Book, League, Team, TeamAlias
from apps.catalog.spelling import normalise
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, configs, history
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import BookKind
from apps.rulebook.thresholds import LEAGUES as CONFIGURED
from apps.rulebook.thresholds import LineRange


class LeagueCodeTaken(RuleBroken):
    code = "LEAGUE_CODE_TAKEN"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a league {code} already.")


class BookKeyTaken(RuleBroken):
    code = "BOOK_KEY_TAKEN"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is a book {key} already.")


class AliasTaken(RuleBroken):
    code = "TEAM_ALIAS_TAKEN"

    def __init__(self, provider: str, spelling: str) -> None:
        super().__init__(f"{provider} spells a team {spelling!r} already: change that alias.")


class NotTheSameLeague(RuleBroken):
    code = "TEAM_OF_ANOTHER_LEAGUE"

    def __init__(self, team: str, league: str) -> None:
        super().__init__(f"{team} does not play in {league}.")


class Unchangeable(RuleBroken):
    code = "COLUMN_UNCHANGEABLE"

    def __init__(self, model: str, columns: list[str]) -> None:
        super().__init__(f"{', '.join(columns)} of a {model} never changes: ids are made of it.")


_LEAGUE_FIXED = frozenset({"id", "uuid", "code", "identity_provider"})
_BOOK_FIXED = frozenset({"id", "uuid", "key"})


@transaction.atomic
def add_league(values: Mapping[str, Any], *, by: Actor, at: datetime, reason: str) -> League:
    """Create a league with its switches and, where we ship them, rules and configuration.

    A league of which the rulebook knows no rules is read and stored, and nothing of it is
    published until its rulesets and configurations exist: missing rows refuse.

    Raises:
        LeagueCodeTaken: the code is another league's.
    """
    league = League(**values, uuid=keys.league_id(values["code"]))
    _validate_ranges(league)
    taken = LeagueCodeTaken(league.code)
    with (
        refusing({"league_code_key": taken, "league_uuid_key": taken}),
        history.signed(league, by=by, at=at, reason=reason),
    ):
        league.save(force_insert=True)
    audit.record("league.created", league, by=by, at=at, reason=reason)
    open_switches(league, by=by, at=at)
    if league.code in CONFIGURED:
        install_rulesets(league, by=by, at=at)
        configs.install_first_configuration(league.code, by=by, at=at)
    return league


@transaction.atomic
def change_league(
    *, league_id: int, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> League:
    """Change a league's hand-edited columns.

    Raises:
        Unchangeable: code and identity provider, which event and team ids are made of.
    """
    league = League.objects.locked().get(pk=league_id)
    _refuse_fixed("league", changes, _LEAGUE_FIXED)
    with audit.recording("league.changed", league, by=by, at=at, reason=reason):
        _assign(league, changes)
        _validate_ranges(league)
        league.save(update_fields=[*changes])
    return league


@transaction.atomic
def add_book(
    *, key: str, title: str, kind: BookKind, group: str, by: Actor, at: datetime, reason: str
) -> Book:
    """Make a book known, and say what it is: only sportsbooks enter a consensus.

    Raises:
        BookKeyTaken: there is one under this key.
    """
    book = Book(uuid=keys.book_id(key), key=key, title=title, kind=kind, group=group or key)
    with (
        refusing({"book_key_key": BookKeyTaken(key), "book_uuid_key": BookKeyTaken(key)}),
        history.signed(book, by=by, at=at, reason=reason),
    ):
        book.save(force_insert=True)
    audit.record("book.created", book, by=by, at=at, reason=reason)
    return book


@transaction.atomic
def change_book(
    *, book_id: int, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> Book:
    """Change a book's title, group, kind or status.

    Raises:
        Unchangeable: the key, which quotes are known by.
    """
    book = Book.objects.select_for_update(no_key=True).get(pk=book_id)
    _refuse_fixed("book", changes, _BOOK_FIXED)
    with audit.recording("book.changed", book, by=by, at=at, reason=reason):
        _assign(book, changes)
        book.save(update_fields=[*changes])
    return book


@transaction.atomic
def add_team(
    *,
    league_id: int,
    name: str,
    abbreviation: str = "",
    by: Actor,
    at: datetime,
    reason: str,
) -> Team:
    """Create a team under its canonical name, which is its first spelling too.

    Raises:
        AliasTaken: the identity provider spells another team so.
    """
    league = League.objects.get(pk=league_id)
    team = Team(
        id=keys.team_id(league.code, name), league=league, name=name, abbreviation=abbreviation
    )
    taken = AliasTaken(league.identity_provider, name)
    with refusing({"team_pkey": taken, "team_name_is_used_once": taken}):
        team.save(force_insert=True)
    audit.record("team.created", team, by=by, at=at, reason=reason)
    add_team_alias(
        provider=league.identity_provider,
        spelling=name,
        team_id=team.pk,
        by=by,
        at=at,
        reason=reason,
    )
    return team


@transaction.atomic
def add_team_alias(
    *, provider: str, spelling: str, team_id: UUID, by: Actor, at: datetime, reason: str
) -> TeamAlias:
    """Say that a provider's spelling means a team.

    Raises:
        AliasTaken: the provider's spelling means a team already.
    """
    team = Team.objects.get(pk=team_id)
    alias = TeamAlias(
        provider=provider,
        league_id=team.league_id,
        spelling=spelling,
        normalised=normalise(spelling),
        team=team,
    )
    with (
        refusing({"team_alias_names_one_team": AliasTaken(provider, spelling)}),
        history.signed(alias, by=by, at=at, reason=reason),
    ):
        alias.save(force_insert=True)
    audit.record("team_alias.created", alias, by=by, at=at, reason=reason)
    return alias


@transaction.atomic
def change_team_alias(
    *, alias_id: int, team_id: UUID, by: Actor, at: datetime, reason: str
) -> TeamAlias:
    """Let a spelling mean another team of the same league.

    Raises:
        NotTheSameLeague: the team plays elsewhere.
    """
    alias = (
        TeamAlias.objects.select_for_update(of=["self"]).select_related("league").get(pk=alias_id)
    )
    team = Team.objects.get(pk=team_id)
    if team.league_id != alias.league_id:
        raise NotTheSameLeague(team.name, alias.league.code)
    with audit.recording("team_alias.changed", alias, by=by, at=at, reason=reason):
        alias.team = team
        alias.save(update_fields=["team"])
    return alias


def _assign(row: League | Book, changes: Mapping[str, Any]) -> None:
    for column, value in changes.items():
        setattr(row, column, value)


def _refuse_fixed(model: str, changes: Mapping[str, Any], fixed: frozenset[str]) -> None:
    refused = sorted(fixed & changes.keys())
    if refused:
        raise Unchangeable(model, refused)


def _validate_ranges(league: League) -> None:
    for entry in league.line_ranges:
        LineRange.model_validate(entry)
