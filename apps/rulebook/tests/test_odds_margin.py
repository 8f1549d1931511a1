from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.odds import (
    MarginMethod,
    MarginNotRemovable,
    evaluable,
    fair_probabilities,
    insider_shares,
    overrounds,
    price_from_american,
    remove_margin,
)
from apps.rulebook.thresholds import default_method, market_config

LIMITS = market_config("NFL").overround

TWO_WAY = [price_from_american(-300), price_from_american(240)]
THREE_WAY = [Decimal("1.35"), Decimal("5.35"), Decimal("9.02")]

methods = st.sampled_from(MarginMethod)
# Down to the shortest price that is offered and up to the longest that is believed.
a_price = st.floats(1.011, 10_000)
a_market = st.integers(2, 8).flatmap(lambda n: st.lists(a_price, min_size=n, max_size=n))
a_board = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(a_price, min_size=n, max_size=n), min_size=1, max_size=8)
)


@st.composite
def markets_with_margin(draw):
    """A market as a book makes it: fair probabilities times a margin it would evaluate."""
    weights = draw(st.lists(st.floats(0.02, 1), min_size=2, max_size=6))
    margin = draw(st.floats(1.001, 1.2))
    implied = np.array(weights) / sum(weights) * margin
    return 1 / np.minimum(implied, 0.99)


class TestRemovingTheMargin:
    @pytest.mark.parametrize(
        ("method", "home", "away"),
        [
            (MarginMethod.MULTIPLICATIVE, 0.7183, 0.2817),
            (MarginMethod.ADDITIVE, 0.7279, 0.2721),
            (MarginMethod.SHIN, 0.7279, 0.2721),
            (MarginMethod.ODDS_RATIO, 0.7285, 0.2715),
            (MarginMethod.POWER, 0.7331, 0.2669),
        ],
    )
    def test_gives_the_check_values_of_a_two_way_market(self, method, home, away):
        assert fair_probabilities(TWO_WAY, method) == pytest.approx((home, away), abs=5e-5)

    @pytest.mark.parametrize(
        ("method", "fair"),
        [
            (MarginMethod.MULTIPLICATIVE, (0.7133, 0.1800, 0.1068)),
            (MarginMethod.SHIN, (0.7242, 0.1755, 0.1003)),
            (MarginMethod.POWER, (0.7294, 0.1715, 0.0990)),
        ],
    )
    def test_gives_the_check_values_of_a_three_way_market(self, method, fair):
        assert fair_probabilities(THREE_WAY, method) == pytest.approx(fair, abs=5e-5)

    @given(a_board, methods)
    def test_leaves_a_distribution_or_refuses_the_whole_market(self, board, method):
        fair = remove_margin(np.array(board), method)

        refused = np.isnan(fair).any(axis=1)
        assert np.isnan(fair[refused]).all()
        assert (fair[~refused] > 0).all()
        assert np.allclose(fair[~refused].sum(axis=1), 1, rtol=0, atol=1e-12)

    @given(a_board, st.sampled_from([m for m in MarginMethod if m is not MarginMethod.ADDITIVE]))
    def test_refuses_no_real_prices_but_additively(self, board, method):
        assert not np.isnan(remove_margin(np.array(board), method)).any()

    @given(a_board, methods)
    def test_treats_each_market_as_if_it_stood_alone(self, board, method):
        together = remove_margin(np.array(board), method)

        alone = np.concatenate([remove_margin(np.array([market]), method) for market in board])
        assert np.allclose(together, alone, rtol=0, atol=1e-12, equal_nan=True)

    @given(markets_with_margin(), methods)
    def test_keeps_the_order_of_the_outcomes(self, market, method):
        fair = remove_margin(market[np.newaxis], method)[0]

        if not np.isnan(fair).any():
            assert (np.diff(fair[np.argsort(-market, kind="stable")]) >= -1e-12).all()

    @given(markets_with_margin(), st.randoms(use_true_random=False), methods)
    def test_does_not_depend_on_which_outcome_comes_first(self, market, random, method):
        order = list(range(len(market)))
        random.shuffle(order)

        shuffled = remove_margin(market[np.newaxis, order], method)[0]

        straight = remove_margin(market[np.newaxis], method)[0]
        assert np.allclose(shuffled, straight[order], rtol=0, atol=1e-9, equal_nan=True)

    @given(markets_with_margin())
    def test_is_harder_on_long_shots_than_proportional_shares_are(self, market):
        proportional = remove_margin(market[np.newaxis], MarginMethod.MULTIPLICATIVE)[0]
        longest = int(market.argmax())

        for method in (MarginMethod.POWER, MarginMethod.SHIN, MarginMethod.ODDS_RATIO):
            fair = remove_margin(market[np.newaxis], method)[0]
            assert fair[longest] <= proportional[longest] + 1e-9

    @given(st.tuples(a_price, a_price))
    def test_by_shin_is_additive_where_there_are_two_outcomes(self, market):
        board = np.array([market])

        shin = remove_margin(board, MarginMethod.SHIN)

        assert shin == pytest.approx(remove_margin(board, MarginMethod.ADDITIVE), abs=0)
        z = insider_shares(board)[:, np.newaxis]
        implied = 1 / board
        squares = implied**2 / implied.sum()
        by_equation = (np.sqrt(z**2 + 4 * (1 - z) * squares) - z) / (2 * (1 - z))
        assert shin == pytest.approx(by_equation, abs=1e-7)

    @given(markets_with_margin())
    def test_solves_the_equation_that_each_method_promises(self, market):
        q = 1 / market
        power = remove_margin(market[np.newaxis], MarginMethod.POWER)[0]
        ratio = remove_margin(market[np.newaxis], MarginMethod.ODDS_RATIO)[0]

        exponents = np.log(power) / np.log(q)
        assert exponents == pytest.approx(np.full(len(q), exponents[0]), rel=1e-8)
        log_ratios = np.log(q / (1 - q)) - np.log(ratio / (1 - ratio))
        assert log_ratios == pytest.approx(np.full(len(q), log_ratios[0]), abs=1e-8)

    @given(methods, st.integers(2, 6), st.floats(0.9, 1.25))
    def test_finds_even_chances_behind_even_prices(self, method, outcomes, overround):
        board = np.full((1, outcomes), outcomes / overround)

        fair = remove_margin(board, method)

        assert fair == pytest.approx(np.full((1, outcomes), 1 / outcomes), abs=1e-12)

    def test_refuses_the_row_whose_long_shots_would_vanish(self):
        board = np.array([[1.1494252873563218, 5, 10, 20, 50, 100], [4, 5, 6, 7, 8, 9]])

        fair = remove_margin(board, MarginMethod.ADDITIVE)

        assert np.isnan(fair[0]).all()
        assert fair[1].sum() == pytest.approx(1)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.0, 0.0, -2.0])
    @pytest.mark.parametrize("method", MarginMethod)
    def test_refuses_a_row_with_a_number_that_is_no_price(self, bad, method):
        board = np.array([[1.9, bad, 4.0], [2.5, 3.1, 3.4]])
        before = board.copy()

        fair = remove_margin(board, method)

        assert np.isnan(fair[0]).all()
        assert fair[1].sum() == pytest.approx(1)
        np.testing.assert_array_equal(board, before)

    def test_takes_an_empty_board(self):
        for method in MarginMethod:
            assert remove_margin(np.empty((0, 3)), method).shape == (0, 3)

    @pytest.mark.parametrize("prices", [[], ["1.98"], ["0.9", "0.1"], ["1.9", "1"]])
    def test_of_a_single_market_says_why_it_refuses(self, prices):
        with pytest.raises(MarginNotRemovable):
            fair_probabilities([Decimal(price) for price in prices], MarginMethod.SHIN)

    @pytest.mark.parametrize("shape", [(3,), (3, 1), (2, 2, 2)])
    def test_is_not_defined_for_what_is_no_board(self, shape):
        with pytest.raises(ValueError, match="A board is"):
            remove_margin(np.full(shape, 2.0), MarginMethod.POWER)

    def test_defaults_to_the_closed_form_for_two_and_to_power_for_more(self):
        chosen = [default_method(outcomes) for outcomes in (2, 3, 30)]

        assert chosen == [MarginMethod.ADDITIVE, MarginMethod.POWER, MarginMethod.POWER]


class TestTheOverround:
    def test_is_the_sum_of_what_the_prices_imply(self):
        board = np.array([[2.0, 2.0], [1.909091, 1.909091], [4.0, 5.0], [np.nan, 2.0], [1.0, 2.0]])

        sums = overrounds(board)

        np.testing.assert_allclose(sums, [1, 1.04762, 0.45, np.nan, np.nan])

    def test_is_none_where_only_rounding_made_one(self):
        fair = [float(price_from_american(-300)), float(price_from_american(300))]
        assert sum(1 / price for price in fair) > 1

        overround = overrounds(np.array([fair]))

        assert not evaluable(overround, LIMITS).any()

    @pytest.mark.parametrize(
        ("overround", "is_evaluated"),
        [
            (0.98, False),
            (1.0, False),
            (1.00001, True),
            (1.2, True),
            (1.20001, False),
            (np.nan, False),
        ],
    )
    def test_is_held_against_the_band_that_is_evaluated(self, overround, is_evaluated):
        assert evaluable(np.array([overround]), LIMITS).tolist() == [is_evaluated]


class TestTheInsiders:
    def test_hold_the_share_that_the_method_was_published_with(self):
        assert insider_shares(np.array([[2.6, 2.4, 4.3]]))[0] == pytest.approx(0.01694251276407055)
        assert insider_shares(np.array([[1.5, 2.74]]))[0] == pytest.approx(0.03172728540646625)

    @given(markets_with_margin())
    def test_are_few_but_not_none_where_there_is_a_margin(self, market):
        if (1 / market).sum() > 1.0001:
            assert 0 < insider_shares(market[np.newaxis])[0] < 1

    def test_are_unknown_where_there_is_no_market(self):
        shares = insider_shares(np.array([[2.0, 0.5], [2.5, 1.5]]))

        assert np.isnan(shares).tolist() == [True, False]
