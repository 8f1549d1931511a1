"""Basketball, baseball, hockey and football on seasons they were not fitted on, beside the close.

Every prediction is made from results and lines of earlier days only. Limits: docs/model.md
section 5; the measured gaps are those of the design.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, norm

from apps.rulebook.forecasting import MODEL_ARTEFACTS, ModelArtefact
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.ratings import (
    MLB_RESULTS_2015,
    NBA_LINES_2013,
    NBA_RESULTS_2013,
    NHL_LINES_2015,
    NHL_RESULTS_2015,
    FilterParameters,
)
from apps.rulebook.scoring.counts import NHL_2015, NHL_2024, CountModel
from apps.rulebook.scoring.refit import refitted_weights
from apps.rulebook.statistics import calibration_line, ece_test
from apps.rulebook.tests import archives
from apps.rulebook.tests.archives import Prediction, Row, brier_gap, decided, predict, slope


def as_of_2015(code: str) -> ModelArtefact:
    """The hockey model with the weights that were known before the seasons it is tested on."""
    return replace(MODEL_ARTEFACTS[code], score_version=NHL_2015.version)


def since(day: str, until: str = "9999"):
    return lambda row: day <= row.day.isoformat() < until


def calibrated(predictions: list[Prediction]) -> float:
    model, _, won = decided(predictions)
    return float(ece_test(model, won, seed=1).p_value)


def gain_over_a_normal_curve(predictions: list[Prediction]) -> float:
    gains = []
    for each in predictions:
        axis = each.distribution.margin
        band = np.array([each.row.margin - 0.5, each.row.margin + 0.5])
        normal = np.diff(norm.cdf(band, axis.mean, axis.sd))[0]
        gains.append(np.log(axis.pmf[each.row.margin - axis.low]) - np.log(normal))
    return float(np.mean(gains))


def chi_square_of_margins(predictions: list[Prediction], farthest: int) -> float:
    expected = archives.margin_pmfs(predictions, farthest)[1:]
    margins = [min(abs(each.row.margin), farthest) for each in predictions]
    observed = np.bincount(margins, minlength=farthest + 1)[1:]
    return float(chi2.sf(((observed - expected) ** 2 / expected).sum(), farthest - 1))


@pytest.fixture(scope="module")
def nba(shared_data) -> list[Prediction]:
    artefact = MODEL_ARTEFACTS["nba-lines-2013"]
    return list(predict(archives.nba(shared_data / "games"), artefact, counted=since("2013-09")))


@pytest.fixture(scope="module")
def nhl_rows(shared_data) -> list[Row]:
    return archives.nhl(shared_data / "games")


@pytest.fixture(scope="module")
def nhl(nhl_rows) -> list[Prediction]:
    return list(predict(nhl_rows, as_of_2015("nhl-lines-2024"), counted=since("2015-09")))


@pytest.mark.slow
class TestBasketball:
    def test_comes_near_the_close_and_does_not_beat_it(self, nba):
        assert brier_gap(nba) == pytest.approx(0.0029, abs=0.001)
        assert 0 < brier_gap(nba) <= 0.0075
        assert 0.90 <= slope(nba) <= 1.12
        assert calibrated(nba) >= 0.005

    def test_margins_are_weighted_as_they_are_seen(self, nba):
        assert gain_over_a_normal_curve(nba) >= 0.025
        assert chi_square_of_margins(nba, 30) >= 1e-4

    def test_pushes_on_whole_spreads_as_often_as_games_do(self, nba):
        pushes = [
            each.distribution.price(MarketType.SPREAD, Side.HOME, each.row.close.home_spread).v
            for each in nba
            if each.row.close.home_spread % 1 == 0
        ]

        assert len(pushes) > 1_000
        assert 0.025 <= np.mean(pushes) <= 0.045

    def test_doubts_margin_and_total_as_much_as_it_should(self, nba):
        margin = [(p.row.margin - p.expected.margin) / p.expected.margin_sd for p in nba]
        total = [(p.row.total - p.expected.total) / p.expected.total_sd for p in nba]

        assert np.mean(np.square(margin)) == pytest.approx(1, abs=0.08)
        assert np.mean(np.square(total)) == pytest.approx(1, abs=0.08)

    def test_knows_something_of_the_total_that_the_opening_line_did_not(self, nba):
        # One of the openings is a typing error in thousands.
        said = [each for each in nba if 140 < (each.row.opening_total or 0) < 280]
        over = np.array([each.row.total - each.row.opening_total for each in said])
        model = np.array(
            [
                each.distribution.price(
                    MarketType.TOTAL, Side.OVER, each.row.opening_total
                ).model_prob
                for each in said
            ]
        )
        played = over != 0

        # Nothing would be a slope of nought; its error is about .08.
        fit = calibration_line(model[played], (over[played] > 0).astype(float))
        assert fit.slope - 2 * fit.slope_error > 0.2


@pytest.mark.slow
class TestBaseball:
    @pytest.fixture(scope="class")
    def mlb(self, shared_data) -> list[Prediction]:
        artefact = MODEL_ARTEFACTS["mlb-results-2015"]
        rows = archives.mlb(shared_data / "games")
        return list(predict(rows, artefact, counted=since("2016")))

    def test_is_as_far_from_the_close_as_not_knowing_the_pitchers_makes_it(self, mlb):
        assert brier_gap(mlb) == pytest.approx(0.0058, abs=0.001)
        assert 0.75 <= slope(mlb) <= 1.35
        assert calibrated(mlb) >= 0.01

    def test_margins_are_weighted_as_they_are_seen(self, mlb):
        assert gain_over_a_normal_curve(mlb) >= 0.09
        assert chi_square_of_margins(mlb, 12) >= 0.001


@pytest.mark.slow
class TestHockey:
    def test_comes_as_near_the_close_as_anybody(self, nhl):
        assert brier_gap(nhl) == pytest.approx(-0.0001, abs=0.001)
        assert brier_gap(nhl) <= 0.0030
        assert 0.85 <= slope(nhl) <= 1.25
        assert calibrated(nhl) >= 0.01

    def test_results_alone_come_less_near(self, nhl, nhl_rows):
        artefact = as_of_2015("nhl-results-2024")
        alone = list(predict(nhl_rows, artefact, counted=since("2015-09", "2020")))
        lines = [each for each in nhl if each.row.day.year < 2020]

        assert brier_gap(lines) < brier_gap(alone) <= 0.0045
        assert brier_gap(alone) == pytest.approx(0.0014, abs=0.001)

    def test_margins_are_weighted_as_they_are_seen(self, nhl):
        assert gain_over_a_normal_curve(nhl) >= 0.15

    def test_weights_of_the_seasons_before_hold_where_frozen_ones_fail(self, nhl):
        artefact = as_of_2015("nhl-lines-2024")
        season_of = artefact.ratings.season_of
        past = [each for each in nhl if season_of(each.row.day) in (2016, 2017, 2018)]
        newest = [each for each in nhl if season_of(each.row.day) == 2023]
        refitted = _refitted(past, artefact)

        assert len(newest) > 1_300
        assert chi_square_of_margins(newest, 8) < 1e-4  # those of 2015, frozen
        assert chi_square_of_margins(_priced(newest, artefact, refitted), 8) >= 0.001

    def test_weights_in_force_are_the_refit_on_the_latest_seasons(self, nhl):
        artefact = as_of_2015("nhl-lines-2024")
        season_of = artefact.ratings.season_of
        latest = [each for each in nhl if season_of(each.row.day) in (2017, 2018, 2023)]

        assert _refitted(latest, artefact) == pytest.approx(NHL_2024.home_weights, abs=0.006)


@pytest.mark.slow
class TestFootball:
    @pytest.fixture(scope="class")
    def matches(self, shared_data) -> list[Prediction]:
        """Eleven divisions from a cold start, counted when both sides have played six matches."""
        artefact = MODEL_ARTEFACTS["epl-lines-1"]
        return [
            each
            for rows in archives.soccer(shared_data / "games").values()
            for each in predict(rows, artefact, counted=since("2024"))
            if min(each.expected.home_games, each.expected.away_games) >= 6
        ]

    def test_comes_near_the_close_on_all_three_results(self, matches):
        model, close, happened = _three_ways(matches)

        def score(probs: np.ndarray) -> float:
            return float(((probs - happened) ** 2).sum(axis=1).mean())

        assert len(matches) > 2_800
        assert 0 < score(model) - score(close) <= 0.010

    def test_is_calibrated_on_each_of_them(self, matches):
        model, _, happened = _three_ways(matches)

        for result in range(3):
            line = calibration_line(model[:, result], happened[:, result])
            assert 0.80 <= line.slope <= 1.50
            assert ece_test(model[:, result], happened[:, result], seed=1).p_value >= 0.01

    def test_draws_as_often_as_matches_are_drawn(self, matches):
        model, _, happened = _three_ways(matches)

        # Two standard errors of 2,900 matches.
        assert model[:, 1].mean() == pytest.approx(happened[:, 1].mean(), abs=0.016)


class TestMustFail:
    @pytest.mark.slow
    def test_shuffled_results_teach_nothing(self, nhl_rows):
        rows = [row for row in nhl_rows if row.day.isoformat() < "2011-09"]
        order = np.random.default_rng(3).permutation(len(rows))
        shuffled = [
            row._replace(home_score=rows[other].home_score, away_score=rows[other].away_score)
            for row, other in zip(rows, order, strict=True)
        ]
        artefact = as_of_2015("nhl-results-2024")

        assert abs(slope(list(predict(shuffled, artefact, counted=since("2009-09"))))) < 0.5


class TestParameters:
    @pytest.mark.parametrize(
        ("file", "name", "parameters"),
        [
            ("th_nfl_nba.json", "nba_m_1", NBA_LINES_2013.margin),
            ("th_nfl_nba.json", "nba_t_1", NBA_LINES_2013.total),
            ("th_nfl_nba.json", "nba_m_0", NBA_RESULTS_2013.margin),
            ("th_nfl_nba.json", "nba_t_0", NBA_RESULTS_2013.total),
            ("th_mlb_nhl.json", "mlb_m_0", MLB_RESULTS_2015.margin),
            ("th_mlb_nhl.json", "mlb_t_0", MLB_RESULTS_2015.total),
            ("th_mlb_nhl.json", "nhl_m_1", NHL_LINES_2015.margin),
            ("th_mlb_nhl.json", "nhl_t_0", NHL_LINES_2015.total),
            ("th_mlb_nhl.json", "nhl_m_0", NHL_RESULTS_2015.margin),
        ],
    )
    def test_are_the_fitted_ones(self, shared_data, file, name, parameters):
        fitted = json.loads((shared_data / "reference" / "model" / file).read_text())

        assert parameters == FilterParameters.from_fit(
            tuple(fitted[name]), level=parameters.level, covariate=parameters.covariate
        )


def _priced(
    predictions: list[Prediction], artefact: ModelArtefact, weights: np.ndarray
) -> list[Prediction]:
    """The same expectations under other weights of a margin of 1, 2, ..., alike for both sides."""
    told = tuple(weights.tolist())
    model = CountModel(replace(NHL_2015, home_weights=told, away_weights=told))
    return [
        replace(each, distribution=model.distribution(artefact.targets(each.expected)))
        for each in predictions
    ]


def _refitted(predictions: list[Prediction], artefact: ModelArtefact) -> np.ndarray:
    farthest = len(NHL_2015.home_weights)
    margins = [min(abs(each.row.margin), farthest + 1) for each in predictions]
    observed = np.bincount(margins, minlength=farthest + 2)[1 : farthest + 1].astype(float)
    return refitted_weights(
        observed,
        lambda weights: archives.margin_pmfs(_priced(predictions, artefact, weights), farthest + 1)[
            1 : farthest + 1
        ],
        prior_games=30,
    )


def _three_ways(matches: list[Prediction]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sides = (Side.HOME, Side.DRAW, Side.AWAY)
    model = [
        [each.distribution.price(MarketType.MONEYLINE_3WAY, side).a for side in sides]
        for each in matches
    ]
    close = [
        (c.home_prob, c.draw_prob, 1 - c.home_prob - c.draw_prob)
        for c in (each.row.close for each in matches)
    ]
    margins = np.array([each.row.margin for each in matches])
    happened = np.column_stack([margins > 0, margins == 0, margins < 0]).astype(float)
    return np.array(model), np.array(close), happened
