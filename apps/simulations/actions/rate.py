"""Learn from results: stage three of the pipeline."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.core.db import copy_rows
from apps.governance import audit, switches
from apps.rulebook import ratings
from apps.rulebook.forecasting import ModelArtefact
from apps.rulebook.ratings import Expectation, LeagueRatings, MatchDay
from apps.rulebook.scoring import ScoreModel
from apps.simulations.actions.locks import hold_alone
from apps.simulations.actions.versions import register_model
from apps.simulations.finals import (
    KnownFinal,
    first_unlearned_day,
    inputs_hash,
    known_finals,
    learned_counts,
)
from apps.simulations.models import ModelVersion, RatedGame, RatingDay, TeamRating
from apps.simulations.uses import artefacts_in, leagues_at_work

_GAME_COLUMNS = (
    *("rating_day_id", "event_id", "result_sha256", "home_score", "away_score"),
    *("closing_home_spread", "closing_total", "closing_home_prob", "closing_draw_prob"),
    *("expected_margin", "margin_variance", "margin_sd"),
    *("expected_total", "total_variance", "total_sd", "home_games", "away_games"),
)
_TEAM_COLUMNS = (
    *("rating_day_id", "team_id", "offence", "defence", "margin", "total"),
    *("margin_sd", "total_sd", "games", "season_games"),
)


@dataclass(frozen=True, slots=True)
class RatedResults:
    """What one call of the stage did."""

    days: int = 0
    games: int = 0
    waiting: int = 0  # finals not learned, because the switch is off

    def __add__(self, other: "RatedResults") -> "RatedResults":
        return RatedResults(
            days=self.days + other.days,
            games=self.games + other.games,
            waiting=self.waiting + other.waiting,
        )


@dataclass(frozen=True, slots=True)
class _Learned:
    """One league day after it was learned."""

    day: date
    finals: list[KnownFinal]
    expected: dict[UUID, Expectation]
    after: LeagueRatings


def rate_results(*, by: Actor, at: datetime) -> RatedResults:
    """Learn every final that no model in use has learned as it is now told.

    A late or corrected result replays its league from that day on.
    """
    done = RatedResults()
    for league in leagues_at_work():
        for artefact in artefacts_in(league, at=at):
            done += _rate(league, artefact, by=by, at=at)
    return done


@transaction.atomic
def _rate(league: League, artefact: ModelArtefact, *, by: Actor, at: datetime) -> RatedResults:
    is_open = league.scope in switches.hold_scopes(switches.SIMULATE, [league.scope])
    hold_alone(f"rate|{artefact.code}")
    version = register_model(artefact, league, by=by, at=at)
    if not is_open:
        believed, learned = learned_counts(league, version.pk, at=at)
        return RatedResults(waiting=believed - learned)
    since = first_unlearned_day(league, version.pk, at=at)
    if since is None:
        return RatedResults()
    model = artefact.score_model()
    finals = known_finals(league, version.pk, model, since=since, at=at)
    last = RatingDay.objects.before(version.pk, since).first()
    state = (
        ratings.from_bytes(bytes(last.state), artefact.ratings)
        if last
        else LeagueRatings.start(artefact.ratings)
    )
    revisions = _revisions(version, since)
    learned_days = list(_replay(state, model, finals, set(revisions)))
    _store(version, learned_days, revisions, by=by, at=at)
    return RatedResults(days=len(learned_days), games=len(finals))


def _revisions(version: ModelVersion, since: date) -> dict[date, int]:
    """The newest revision of every day that will be learned again."""
    days = RatingDay.objects.of(version.pk).filter(league_day__gte=since)
    return dict(days.values_list("league_day").annotate(newest=Max("revision")).order_by())


def _replay(
    state: LeagueRatings, model: ScoreModel, finals: list[KnownFinal], learned_before: set[date]
) -> Iterator[_Learned]:
    """Learn day after day. A day that has lost its games is kept, with nothing learned."""
    by_day: dict[date, list[KnownFinal]] = defaultdict(list)
    for final in finals:
        by_day[final.day].append(final)
    for day in sorted(by_day.keys() | learned_before):
        games = by_day.get(day, [])
        expected: dict[UUID, Expectation] = {}
        if games:
            morning = state.on(day)
            expected = _expected(morning, games)
            state = morning.learn([game.played(model) for game in games])
        yield _Learned(day=day, finals=games, expected=expected, after=state)


def _expected(morning: MatchDay, games: list[KnownFinal]) -> dict[UUID, Expectation]:
    """What was expected of each game; of a team never seen, nothing is."""
    rated = morning.ratings.records
    return {
        game.event_id: morning.expect(game.fixture)
        for game in games
        if game.fixture.home in rated and game.fixture.away in rated
    }


def _store(
    version: ModelVersion,
    days: list[_Learned],
    revisions: dict[date, int],
    *,
    by: Actor,
    at: datetime,
) -> None:
    rows = RatingDay.objects.bulk_create(
        RatingDay(
            model_version=version,
            league_day=each.day,
            revision=revisions.get(each.day, 0) + 1,
            rated_at=at,
            games=len(each.finals),
            inputs_sha256=inputs_hash(each.finals),
            state_sha256=ratings.digest(each.after),
            state=ratings.to_bytes(each.after),
            home_advantage=each.after.home_advantage,
            mean_total=each.after.mean_total,
        )
        for each in days
    )
    by_day = dict(zip(rows, days, strict=True))
    taken_out = _taken_out(version, days)
    copy_rows(
        RatedGame._meta.db_table,
        _GAME_COLUMNS,
        (row for day, each in by_day.items() for row in _game_rows(day, each, taken_out)),
    )
    copy_rows(
        TeamRating._meta.db_table,
        _TEAM_COLUMNS,
        (row for day, each in by_day.items() for row in _team_rows(day, each)),
    )
    audit.record_set(
        (
            audit.Row(
                action="rating_day.learned",
                object_type="RatingDay",
                object_id=str(row.pk),
                before=None,
                after=row.audit_state(),
            )
            for row in rows
        ),
        by=by,
        at=at,
    )


def _taken_out(version: ModelVersion, days: list[_Learned]) -> dict[date, list[UUID]]:
    """Events that were learned on a replayed day and are believed no longer."""
    still = {final.event_id for each in days for final in each.finals}
    learned = RatedGame.objects.current(version.pk).values_list(
        "event_id", "result_sha256", "rating_day__league_day"
    )
    gone: dict[date, list[UUID]] = defaultdict(list)
    first = days[0].day
    for event_id, sha, day in learned:
        if sha and day >= first and event_id not in still:
            gone[day].append(event_id)
    return gone


def _game_rows(
    row: RatingDay, each: _Learned, taken_out: dict[date, list[UUID]]
) -> Iterator[tuple[Any, ...]]:
    for final in each.finals:
        expected = each.expected.get(final.event_id)
        yield (
            row.pk,
            final.event_id,
            final.result_sha256,
            final.home_score,
            final.away_score,
            final.closing_home_spread,
            final.closing_total,
            final.closing_home_prob,
            final.closing_draw_prob,
            *(
                (None,) * 8
                if expected is None
                else (
                    expected.margin,
                    expected.margin_variance,
                    expected.margin_sd,
                    expected.total,
                    expected.total_variance,
                    expected.total_sd,
                    expected.home_games,
                    expected.away_games,
                )
            ),
        )
    for event_id in sorted(taken_out.get(each.day, [])):
        yield row.pk, event_id, "", *(None,) * 14


def _team_rows(row: RatingDay, each: _Learned) -> Iterator[tuple[Any, ...]]:
    for team in each.after.records:
        strength = each.after.strength(team)
        yield (
            row.pk,
            UUID(team),
            strength.offence,
            strength.defence,
            strength.margin,
            strength.total,
            strength.margin_sd,
            strength.total_sd,
            strength.games,
            strength.season_games,
        )
