"""Scores of basketball: correlated, weighted, overtime, means, and one seeded sample."""

import csv
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.markets import HomeMargin, HomeSpread, MarketType, Period, Side
from apps.rulebook.scoring import (
    ClosingLines,
    MeansOutOfRange,
    SpreadMissing,
    TargetMeans,
    score_model,
    simulate,
)
from apps.rulebook.scoring.basketball import FORTY_MINUTES_1, NBA_2013, BasketballModel

MODEL = BasketballModel(NBA_2013)
FAVOURITE = TargetMeans(HomeMargin(5.5), 212.0, 12.0, 17.5)


class TestDistribution:
    @settings(max_examples=60, deadline=None)
    @given(st.floats(-45, 45), st.floats(170, 260), st.floats(10, 15), st.floats(14, 20))
    def test_has_the_means_asked_for_and_sums_to_one(self, margin, total, margin_sd, total_sd):
        means = TargetMeans(HomeMargin(margin), total, margin_sd, total_sd)

        distribution = MODEL.distribution(means)

        assert distribution.probabilities.sum() == pytest.approx(1, abs=1e-9)
        assert distribution.margin.mean == pytest.approx(margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(total, abs=1e-3)

    @settings(max_examples=20, deadline=None)
    @given(st.floats(-20, 20), st.floats(115, 170))
    def test_of_forty_minutes_has_them_as_well(self, margin, total):
        means = TargetMeans(HomeMargin(margin), total, 11.0, 15.0)

        distribution = BasketballModel(FORTY_MINUTES_1).distribution(means)

        assert distribution.margin.mean == pytest.approx(margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(total, abs=1e-3)

    def test_equals_regulation_and_overtime_played_cell_by_cell(self):
        assert MODEL.distribution(FAVOURITE).probabilities == pytest.approx(
            _cell_by_cell(FAVOURITE), abs=1e-12
        )

    def test_is_the_same_seen_from_the_other_bench(self):
        mirrored = MODEL.distribution(TargetMeans(HomeMargin(-5.5), 212.0, 12.0, 17.5))

        assert MODEL.distribution(FAVOURITE).probabilities == pytest.approx(
            mirrored.probabilities.T, abs=1e-12
        )

    def test_never_ends_level(self):
        price = MODEL.distribution(FAVOURITE).price(MarketType.MONEYLINE, Side.HOME)

        assert price.v == 0.0
        assert price.a + price.b == pytest.approx(1, abs=1e-12)

    def test_has_scores_that_share_a_pace(self):
        joint = MODEL.distribution(FAVOURITE).probabilities
        points = np.arange(float(joint.shape[0])), np.arange(float(joint.shape[1]))
        home, away = points[0] @ joint.sum(axis=1), points[1] @ joint.sum(axis=0)
        covariance = (points[0] - home) @ joint @ (points[1] - away)

        assert covariance / (joint.sum() * 10.6**2) > 0.2

    def test_is_as_wide_as_the_ratings_say_the_game_is(self):
        distribution = MODEL.distribution(FAVOURITE)

        assert distribution.margin.sd == pytest.approx(12.0, rel=0.02)
        assert distribution.total.sd == pytest.approx(17.5, rel=0.04)

    def test_decides_few_games_by_one_and_more_by_six_to_eight(self):
        margin = MODEL.distribution(TargetMeans(HomeMargin(0.0), 200.0, 12.0, 17.5)).margin
        by = {abs(m): margin.pmf[m - margin.low] for m in range(1, 12)}

        assert by[1] < by[2] < by[7]
        assert by[7] > by[4]

    def test_refuses_a_game_of_which_nobody_said_how_open_it_is(self):
        with pytest.raises(SpreadMissing):
            MODEL.distribution(TargetMeans(HomeMargin(0.0), 200.0))

    @pytest.mark.parametrize(
        ("margin", "total"), [(0.0, 60.0), (0.0, 520.0), (120.0, 200.0), (150.0, 350.0)]
    )
    def test_refuses_means_that_are_not_basketballs(self, margin, total):
        with pytest.raises(MeansOutOfRange):
            MODEL.distribution(TargetMeans(HomeMargin(margin), total, 12.0, 17.5))


class TestSimulate:
    def test_draws_the_same_games_for_the_same_seed_only(self):
        first = simulate(MODEL, FAVOURITE, seed=7, sims=50_000)
        again = simulate(MODEL, FAVOURITE, seed=7, sims=50_000)
        other = simulate(MODEL, FAVOURITE, seed=8, sims=50_000)

        assert first.sampled.digest() == again.sampled.digest() != other.sampled.digest()

    @pytest.mark.parametrize("seed", range(5))
    def test_is_exact_within_four_standard_errors_on_every_line(self, seed):
        run = simulate(MODEL, FAVOURITE, seed=seed, sims=100_000)

        for drawn, exact in (
            (run.sampled.margin, run.exact.margin),
            (run.sampled.total, run.exact.total),
        ):
            assert abs(drawn.ladder - exact.ladder).max() <= 0.0063
        assert not run.failed


class TestClosing:
    def test_is_read_from_spread_and_total(self):
        told = MODEL.closing(ClosingLines(home_spread=HomeSpread(-4.5), total=210.0, home_prob=0.6))

        assert (told.margin, told.total) == (4.5, 210.0)

    def test_says_nothing_where_nobody_quoted(self):
        told = MODEL.closing(ClosingLines(home_prob=0.6))

        assert (told.margin, told.total) == (None, None)


class TestScoreModel:
    @pytest.mark.parametrize("version", ["basketball-nba-2013", "basketball-forty-minutes-1"])
    def test_is_found_by_its_version_and_covers_the_whole_game(self, version):
        model = score_model("basketball", version)

        assert (model.version, model.period) == (version, Period.FULL_GAME)


class TestParameters:
    def test_of_overtime_are_what_overtimes_were(self, shared_data):
        won_by, points = _overtimes(shared_data / "games" / "nba_sbr_open_close_2007_2017.csv")
        seen = np.bincount(won_by, minlength=15)[1:15] / len(won_by)
        fitted = np.array(NBA_2013.overtime_margins)

        assert len(won_by) > 700
        assert fitted.sum() == pytest.approx(1, abs=1e-9)
        # Four standard errors of a share.
        assert (abs(seen - fitted) <= 4 * np.sqrt(fitted * (1 - fitted) / len(won_by))).all()
        assert points.mean() == pytest.approx(NBA_2013.overtime_total, abs=1.5)
        assert points.std() == pytest.approx(NBA_2013.overtime_total_sd, abs=1.0)


def _cell_by_cell(means: TargetMeans) -> np.ndarray:
    """Every regulation score, and of the level ones every overtime, one after the other."""
    got = MODEL.distribution(means)
    rows, columns = got.weights.shape
    sd = NBA_2013.regulation_share * means.total_sd
    regulation = MODEL._tilted_margins(means.margin, means.margin_sd)
    middle = len(regulation) // 2
    tied = regulation[middle]
    before = means.total - tied * NBA_2013.overtime_total
    after_sd = sqrt(sd**2 + NBA_2013.overtime_total_sd**2)
    chances = np.array(NBA_2013.overtime_margins) / sum(NBA_2013.overtime_margins)

    def bell(x: float, centre: float, width: float) -> float:
        return 2.0 * np.exp(-0.5 * ((x - centre) / width) ** 2) / (width * sqrt(2 * np.pi))

    table = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            home, away = got.low_home + i, got.low_away + j
            won_by, total = home - away, home + away
            if won_by:
                table[i, j] = regulation[middle + won_by] * bell(total, before, sd)
            if 0 < abs(won_by) <= len(chances):
                share = tied * chances[abs(won_by) - 1] / 2
                table[i, j] += share * bell(total, before + NBA_2013.overtime_total, after_sd)
    return table / table.sum()


def _overtimes(file: Path) -> tuple[np.ndarray, np.ndarray]:
    won_by, points = [], []
    with file.open() as lines:
        for raw in csv.DictReader(lines):
            home, away = (
                sum(int(raw[f"{s}_q{q}"]) for q in (1, 2, 3, 4)) for s in ("home", "away")
            )
            final = int(raw["home_score"]), int(raw["away_score"])
            if home == away and final[0] != final[1] and sum(final) > home + away:
                won_by.append(abs(final[0] - final[1]))
                points.append(final[0] - home + final[1] - away)
    return np.array(won_by), np.array(points)
