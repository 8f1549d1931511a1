"""Runs and goals: their spread, weighted margins, ties, three ways, and one seeded sample."""

from math import comb, exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from apps.rulebook.markets import HomeMargin, MarketType, Period, Side
from apps.rulebook.scoring import (
    ClosingLines,
    MeansOutOfRange,
    ScoreModelUnknown,
    TargetMeans,
    score_model,
    simulate,
)
from apps.rulebook.scoring.counts import (
    MLB_2015,
    NHL_2015,
    NHL_2024,
    SOCCER_1,
    CountModel,
    CountParameters,
    count_scores,
)

BASEBALL, HOCKEY, SOCCER = CountModel(MLB_2015), CountModel(NHL_2024), CountModel(SOCCER_1)
MEANS = {
    "baseball": (BASEBALL, TargetMeans(HomeMargin(0.12), 8.7)),
    "hockey": (HOCKEY, TargetMeans(HomeMargin(0.3), 5.9)),
    "soccer": (SOCCER, TargetMeans(HomeMargin(0.35), 2.75)),
}
WINNER, THREE_WAY = MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY


class TestCountScores:
    def test_of_soccer_are_poissons(self):
        (scores,) = count_scores(SOCCER_1, np.array([1.6]))

        assert scores == pytest.approx(
            [exp(-1.6) * 1.6**k / factorial(k) for k in range(16)], abs=1e-15
        )

    def test_of_hockey_are_chances_taken(self):
        (scores,) = count_scores(NHL_2015, np.array([3.0]))

        assert scores == pytest.approx(
            [comb(20, k) * 0.15**k * 0.85 ** (20 - k) for k in range(16)], abs=1e-15
        )

    def test_of_baseball_come_in_bunches(self):
        (scores,) = count_scores(MLB_2015, np.array([4.4]))
        runs = np.arange(32.0)
        mean = runs @ scores

        assert scores == pytest.approx(nbinom.pmf(runs, 4.4 / 1.2, 1 / 2.2), abs=1e-12)
        assert (runs - mean) ** 2 @ scores / mean == pytest.approx(2.2, abs=0.01)


class TestDistribution:
    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from(sorted(MEANS)), st.floats(-0.45, 0.45), st.floats(0.75, 1.3))
    def test_has_the_means_asked_for_and_sums_to_one(self, sport, apart, pace):
        model, usual = MEANS[sport]
        total = usual.total * pace
        means = TargetMeans(HomeMargin(apart * total), total)

        distribution = model.distribution(means)

        assert distribution.probabilities.sum() == pytest.approx(1, abs=1e-9)
        assert distribution.margin.mean == pytest.approx(means.margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(means.total, abs=1e-3)

    @pytest.mark.parametrize("parameters", [MLB_2015, NHL_2024, SOCCER_1], ids=lambda p: p.version)
    def test_weighs_every_margin_as_it_is_told(self, parameters):
        model = CountModel(parameters)
        home, away = model._side(3.0), model._side(2.5)

        joint = np.multiply.outer(home, away) * model._weights

        assert joint == pytest.approx(_cell_by_cell(parameters, home, away), abs=1e-15)

    @pytest.mark.parametrize("sport", ["baseball", "hockey"])
    def test_never_ends_level_where_the_game_is_played_to_an_end(self, sport):
        model, means = MEANS[sport]

        price = model.distribution(means).price(WINNER, Side.HOME)

        assert price.v == 0.0

    def test_draws_as_often_as_matches_are_drawn(self):
        drawn = SOCCER.distribution(MEANS["soccer"][1]).price(THREE_WAY, Side.DRAW).a

        assert 0.23 < drawn < 0.27

    def test_of_baseball_lets_the_home_team_win_by_one_oftener_than_it_loses_by_one(self):
        margin = BASEBALL.distribution(TargetMeans(HomeMargin(0.0), 8.5)).margin

        assert margin.pmf[1 - margin.low] > 1.2 * margin.pmf[-1 - margin.low]

    def test_of_hockey_knows_overtime_and_the_empty_net(self):
        margin = HOCKEY.distribution(MEANS["hockey"][1]).margin
        by = {k: margin.pmf[k - margin.low] + margin.pmf[-k - margin.low] for k in (1, 2, 3)}

        assert by[1] > 0.38
        assert by[3] > 0.8 * by[2]

    @pytest.mark.parametrize(
        ("sport", "margin", "total"),
        [("baseball", 0.0, 1.0), ("hockey", 0.0, 30.0), ("soccer", 3.0, 2.9)],
    )
    def test_refuses_means_that_are_not_the_sports(self, sport, margin, total):
        with pytest.raises(MeansOutOfRange):
            MEANS[sport][0].distribution(TargetMeans(HomeMargin(margin), total))


class TestSimulate:
    @pytest.mark.parametrize("sport", sorted(MEANS))
    def test_draws_the_same_games_for_the_same_seed_only(self, sport):
        model, means = MEANS[sport]
        first, again, other = (simulate(model, means, seed=s, sims=50_000) for s in (3, 3, 4))

        assert first.sampled.digest() == again.sampled.digest() != other.sampled.digest()

    @pytest.mark.parametrize("sport", sorted(MEANS))
    @pytest.mark.parametrize("seed", range(3))
    def test_is_exact_within_four_standard_errors_on_every_line(self, sport, seed):
        model, means = MEANS[sport]
        run = simulate(model, means, seed=seed, sims=100_000)

        for axis in ("margin", "total"):
            drawn, exact = getattr(run.sampled, axis), getattr(run.exact, axis)
            assert abs(drawn.ladder - exact.ladder).max() <= 0.0063
        assert not run.failed


class TestClosing:
    @pytest.mark.parametrize("prob", [0.3, 0.5, 0.62])
    def test_of_hockey_stands_where_the_winner_does(self, prob):
        told = HOCKEY.closing(ClosingLines(home_prob=prob, total=6.0))

        assert told.total == 6.0
        assert np.sign(told.margin) == np.sign(prob - 0.5)
        # Roughly the margin of a game that the home team wins so often.
        won = HOCKEY.distribution(TargetMeans(told.margin, 6.0)).price(WINNER, Side.HOME).a
        assert won == pytest.approx(prob, abs=0.012)

    @settings(max_examples=30, deadline=None)
    @given(st.floats(-2.0, 2.0), st.floats(2.3, 3.6))
    def test_of_soccer_gives_all_three_results_back(self, margin, total):
        means = TargetMeans(HomeMargin(margin), total)
        match = SOCCER.distribution(means)
        home, draw = (match.price(THREE_WAY, side).a for side in (Side.HOME, Side.DRAW))

        told = SOCCER.closing(ClosingLines(home_prob=home, draw_prob=draw))

        assert told.margin == pytest.approx(margin, abs=2e-3)
        assert told.total == pytest.approx(total, abs=5e-3)

    @pytest.mark.parametrize(
        "lines",
        [
            ClosingLines(),
            ClosingLines(home_prob=0.5),
            ClosingLines(home_prob=0.5, draw_prob=0.5),
            ClosingLines(home_prob=0.01, draw_prob=0.98),  # nobody scores so little
        ],
    )
    def test_of_soccer_says_nothing_of_what_is_no_market(self, lines):
        told = SOCCER.closing(lines)

        assert (told.margin, told.total) == (None, None)

    def test_without_a_winner_leaves_the_total(self):
        told = BASEBALL.closing(ClosingLines(total=8.5))

        assert (told.margin, told.total) == (None, 8.5)


class TestScoreModel:
    @pytest.mark.parametrize(
        ("sport", "version", "period"),
        [
            ("baseball", "baseball-mlb-2015", Period.FULL_GAME),
            ("hockey", "hockey-nhl-2015", Period.FULL_GAME),
            ("hockey", "hockey-nhl-2024", Period.FULL_GAME),
            ("soccer", "soccer-1", Period.REGULATION),
        ],
    )
    def test_says_which_part_of_the_game_its_score_is(self, sport, version, period):
        model = score_model(sport, version)

        assert (model.version, model.period) == (version, period)

    def test_of_another_sport_is_no_substitute(self):
        with pytest.raises(ScoreModelUnknown):
            score_model("hockey", "soccer-1")


def _cell_by_cell(parameters: CountParameters, home: np.ndarray, away: np.ndarray) -> np.ndarray:
    table = np.zeros((parameters.scores, parameters.scores))
    for h in range(parameters.scores):
        for a in range(parameters.scores):
            given = parameters.home_weights if h > a else parameters.away_weights
            apart = abs(h - a)
            weight = given[apart - 1] if 0 < apart <= len(given) else 1.0
            table[h, a] = home[h] * away[a] * (weight if apart else parameters.level_weight)
    return table
