"""Foreign names into ours: what is unknown is set aside, and asked about once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar
from uuid import UUID

from apps.catalog.actions import Question, ask
from apps.catalog.models import League, ReviewKind, Team, TeamAlias
from apps.core.actor import Actor
from apps.snapshots.providers.registry import OPERATOR
from apps.snapshots.reading.codes import Quarantined
from apps.snapshots.reading.tray import Tray

SUGGESTIONS = 3
LONGEST_SUBJECT = 200


class Named(Protocol):
    """Something of a body that names two teams."""

    @property
    def place(self) -> str: ...

    @property
    def source_event_id(self) -> str: ...

    @property
    def home(self) -> str: ...

    @property
    def away(self) -> str: ...


Game = TypeVar("Game", bound=Named)


def teams_of(league: League, provider: str, games: Sequence[Named]) -> Mapping[str, UUID]:
    """Map the team names of a body to teams; unknown names are left out."""
    spellings = {name for game in games for name in (game.home, game.away)}
    if provider == OPERATOR:  # people choose a team, they do not spell it
        chosen = Team.objects.of(league.pk).filter(name__in=spellings)
        return dict(chosen.values_list("name", "pk"))
    return TeamAlias.objects.teams_of(provider=provider, league_id=league.pk, spellings=spellings)


def set_unknown_aside(
    games: Iterable[tuple[Game, int]],
    teams: Mapping[str, UUID],
    league: League,
    provider: str,
    tray: Tray,
    *,
    captured_at: datetime,
    by: Actor,
    at: datetime,
) -> list[Game]:
    """Keep the games whose teams are known; set the others aside, with the prices they carry.

    Each unknown spelling becomes one question to the operators, with the likeliest teams as
    suggestions: a likeness never decides.
    """
    known: list[Game] = []
    unknown: dict[str, Game] = {}
    for game, prices in games:
        missing = [name for name in (game.home, game.away) if name not in teams]
        if not missing:
            known.append(game)
            continue
        tray.lay(
            Quarantined.UNKNOWN_TEAM,
            game.place,
            prices=prices,
            source_event_id=game.source_event_id,
            fragment={"home": game.home, "away": game.away},
        )
        for name in missing:
            unknown.setdefault(name, game)
    if unknown:
        candidates = _candidates(league)
        questions = [
            Question(
                kind=ReviewKind.UNKNOWN_SPELLING,
                provider=provider,
                league_id=league.pk,
                subject=name[:LONGEST_SUBJECT],
                evidence={
                    "source_event_id": game.source_event_id,
                    "home": game.home,
                    "away": game.away,
                },
                suggestions=_suggestions(name, candidates),
            )
            for name, game in sorted(unknown.items())
        ]
        ask(questions, seen_at=captured_at, by=by, at=at)
    return known


def ask_about_books(
    keys: Iterable[tuple[str, str]],
    provider: str,
    *,
    captured_at: datetime,
    by: Actor,
    at: datetime,
) -> None:
    """Ask once about each book key that nobody has classified: a book may be an exchange."""
    questions = [
        Question(
            kind=ReviewKind.UNKNOWN_BOOK,
            provider=provider,
            league_id=None,
            subject=key,
            evidence={"source_event_id": source_event_id},
        )
        for key, source_event_id in sorted(keys)
    ]
    ask(questions, seen_at=captured_at, by=by, at=at)


def _candidates(league: League) -> dict[str, Team]:
    return {team.name.casefold(): team for team in Team.objects.of(league.pk)}


def _suggestions(name: str, candidates: Mapping[str, Team]) -> list[dict[str, Any]]:
    near = get_close_matches(name[:LONGEST_SUBJECT].casefold(), candidates, n=SUGGESTIONS)
    return [{"team": candidates[found].pk, "name": candidates[found].name} for found in near]
