import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.evaluation import (
    PLACES,
    decision_prob,
    fair_prob_at,
    fair_probs_at,
    points_ahead,
    points_ahead_many,
    value,
    value_many,
)
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.scoring.axis import Abv

LAST_PLACE = 2 * 10.0**-PLACES
inside = st.floats(0.001, 0.999)
lines = st.integers(-40, 40).map(lambda quarters: quarters / 4)


@st.composite
def abvs(draw):
    push = draw(st.one_of(st.just(0.0), st.floats(0.0, 0.2)))
    model_prob = draw(st.floats(0.0, 1.0))
    a = model_prob * (1 - push)
    b = (1 - model_prob) * (1 - push)
    return Abv(a, b, 1 - a - b)


class TestDecisionProb:
    @given(fair=inside, model=inside)
    def test_is_the_markets_at_weight_zero(self, fair, model):
        assert decision_prob(model, fair, 0.0) == fair

    @given(fair=inside, model=inside)
    def test_is_the_models_at_weight_one(self, fair, model):
        assert decision_prob(model, fair, 1.0) == pytest.approx(model, abs=1e-12)

    @given(fair=inside, model=inside, weight=st.floats(0, 1))
    def test_lies_between_the_two(self, fair, model, weight):
        judged = decision_prob(model, fair, weight)

        assert min(fair, model) - 1e-12 <= judged <= max(fair, model) + 1e-12

    @given(fair=inside, model=inside, weight=st.floats(0, 1))
    def test_of_both_sides_adds_up_to_one(self, fair, model, weight):
        ours = decision_prob(model, fair, weight)
        theirs = decision_prob(1 - model, 1 - fair, weight)

        assert ours + theirs == pytest.approx(1, abs=1e-9)

    @pytest.mark.parametrize(("model", "fair"), [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
    def test_of_a_certainty_is_nothing(self, model, fair):
        assert math.isnan(decision_prob(model, fair, 0.5))

    def test_moves_on_the_logit_scale(self):
        # logit .5 = 0, logit .8 = 1.386294; a quarter of the way is sigma(.346574).
        assert decision_prob(0.8, 0.5, 0.25) == pytest.approx(0.585786, abs=1e-6)


class TestValue:
    def test_takes_edge_and_value_from_the_judged_probability(self):
        abv = Abv(0.49, 0.42, 0.09)

        valued = value(abv, fair_prob=0.5, weight=1.0, price=1.95)

        assert valued.model_prob == pytest.approx(0.49 / 0.91, abs=1e-9)
        assert valued.edge_prob == pytest.approx(0.49 / 0.91 - 0.5, abs=1e-9)
        assert valued.ev == pytest.approx(0.49 * 0.95 - 0.42, abs=1e-9)

    def test_shows_no_edge_where_model_and_market_agree_on_a_number_that_pushes(self):
        # -3 in full agreement: with the pushes left in it would show -.0455 on both sides.
        valued = value(Abv(0.4545, 0.4545, 0.091), fair_prob=0.5, weight=1.0, price=1.909)

        assert valued.edge_prob == 0.0

    def test_keeps_the_models_push_mass_and_rescales_the_rest(self):
        valued = value(Abv(0.60, 0.31, 0.09), fair_prob=0.5, weight=0.0, price=1.9)

        assert valued.v == pytest.approx(0.09, abs=1e-9)
        assert (valued.a, valued.b) == pytest.approx((0.455, 0.455), abs=1e-9)
        assert valued.edge_prob == 0.0

    @given(abv=abvs(), fair=inside, weight=st.floats(0, 1), price=st.floats(1.02, 20))
    def test_adds_up_to_one(self, abv, fair, weight, price):
        valued = value(abv, fair_prob=fair, weight=weight, price=price)

        if not math.isnan(valued.a):
            assert valued.a + valued.b + valued.v == pytest.approx(1, abs=1e-9)

    @given(
        rows=st.lists(
            st.tuples(abvs(), inside, st.sampled_from([0.0, 0.09, 1.0]), st.floats(1.02, 20)),
            min_size=1,
            max_size=20,
        )
    )
    def test_of_many_agrees_with_the_value_of_one(self, rows):
        many = value_many(
            np.array([[abv.a, abv.b, abv.v] for abv, *_ in rows]),
            fair_prob=np.array([fair for _, fair, _, _ in rows]),
            weight=np.array([weight for _, _, weight, _ in rows]),
            price=np.array([price for *_, price in rows]),
        )

        for index, (abv, fair, weight, price) in enumerate(rows):
            one = value(abv, fair_prob=fair, weight=weight, price=price)
            for field in ("a", "b", "v", "model_prob", "decision_prob", "edge_prob"):
                assert getattr(many, field)[index] == pytest.approx(
                    getattr(one, field), abs=LAST_PLACE, nan_ok=True
                )
            assert many.ev[index] == pytest.approx(one.ev, abs=20 * LAST_PLACE, nan_ok=True)


class TestPointsAhead:
    @pytest.mark.parametrize(
        ("market_type", "side", "line", "fair", "ahead"),
        [
            (MarketType.SPREAD, Side.HOME, -3.0, -4.5, 1.5),
            (MarketType.SPREAD, Side.AWAY, 3.0, 4.5, -1.5),
            (MarketType.SPREAD, Side.HOME, 5.5, 14.5, -9.0),
            (MarketType.TOTAL, Side.OVER, 41.0, 44.0, 3.0),
            (MarketType.TOTAL, Side.UNDER, 41.0, 44.0, -3.0),
            (MarketType.SPREAD, Side.HOME, 0.0, 0.0, 0.0),
        ],
    )
    def test_are_positive_where_the_line_is_better_than_fair(
        self, market_type, side, line, fair, ahead
    ):
        assert points_ahead(market_type, side, line, fair) == ahead

    def test_are_nothing_on_a_moneyline(self):
        assert math.isnan(points_ahead(MarketType.MONEYLINE, Side.HOME, math.nan, -3.0))

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from([MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE]),
                st.sampled_from(list(Side)),
                lines,
                st.one_of(lines, st.just(math.nan)),
            ),
            min_size=1,
        )
    )
    def test_of_many_are_those_of_one(self, rows):
        market_type, side, line, fair = (np.array(column) for column in zip(*rows, strict=True))

        many = points_ahead_many(market_type, side, line, fair)

        ones = [points_ahead(*row) for row in rows]
        assert np.array_equal(many, np.array(ones), equal_nan=True)


class TestFairProb:
    @pytest.mark.parametrize(
        ("line", "modal", "pooled", "own", "fair"),
        [
            (-3.0, -3.0, 0.52, 0.51, 0.52),
            (-3.5, -3.0, 0.52, 0.48, 0.48),
            (-3.5, -3.0, 0.52, None, None),
            (None, None, 0.6, 0.61, 0.6),
            (0.0, None, None, 0.5, 0.5),
            (-3.0, -3.0, None, None, None),
        ],
    )
    def test_is_pooled_at_the_modal_line_and_the_books_own_elsewhere(
        self, line, modal, pooled, own, fair
    ):
        def number(value):
            return np.array([math.nan if value is None else value])

        one = fair_prob_at(line, modal_line=modal, pooled=pooled, own=own)
        many = fair_probs_at(
            number(line), modal_line=number(modal), pooled=number(pooled), own=number(own)
        )

        assert one == fair
        assert np.array_equal(many, number(fair), equal_nan=True)
