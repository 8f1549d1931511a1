"""Strengths learned day by day: against the posterior computed all at once, and step by step."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook import ratings
from apps.rulebook.markets import HomeMargin
from apps.rulebook.ratings import (
    NBA_LINES_2013,
    NFL_LINES_2015,
    NFL_RESULTS_2015,
    DayOutOfOrder,
    Fixture,
    LeagueRatings,
    PlayedGame,
    RatingsUnreadable,
    TeamUnrated,
)

WEEK_ONE = date(2025, 9, 7)
WEEK_TWO = date(2025, 9, 14)
WEEK_THREE = date(2025, 9, 21)
NEXT_SEPTEMBER = date(2026, 9, 13)


def game(home, away, home_score, away_score, *, neutral=False, line=None, total=None):
    return PlayedGame(
        fixture=Fixture(key=f"{home}-{away}", home=home, away=away, neutral=neutral),
        home_score=home_score,
        away_score=away_score,
        closing_margin=None if line is None else HomeMargin(line),
        closing_total=total,
    )


def learned(*days, parameters=NFL_LINES_2015):
    state = LeagueRatings.start(parameters)
    for day, games in days:
        state = state.on(day).learn(games)
    return state


ROUND_ONE = (WEEK_ONE, [game("A", "B", 27, 20, line=3.0, total=45.5), game("C", "D", 10, 31)])
ROUND_TWO = (WEEK_TWO, [game("B", "C", 17, 16, line=-1.0), game("D", "A", 24, 24, total=47.0)])


class TestLearn:
    @settings(deadline=None, max_examples=30)
    @given(
        st.lists(
            st.tuples(
                st.permutations("ABCDE"), st.integers(0, 60), st.integers(0, 60), st.booleans()
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_is_the_posterior_of_all_observations_at_once(self, played):
        """Without drift, learning in turn is conditioning a Gaussian on everything."""
        games = [
            replace(
                game(teams[0], teams[1], home, away, neutral=neutral),
                fixture=Fixture(f"{number:02}", teams[0], teams[1], neutral),
            )
            for number, (teams, home, away, neutral) in enumerate(played)
        ]

        state = learned((WEEK_ONE, games))

        teams = list(state.records)
        for which, parameters, sign in (
            ("margin", NFL_LINES_2015.margin, -1),
            ("total", NFL_LINES_2015.total, 1),
        ):
            looks, results = [], []
            for each in games:
                look = np.zeros(len(teams) + 1)
                look[0] = 1 if sign == 1 or not each.fixture.neutral else 0
                look[1 + teams.index(each.fixture.home)] = 1
                look[1 + teams.index(each.fixture.away)] = sign
                looks.append(look)
                results.append(each.home_score + sign * each.away_score)
            looks = np.array(looks)
            prior = np.eye(len(teams) + 1) / parameters.prior
            precision = prior + looks.T @ looks / parameters.noise
            start = np.zeros(len(teams) + 1)
            start[0] = parameters.level
            mean = np.linalg.solve(
                precision, prior @ start + looks.T @ np.array(results) / parameters.noise
            )
            got = getattr(state, which)
            keep = [0, *range(2, 2 + len(teams))]
            assert got.mean[keep] == pytest.approx(mean, abs=1e-8)
            assert got.covariance[np.ix_(keep, keep)] == pytest.approx(
                np.linalg.inv(precision), abs=1e-8
            )

    def test_does_not_depend_on_the_order_in_which_games_arrive(self):
        day, games = ROUND_ONE

        assert ratings.digest(learned((day, games))) == ratings.digest(learned((day, games[::-1])))

    def test_keeps_the_covariance_symmetric_and_positive(self):
        state = learned(ROUND_ONE, ROUND_TWO)

        for each in (state.margin, state.total):
            assert (each.covariance == each.covariance.T).all()
            assert np.linalg.eigvalsh(each.covariance).min() > 0

    def test_moves_the_winner_up_the_loser_down_and_doubts_less(self):
        morning = learned(ROUND_ONE).on(WEEK_TWO)
        evening = morning.learn([game("A", "C", 45, 3)])

        assert evening.strength("A").margin > morning.ratings.strength("A").margin
        assert evening.strength("C").margin < morning.ratings.strength("C").margin
        assert evening.strength("A").margin_sd < morning.ratings.strength("A").margin_sd

    def test_splits_a_strength_into_offence_and_defence(self):
        strength = learned(ROUND_ONE, ROUND_TWO).strength("A")

        assert strength.offence + strength.defence == pytest.approx(strength.margin)
        assert strength.offence - strength.defence == pytest.approx(strength.total)
        assert (strength.games, strength.season_games) == (2, 2)

    def test_learns_closing_lines_only_where_they_are_wanted(self):
        with_line = (WEEK_ONE, [game("A", "B", 20, 20, line=14.0, total=60.0)])
        without = (WEEK_ONE, [game("A", "B", 20, 20)])

        informed, blind = learned(with_line), learned(without)
        independent = learned(with_line, parameters=NFL_RESULTS_2015)

        assert informed.strength("A").margin > blind.strength("A").margin
        assert informed.mean_total > blind.mean_total
        assert ratings.digest(independent) == ratings.digest(
            learned(without, parameters=NFL_RESULTS_2015)
        )

    def test_lets_the_running_variance_follow_surprises(self):
        calm = learned((WEEK_ONE, [game("A", "B", 23, 20)]))
        wild = learned((WEEK_ONE, [game("A", "B", 62, 0)]))

        assert calm.margin.inflation < 1 < wild.margin.inflation

    def test_counts_a_wild_result_as_nine_at_most(self):
        wild = learned((WEEK_ONE, [game("A", "B", 200, 0)]))
        wilder = learned((WEEK_ONE, [game("A", "B", 400, 0)]))

        assert wild.margin.inflation == wilder.margin.inflation

    def test_of_a_corrected_score_is_a_replay_from_that_day(self):
        morning = LeagueRatings.start(NFL_LINES_2015).on(WEEK_ONE)
        wrong = morning.learn([game("A", "B", 27, 20)]).on(WEEK_TWO).learn(ROUND_TWO[1])
        right = morning.learn([game("A", "B", 20, 27)]).on(WEEK_TWO).learn(ROUND_TWO[1])

        assert wrong.strength("A").margin > right.strength("A").margin
        assert ratings.digest(right) == ratings.digest(
            learned((WEEK_ONE, [game("A", "B", 20, 27)]), ROUND_TWO)
        )


class TestOn:
    def test_refuses_a_day_that_is_already_learned(self):
        state = learned(ROUND_ONE)

        for day in (WEEK_ONE, WEEK_ONE - timedelta(days=1)):
            with pytest.raises(DayOutOfOrder):
                state.on(day)

    def test_drifts_by_the_days_that_passed_and_no_more_than_fourteen(self):
        state = learned(ROUND_ONE)
        drift = NFL_LINES_2015.margin.drift_per_day

        def variances(days):
            return state.on(WEEK_ONE + timedelta(days=days)).ratings.margin.covariance.diagonal()

        assert variances(3)[2:] - variances(1)[2:] == pytest.approx(2 * drift)
        assert (variances(14) == variances(60)).all()
        assert variances(2)[1] == state.margin.covariance[1, 1]

    def test_regresses_between_seasons_and_counts_games_anew(self):
        state = learned(ROUND_ONE, ROUND_TWO)
        keep = NFL_LINES_2015.margin.carry_over

        spring = state.on(NEXT_SEPTEMBER).ratings

        assert spring.margin.mean[2:] == pytest.approx(keep * state.margin.mean[2:])
        assert spring.home_advantage == state.home_advantage
        assert spring.margin.covariance[2, 3] == pytest.approx(
            keep**2 * state.margin.covariance[2, 3]
        )
        assert spring.margin.covariance[2, 2] == pytest.approx(
            keep**2 * state.margin.covariance[2, 2]
            + NFL_LINES_2015.margin.season_noise
            + 14 * NFL_LINES_2015.margin.drift_per_day
        )
        assert (spring.strength("A").games, spring.strength("A").season_games) == (2, 0)
        assert (spring.season, spring.seasons) == (2026, 2)

    @pytest.mark.parametrize(
        ("day", "season"),
        [(date(2025, 9, 4), 2025), (date(2026, 2, 8), 2025), (date(2026, 8, 1), 2026)],
    )
    def test_knows_that_the_final_is_played_in_the_next_year(self, day, season):
        assert NFL_LINES_2015.season_of(day) == season


class TestExpect:
    def test_is_the_difference_of_strengths_and_the_home_advantage(self):
        morning = learned(ROUND_ONE).on(WEEK_TWO)
        a, d = morning.ratings.strength("A"), morning.ratings.strength("D")

        expected = morning.expect(Fixture("x", "A", "D", neutral=False))

        advantage = morning.ratings.home_advantage
        assert expected.margin == pytest.approx(a.margin - d.margin + advantage)
        assert expected.total == pytest.approx(a.total + d.total + morning.ratings.mean_total)
        assert expected.margin_sd**2 == pytest.approx(
            (expected.margin_variance + NFL_LINES_2015.margin.noise)
            * morning.ratings.margin.inflation
        )
        assert (expected.home_games, expected.away_games, expected.seasons) == (1, 1, 0)

    def test_forgets_the_home_advantage_on_neutral_ground(self):
        morning = learned(ROUND_ONE).on(WEEK_TWO)

        there = morning.expect(Fixture("x", "A", "D", neutral=True))
        back = morning.expect(Fixture("x", "D", "A", neutral=True))

        assert there.margin == pytest.approx(-back.margin)
        assert there.margin_variance == pytest.approx(back.margin_variance)

    def test_learns_what_rest_is_worth(self):
        state = learned(
            (date(2025, 9, 4), [game("A", "B", 20, 20)]),
            (date(2025, 9, 7), [game("C", "D", 20, 20)]),
            (date(2025, 9, 14), [game("A", "C", 41, 10)]),
            (date(2025, 9, 15), [game("B", "D", 20, 20)]),
        )

        expected = state.on(WEEK_THREE).expect(Fixture("x", "C", "D", neutral=False))

        assert state.margin.mean[1] > 0  # A had ten days, C seven, and A won by far
        assert expected.rest_difference == 1

    @pytest.mark.parametrize(
        ("home_last", "away_last", "difference"),
        [
            (date(2025, 9, 18), date(2025, 9, 7), 4 - 14),  # three days count as four
            (date(2025, 9, 1), date(2025, 9, 14), 14 - 7),
        ],
    )
    def test_counts_rest_between_four_and_fourteen_days(self, home_last, away_last, difference):
        played = sorted(
            [(home_last, game("A", "B", 20, 20)), (away_last, game("C", "D", 20, 20))],
            key=lambda each: each[0],
        )
        state = learned(*((day, [each]) for day, each in played))

        expected = state.on(WEEK_THREE).expect(Fixture("x", "A", "C", neutral=False))

        assert expected.rest_difference == difference

    def test_knows_no_rest_before_the_first_game_of_a_season(self):
        state = learned(ROUND_ONE)

        expected = state.on(NEXT_SEPTEMBER).expect(Fixture("x", "A", "B", neutral=False))

        assert expected.rest_difference == 0

    @pytest.mark.parametrize(
        ("yesterday", "difference", "count"),
        [((), 0, 0), (("A",), 1, 1), (("B",), -1, 1), (("A", "B"), 0, 2)],
    )
    def test_sees_who_played_the_day_before(self, yesterday, difference, count):
        first, second, third = (date(2025, 1, day) for day in (10, 14, 15))
        rested = [game("A", "B", 100, 90), game("C", "D", 99, 98)]
        against = dict(zip(yesterday, "CD", strict=False))
        state = learned(
            (first, rested),
            (second, [game(team, other, 100, 100) for team, other in against.items()]),
            parameters=NBA_LINES_2013,
        )
        morning = state.on(third)
        fixture = Fixture("next", "A", "B", neutral=False)

        assert morning._margin_look(fixture).covariate == difference
        assert morning._total_look(fixture).covariate == count

    def test_learns_what_a_night_without_rest_costs(self):
        state, day = LeagueRatings.start(NBA_LINES_2013), date(2025, 1, 1)
        for night in range(120):
            day += timedelta(days=1)
            # A plays every night and loses by ten on all but its first, whoever the other is.
            other = "BCDE"[night % 4]
            state = state.on(day).learn([game("A", other, 95, 105)])
            if night % 4 == 3:
                day += timedelta(days=1)
                state = state.on(day).learn([game("B", "C", 100, 100)])

        assert state.margin.mean[1] < 0

    def test_refuses_a_team_of_which_nothing_was_learned(self):
        morning = learned(ROUND_ONE).on(WEEK_TWO)

        with pytest.raises(TeamUnrated):
            morning.expect(Fixture("x", "A", "Z", neutral=False))

    def test_gives_a_new_team_the_prior_when_asked_to(self):
        state = learned(ROUND_ONE).including(["Z"])

        strength = state.strength("Z")

        assert (strength.margin, strength.games) == (0.0, 0)
        assert strength.margin_sd**2 == pytest.approx(NFL_LINES_2015.margin.prior)


class TestStoredBytes:
    def test_go_on_learning_to_the_last_bit(self):
        stored = ratings.to_bytes(learned(ROUND_ONE))

        again = ratings.from_bytes(stored, NFL_LINES_2015)

        assert again.learned_through == WEEK_ONE
        assert ratings.digest(again.on(WEEK_TWO).learn(ROUND_TWO[1])) == ratings.digest(
            learned(ROUND_ONE, ROUND_TWO)
        )

    def test_of_nothing_learned_are_bytes_too(self):
        start = LeagueRatings.start(NFL_LINES_2015)

        assert ratings.from_bytes(ratings.to_bytes(start), NFL_LINES_2015).records == {}

    def test_are_refused_under_other_parameters_or_when_cut(self):
        stored = ratings.to_bytes(learned(ROUND_ONE))

        with pytest.raises(RatingsUnreadable):
            ratings.from_bytes(stored, NFL_RESULTS_2015)
        with pytest.raises(RatingsUnreadable):
            ratings.from_bytes(stored[:-3], NFL_LINES_2015)
