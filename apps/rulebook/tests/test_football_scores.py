"""Scores of American football: key numbers, overtime, means, and one seeded sample."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.markets import HomeMargin, MarketType, Side
from apps.rulebook.scoring import (
    MeansOutOfRange,
    ScoreModelUnknown,
    Simulation,
    TargetMeans,
    score_model,
    sim_fail_bound,
    simulate,
)
from apps.rulebook.scoring.football import NFL_2015, FootballModel, team_scores

SEED = 20_251_005
EVEN = TargetMeans(margin=HomeMargin(0.0), total=44.0)
FAVOURITE = TargetMeans(margin=HomeMargin(3.0), total=44.0)


@pytest.fixture(scope="module")
def football() -> FootballModel:
    return FootballModel(NFL_2015)


class TestTeamScores:
    def test_are_what_every_sequence_of_three_drives_gives(self):
        three_drives = NFL_2015.__class__(**{**_fields(), "drives": 3.0})
        worth = 7 - three_drives.touchdown_six + three_drives.touchdown_eight
        expected = 9.0
        kicks = three_drives.field_goal_share + three_drives.field_goal_slope * (9.0 - 22.0)
        from_scores = expected - 2 * three_drives.safety * 3
        kick, touchdown = from_scores * kicks / 9, from_scores * (1 - kicks) / (worth * 3)
        six, eight = three_drives.touchdown_six, three_drives.touchdown_eight
        drive = {
            0: 1 - kick - touchdown - three_drives.safety,
            2: three_drives.safety,
            3: kick,
            6: touchdown * six,
            7: touchdown * (1 - six - eight),
            8: touchdown * eight,
        }
        brute = np.zeros(80)
        for sequence in product(drive, repeat=3):
            brute[sum(sequence)] += np.prod([drive[points] for points in sequence])

        (scores,) = team_scores(three_drives, np.array([expected]))

        assert scores == pytest.approx(brute, abs=1e-12)

    @pytest.mark.parametrize("drives", [11.0, 11.5, 12.0])
    def test_have_the_mean_asked_for(self, drives):
        parameters = NFL_2015.__class__(**{**_fields(), "drives": drives})
        expected = np.array([6.0, 17.5, 24.0, 31.0])

        scores = team_scores(parameters, expected)

        # What is missing are games in which a team scores more than 79.
        assert scores.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert scores @ np.arange(80) == pytest.approx(expected, abs=1e-3)


class TestDistribution:
    @settings(max_examples=60, deadline=None)
    @given(st.floats(-24, 24), st.floats(32, 64))
    def test_has_the_means_asked_for_and_sums_to_one(self, margin, total):
        distribution = FootballModel(NFL_2015).distribution(TargetMeans(HomeMargin(margin), total))

        assert distribution.probabilities.sum() == pytest.approx(1, abs=1e-9)
        assert distribution.margin.mean == pytest.approx(margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(total, abs=1e-3)

    def test_is_the_same_seen_from_the_other_bench(self, football):
        distribution = football.distribution(FAVOURITE)
        mirrored = football.distribution(TargetMeans(HomeMargin(-3.0), 44.0))

        assert distribution.probabilities == pytest.approx(mirrored.probabilities.T, abs=1e-12)

    def test_equals_overtime_and_weights_applied_cell_by_cell(self, football):
        joint = football._joint(*(football._team(points) for points in (24.3, 20.1)))

        expected = _cell_by_cell(football, 24.3, 20.1)
        assert joint == pytest.approx(expected, abs=1e-15)

    def test_decides_games_by_three_and_seven_as_often_as_seen(self, football):
        margin = football.distribution(FAVOURITE).margin
        by = dict(zip(np.abs(margin.support), margin.pmf + margin.pmf[::-1], strict=True))

        # 14 to 15 % of games end three apart; a normal curve of this width says 5.7 %.
        assert 0.14 < by[3] < 0.17
        assert 0.09 < by[7] < 0.11
        assert by[3] > by[2] + by[4]

    def test_pushes_at_three_between_the_limits_that_real_seasons_set(self, football):
        push = football.distribution(FAVOURITE).price(MarketType.SPREAD, Side.HOME, -3).v

        assert 0.065 < push < 0.105

    def test_knows_that_ties_are_rare_and_some_scores_impossible(self, football):
        distribution = football.distribution(EVEN)

        assert 0.0005 < distribution.price(MarketType.MONEYLINE, Side.HOME).v < 0.004
        assert distribution.home_points.pmf[1] == 0.0

    @pytest.mark.parametrize(("margin", "total"), [(0.0, 2.0), (0.0, 100.0), (44.0, 46.0)])
    def test_refuses_means_that_are_not_footballs(self, football, margin, total):
        with pytest.raises(MeansOutOfRange):
            football.distribution(TargetMeans(HomeMargin(margin), total))


class TestSimulate:
    def test_draws_the_same_games_for_the_same_seed_only(self, football):
        first = simulate(football, FAVOURITE, seed=SEED, sims=100_000)
        again = simulate(football, FAVOURITE, seed=SEED, sims=100_000)
        other = simulate(football, FAVOURITE, seed=SEED + 1, sims=100_000)

        assert first.sampled.to_bytes() == again.sampled.to_bytes()
        assert first.sampled.to_bytes() != other.sampled.to_bytes()
        assert first.sampled.sims == first.sampled.weights.sum() == 100_000

    def test_agrees_with_the_exact_distribution_on_every_line(self, football):
        run = simulate(football, FAVOURITE, seed=SEED, sims=100_000)

        lines = np.arange(-40, 40.5, 0.5)
        for market, side, offset in (
            (MarketType.SPREAD, Side.HOME, 0.0),
            (MarketType.TOTAL, Side.OVER, 44.0),
        ):
            exact = run.exact.price_lines(market, side, lines + offset)[:, :2]
            drawn = run.sampled.price_lines(market, side, lines + offset)[:, :2]
            assert (abs(drawn - exact) <= 4 * np.sqrt(exact * (1 - exact) / 100_000) + 1e-9).all()
        assert not run.failed
        assert 0 < run.worst_gap < run.bound

    def test_measures_the_worst_line_of_margin_and_total(self, football):
        run = simulate(football, FAVOURITE, seed=SEED, sims=20_000)
        worst = max(
            abs(np.cumsum(axis(run.exact).pmf - axis(run.sampled).pmf)).max()
            for axis in (lambda d: d.margin, lambda d: d.total)
        )

        assert run.worst_gap == pytest.approx(worst, abs=1e-12)

    def test_calls_a_sample_of_another_game_failed(self, football):
        other = simulate(
            football, TargetMeans(HomeMargin(3.5), 44.0), seed=SEED, sims=100_000
        ).sampled
        exact = football.distribution(FAVOURITE)
        gap = float(abs(np.cumsum(exact.margin.pmf - other.margin.pmf)).max())

        run = Simulation(exact=exact, sampled=other, worst_gap=gap, bound=sim_fail_bound(100_000))

        assert run.failed

    def test_has_the_bound_of_the_domain_page(self):
        assert sim_fail_bound(100_000) == pytest.approx(0.0085, abs=5e-5)
        assert sim_fail_bound(1_000_000) < sim_fail_bound(100_000) < sim_fail_bound(1_000)


class TestScoreModel:
    def test_is_found_by_sport_and_version_and_built_once(self):
        assert score_model("football", NFL_2015.version) is score_model(
            "football", NFL_2015.version
        )

    @pytest.mark.parametrize(
        ("sport", "version"), [("curling", "football-nfl-2015"), ("football", "football-1")]
    )
    def test_nobody_fitted_is_refused(self, sport, version):
        with pytest.raises(ScoreModelUnknown):
            score_model(sport, version)


def _fields() -> dict:
    return {name: getattr(NFL_2015, name) for name in NFL_2015.__dataclass_fields__}


def _cell_by_cell(football: FootballModel, home_points: float, away_points: float) -> np.ndarray:
    home, away = football._team(home_points), football._team(away_points)
    joint = np.outer(home, away)
    ties = joint.diagonal().copy()
    for points, mass in enumerate(ties):
        joint[points, points] = 0.05 * mass
    for points, mass in enumerate(ties):
        for won_by, share in ((3, 0.72), (6, 0.28)):
            if points + won_by < 80:
                joint[points + won_by, points] += 0.95 * mass * share / 2
                joint[points, points + won_by] += 0.95 * mass * share / 2
    weights = (*NFL_2015.margin_weights, *[1.0] * 80)
    for i, j in np.ndindex(joint.shape):
        joint[i, j] *= weights[abs(i - j)]
    return joint
