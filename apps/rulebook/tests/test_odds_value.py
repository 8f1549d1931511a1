from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.odds import expected_value, model_prob, pool, price_from_american

a_probability = st.floats(0.001, 0.999)


class TestExpectedValue:
    def test_counts_a_push_as_stake_returned(self):
        a, b, price = Decimal("0.45"), Decimal("0.46"), Decimal("2.10")

        assert expected_value(a, b, price) == Decimal("0.035")

    def test_is_zero_at_a_fair_price(self):
        assert expected_value(Decimal("0.25"), Decimal("0.75"), Decimal(4)) == 0

    def test_is_minus_the_margin_at_the_usual_price(self):
        price = float(price_from_american(-110))

        assert expected_value(0.5, 0.5, price) == pytest.approx(-1 / 22, abs=1e-6)

    @given(st.lists(st.tuples(a_probability, a_probability, st.floats(1.01, 100)), min_size=1))
    def test_of_a_board_is_that_of_each_quote(self, rows):
        board = np.array(rows)

        together = expected_value(board[:, 0], board[:, 1], board[:, 2])

        assert together.tolist() == [expected_value(*row) for row in rows]


class TestModelProb:
    def test_leaves_the_push_out(self):
        assert model_prob(0.45, 0.46) == pytest.approx(0.494505, abs=1e-6)

    @given(a_probability, st.floats(0, 0.5))
    def test_agrees_with_a_fair_market_whatever_the_push_mass(self, fair, push):
        a, b = (1 - push) * fair, (1 - push) * (1 - fair)

        assert model_prob(a, b) == pytest.approx(fair)


class TestPooling:
    @given(st.lists(a_probability, min_size=1, max_size=12))
    def test_of_two_way_markets_takes_the_mean_of_the_log_odds(self, probabilities):
        home = np.array(probabilities)

        pooled = pool(np.column_stack([home, 1 - home]))

        logit = np.log(home / (1 - home)).mean()
        assert pooled == pytest.approx([1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))])

    @given(
        st.integers(2, 4).flatmap(
            lambda n: st.lists(st.lists(a_probability, min_size=n, max_size=n), min_size=1)
        )
    )
    def test_keeps_every_pair_at_the_mean_of_its_log_ratios(self, weights):
        fair = np.array(weights) / np.array(weights).sum(axis=1, keepdims=True)

        pooled = pool(fair)

        assert pooled.sum() == pytest.approx(1)
        ratios = np.log(fair[:, 0] / fair[:, 1]).mean()
        assert np.log(pooled[0] / pooled[1]) == pytest.approx(ratios, abs=1e-9)

    def test_of_books_that_agree_changes_nothing(self):
        assert pool(np.array([[0.2, 0.3, 0.5]] * 4)) == pytest.approx([0.2, 0.3, 0.5])
