import math

import numpy as np
import pytest

from apps.rulebook.statistics import NotASample, blend_weight, blended

N = 40_000


def logistic(scores: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-scores))


def world(true_weight: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A model and a market of which a known blend tells the true chances."""
    random = np.random.default_rng(seed)
    market, away = random.normal(0, 0.6, N), random.normal(0, 0.4, N)
    won = random.random(N) < logistic(market + true_weight * away)
    return logistic(market + away), logistic(market), won.astype(float)


class TestBlendWeight:
    @pytest.mark.parametrize("true_weight", [-0.2, 0.0, 0.3, 1.0])
    def test_finds_the_weight_that_made_the_outcomes(self, true_weight):
        fit = blend_weight(*world(true_weight))

        assert fit.n == N
        assert abs(fit.weight - true_weight) < 3 * fit.error
        assert 0.01 < fit.error < 0.05

    def test_errs_as_often_as_its_error_says(self):
        fits = [blend_weight(*world(0.3, seed)) for seed in range(40)]

        scores = np.array([(fit.weight - 0.3) / fit.error for fit in fits])
        assert abs(scores.mean()) < 3 / math.sqrt(40)
        assert 0.7 < scores.std() < 1.3

    def test_uses_nothing_of_a_model_that_knows_nothing(self):
        assert blend_weight(*world(-0.2)).lower_bound == 0.0

    def test_refuses_a_model_that_repeats_the_market(self):
        _, market, won = world(0.3)

        with pytest.raises(NotASample):
            blend_weight(market, market, won)

    def test_refuses_certainty(self):
        with pytest.raises(NotASample):
            blend_weight([0.5, 1.0], [0.4, 0.5], [0, 1])

    def test_refuses_outcomes_that_every_weight_could_explain_better(self):
        with pytest.raises(NotASample):
            blend_weight([0.6, 0.7], [0.5, 0.5], [1, 1])


class TestBlended:
    def test_lies_between_the_two_on_the_scale_of_odds(self):
        assert blended([0.8], [0.5], 0.0)[0] == pytest.approx(0.5)
        assert blended([0.8], [0.5], 1.0)[0] == pytest.approx(0.8)
        assert blended([0.8], [0.5], 0.5)[0] == pytest.approx(2 / 3)

    def test_is_the_better_forecast_at_the_fitted_weight(self):
        model, market, won = world(0.3)
        fit = blend_weight(model, market, won)

        def surprise(p: np.ndarray) -> float:
            return float(-np.log(np.where(won == 1, p, 1 - p)).mean())

        best = surprise(blended(model, market, fit.weight))
        assert best < surprise(blended(model, market, fit.weight + 0.1))
        assert best < surprise(blended(model, market, fit.weight - 0.1))
        assert best < surprise(market) < surprise(model)
