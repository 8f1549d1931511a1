"""What people edit by hand: teams, spellings, books. Every version keeps its reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.changing import assign, refuse_fixed
from apps.catalog.actions.deciding import decide
from apps.catalog.models import Book, League, ReviewItem, ReviewKind, ReviewStatus, Team, TeamAlias
from apps.catalog.spelling import normalise
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, history
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import BookKind


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


_BOOK_FIXED = frozenset({"id", "uuid", "key"})
_TEAM_FIXED = frozenset({"id", "league", "name"})


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
    refuse_fixed("book", changes, _BOOK_FIXED)
    with audit.recording("book.changed", book, by=by, at=at, reason=reason):
        assign(book, changes)
        book.save(update_fields=[*changes])
    return book


@transaction.atomic
def add_team(
    *,
    league_id: int,
    name: str,
    abbreviation: str = "",
    colour: str = "",
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
        id=keys.team_id(league.code, name),
        league=league,
        name=name,
        abbreviation=abbreviation,
        colour=colour,
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
def change_team(
    *, team_id: UUID, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> Team:
    """Change a team's abbreviation, colour or status.

    Raises:
        Unchangeable: league and name, which the team's id is made of.
    """
    team = Team.objects.select_for_update(of=["self"], no_key=True).get(pk=team_id)
    refuse_fixed("team", changes, _TEAM_FIXED)
    with audit.recording("team.changed", team, by=by, at=at, reason=reason):
        assign(team, changes)
        team.save(update_fields=[*changes])
    return team


@transaction.atomic
def add_team_alias(
    *, provider: str, spelling: str, team_id: UUID, by: Actor, at: datetime, reason: str
) -> TeamAlias:
    """Say that a provider's spelling means a team; an open question about it is answered.

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
    _answer(alias, by=by, at=at, reason=reason)
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


def _answer(alias: TeamAlias, *, by: Actor, at: datetime, reason: str) -> None:
    """Decide the open questions about a spelling that means a team from now on."""
    asked = ReviewItem.objects.open().about(
        kind=ReviewKind.UNKNOWN_SPELLING, provider=alias.provider, league_id=alias.league_id
    )
    for item in asked.select_for_update(of=["self"]):
        if normalise(item.subject) == alias.normalised:
            with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
                decide(
                    item,
                    ReviewStatus.APPROVED,
                    {"team": str(alias.team_id)},
                    by=by,
                    at=at,
                    reason=reason,
                )
