"""Results become strengths: once, in order, and again where a result was corrected."""

from datetime import timedelta

import pytest

from apps.catalog.models import Event
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.rulebook import ratings
from apps.rulebook.forecasting import model_artefact
from apps.rulebook.ratings import NFL_LINES_2015, LeagueRatings
from apps.rulebook.thresholds import ModelVariant
from apps.simulations import actions, stages
from apps.simulations.actions import ModelEdited, RatedResults
from apps.simulations.finals import known_finals
from apps.simulations.models import ModelVersion, RatedGame, RatingDay, TeamRating
from apps.simulations.tests.factories import (
    BILLS,
    CHIEFS,
    EAGLES,
    FIRST_SUNDAY,
    FRIDAY,
    GIANTS,
    ROUNDS,
    WEEK,
    after_round,
    closed,
    event,
    kickoff_on,
    nfl,
    played,
    season,
    told,
)

NFL_SCORES = model_artefact("NFL", ModelVariant.LINE_INFORMED).score_model()


def newest_digest() -> str:
    return RatingDay.objects.order_by("-league_day", "-revision").first().state_sha256


def strength(team: str) -> TeamRating:
    version = ModelVersion.objects.get(code="nfl-lines-2015")
    return TeamRating.objects.newest(version.pk).get(team__name=team)


class TestRateResults:
    def test_learns_every_final_once(self, acme, ops):
        season()

        first = actions.rate_results(by=ops, at=FRIDAY)
        second = actions.rate_results(by=ops, at=FRIDAY)

        assert first == RatedResults(days=4, games=8)
        assert second == RatedResults()
        assert list(RatingDay.objects.values_list("league_day", "revision", "games")) == [
            (FIRST_SUNDAY + number * WEEK, 1, 2) for number in (3, 2, 1, 0)
        ]
        assert stages.due_and_done(FRIDAY)["rate"].waiting == 0

    def test_learns_what_the_rulebook_learns(self, acme, ops):
        season()

        actions.rate_results(by=ops, at=FRIDAY)

        version = ModelVersion.objects.get(code="nfl-lines-2015")
        finals = known_finals(nfl(), version.pk, NFL_SCORES, since=FIRST_SUNDAY, at=FRIDAY)
        state = LeagueRatings.start(NFL_LINES_2015)
        for day in sorted({final.day for final in finals}):
            state = state.on(day).learn([f.played(NFL_SCORES) for f in finals if f.day == day])
        assert newest_digest() == ratings.digest(state)
        stored = RatingDay.objects.order_by("-league_day").first()
        assert ratings.digest(ratings.from_bytes(bytes(stored.state), NFL_LINES_2015)) == (
            ratings.digest(state)
        )

    def test_comes_to_the_same_day_by_day_as_all_at_once(self, acme, ops):
        for number, games in enumerate(ROUNDS, start=1):
            for game in games:
                played(*game, FIRST_SUNDAY + (number - 1) * WEEK)
            actions.rate_results(by=ops, at=after_round(number))
        day_by_day = newest_digest()

        version = ModelVersion.objects.get(code="nfl-lines-2015")
        finals = known_finals(nfl(), version.pk, NFL_SCORES, since=FIRST_SUNDAY, at=FRIDAY)
        state = LeagueRatings.start(NFL_LINES_2015)
        for day in sorted({final.day for final in finals}):
            state = state.on(day).learn([f.played(NFL_SCORES) for f in finals if f.day == day])

        assert day_by_day == ratings.digest(state)
        assert RatingDay.objects.count() == 4

    def test_keeps_every_team_with_its_uncertainty(self, acme, ops):
        season()

        actions.rate_results(by=ops, at=FRIDAY)

        assert strength(EAGLES).margin > strength(GIANTS).margin
        assert strength(EAGLES).offence + strength(EAGLES).defence == pytest.approx(
            strength(EAGLES).margin
        )
        assert strength(GIANTS).margin_sd > 0
        assert (strength(CHIEFS).games, strength(CHIEFS).season_games) == (4, 4)

    def test_keeps_what_was_expected_before_each_game(self, acme, ops):
        season()

        actions.rate_results(by=ops, at=FRIDAY)

        debut = RatedGame.objects.get(event__home__name=CHIEFS, event__away__name=BILLS)
        later = RatedGame.objects.get(event__home__name=BILLS, event__away__name=CHIEFS)
        assert debut.expected_margin is None  # nobody had seen either team
        assert (later.home_score, later.away_score) == (20, 26)
        assert -30 < later.expected_margin < 30
        assert later.margin_variance > 0
        assert (later.home_games, later.away_games) == (3, 3)

    def test_waits_for_results_told_later(self, acme, ops):
        season()

        early = actions.rate_results(by=ops, at=after_round(2))

        assert early == RatedResults(days=2, games=4)

    def test_replays_the_league_when_a_score_is_corrected(self, acme, ops):
        games = season()
        actions.rate_results(by=ops, at=FRIDAY)
        wrong = newest_digest()
        second_sunday = next(game for game in games if game.home.name == GIANTS)

        told(second_sunday, 31, 20, at=FRIDAY)
        replayed = actions.rate_results(by=ops, at=FRIDAY)

        assert replayed == RatedResults(days=3, games=6)
        assert newest_digest() != wrong
        revisions = RatingDay.objects.order_by("league_day", "revision")
        assert [day.revision for day in revisions] == [1, 1, 2, 1, 2, 1, 2]
        assert actions.rate_results(by=ops, at=FRIDAY) == RatedResults()

    def test_comes_back_when_the_correction_is_corrected(self, acme, ops):
        games = season()
        actions.rate_results(by=ops, at=FRIDAY)
        before = newest_digest()

        told(games[0], 0, 24, at=FRIDAY)
        actions.rate_results(by=ops, at=FRIDAY)
        told(games[0], 27, 24, at=FRIDAY + timedelta(hours=1))
        actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))

        assert newest_digest() == before
        assert RatingDay.objects.filter(revision=3).count() == 4

    def test_learns_a_forgotten_game_in_its_place(self, acme, ops):
        season(rounds=3)
        actions.rate_results(by=ops, at=after_round(3))
        forgotten = event(EAGLES, BILLS, kickoff_on(FIRST_SUNDAY + timedelta(days=1)))
        told(forgotten, 14, 20, at=after_round(3))

        late = actions.rate_results(by=ops, at=after_round(3))

        assert late == RatedResults(days=3, games=5)
        days = RatingDay.objects.current().values_list("league_day", "games")
        assert [games for _, games in days] == [2, 1, 2, 2]

    def test_unlearns_a_result_that_is_doubted(self, acme, ops):
        season(rounds=1)
        monday = event(EAGLES, BILLS, kickoff_on(FIRST_SUNDAY + timedelta(days=1)))
        actions.rate_results(by=ops, at=FRIDAY)
        without = newest_digest()
        told(monday, 14, 20, at=FRIDAY)
        actions.rate_results(by=ops, at=FRIDAY)

        told(monday, 0, 0, at=FRIDAY + timedelta(hours=1), suspect="SCORELESS")
        actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))

        assert newest_digest() == without
        assert RatedGame.objects.filter(event=monday).order_by("id").last().result_sha256 == ""
        again = actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))
        assert again == RatedResults()

    @pytest.mark.parametrize("minutes", [30, 56])
    def test_unlearns_a_game_that_was_cut_short(self, acme, ops, minutes):
        """Also where bets on it stand, as after 55 minutes: its score is not of a whole game."""
        season(rounds=1)
        monday = event(EAGLES, BILLS, kickoff_on(FIRST_SUNDAY + timedelta(days=1)))
        actions.rate_results(by=ops, at=FRIDAY)
        without = newest_digest()
        told(monday, 14, 20, at=FRIDAY)
        actions.rate_results(by=ops, at=FRIDAY)
        assert newest_digest() != without

        told(monday, 14, 20, at=FRIDAY + timedelta(hours=1), played={"minutes": minutes})
        actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))

        assert newest_digest() == without
        again = actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))
        assert again == RatedResults()

    def test_unlearns_a_game_that_is_frozen(self, acme, ops):
        games = season(rounds=1)
        actions.rate_results(by=ops, at=FRIDAY)

        Event.objects.filter(pk=games[0].pk).update(frozen_code="MAPPING_DRIFT")
        replayed = actions.rate_results(by=ops, at=FRIDAY)

        assert replayed == RatedResults(days=1, games=1)
        assert set(
            TeamRating.objects.filter(rating_day__revision=2).values_list("team__name", flat=True)
        ) == {EAGLES, GIANTS}

    def test_learns_closing_lines_that_were_seen_late_enough(self, acme, ops):
        fresh, stale = season(rounds=1)
        closed(fresh, spread="-7.5", total="51.5")
        closed(stale, spread="-7.5", total="51.5", age=timedelta(hours=2))

        actions.rate_results(by=ops, at=FRIDAY)

        lines = RatedGame.objects.order_by("event__home__name").values_list(
            "closing_home_spread", "closing_total"
        )
        assert [tuple(map(str, pair)) for pair in lines] == [("-7.50", "51.50"), ("None", "None")]
        assert strength(CHIEFS).margin > 0.2  # the result alone says .06

    def test_learns_no_line_where_the_books_agreed_on_none(self, acme, ops):
        game, _ = season(rounds=1)
        closed(game, spread="-7.5", total="51.5")
        closed(game, spread="-7.5", total="51.5", age=timedelta(minutes=1), gap="TOO_FEW_BOOKS")

        actions.rate_results(by=ops, at=FRIDAY)

        assert RatedGame.objects.get(event=game).closing_home_spread is None

    def test_is_written_down_in_the_audit(self, acme, ops):
        season(rounds=1)

        actions.rate_results(by=ops, at=FRIDAY)

        entries = AuditEntry.across_tenants.filter(occurred_at=FRIDAY).values_list(
            "action", "actor_id"
        )
        assert set(entries) == {
            ("model_version.registered", ops.id),
            ("rating_day.learned", ops.id),
        }

    @pytest.mark.parametrize("scope", [switches.GLOBAL, "league:NFL"])
    def test_waits_while_its_switch_is_off_and_catches_up(self, scope, acme, ops):
        season()
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=False)

        off = actions.rate_results(by=ops, at=FRIDAY)
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=True)
        on = actions.rate_results(by=ops, at=FRIDAY)

        assert off == RatedResults(waiting=8)
        assert on == RatedResults(days=4, games=8)

    def test_refuses_a_model_whose_numbers_were_edited(self, acme, ops, monkeypatch):
        season()
        actions.rate_results(by=ops, at=FRIDAY)
        monkeypatch.setattr(
            "apps.rulebook.forecasting.ModelArtefact.fingerprint", lambda _artefact: "f" * 64
        )

        with pytest.raises(ModelEdited):
            actions.rate_results(by=ops, at=FRIDAY)


class TestTwoWorkers:
    def test_learn_a_day_once(self, fresh_database, acme, ops):
        season()

        done = fresh_database.in_threads(*[lambda: actions.rate_results(by=ops, at=FRIDAY)] * 3)

        assert sorted(each.days for each in done) == [0, 0, 4]
        assert RatingDay.objects.count() == 4
