"""The stake that grows a bankroll fastest: published values, pushes, and no stake without value."""

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.odds import expected_value, kelly_share, kelly_shares, suggested_share


def growth(share: float, a: float, b: float, price: float) -> float:
    return a * np.log1p(share * (price - 1)) + b * np.log1p(-share)


class TestKellyShare:
    def test_is_what_a_peer_asserts(self, shared_data):
        told = json.loads((shared_data / "reference/devig/published_assertions.json").read_text())
        cases = [each for each in told["items"] if "kelly" in each["from"]]

        assert len(cases) == 3
        for case in cases:
            got = kelly_share(
                case["p"], 1 - case["p"], case["odds"], fraction=case.get("fraction", 1.0)
            )
            if "kelly" in case:
                assert got == case["kelly"]
            else:
                assert round(got, 2) == case["kelly_rounded_2dp"]

    @given(a=st.floats(0.05, 0.9), push=st.floats(0, 0.3), price=st.floats(1.05, 20))
    def test_no_other_stake_grows_faster(self, a, push, price):
        b = (1 - a) * (1 - push)
        a = a * (1 - push)

        best = kelly_share(a, b, price)

        assert 0 <= best < 1
        for other in np.linspace(0, 0.95, 20):
            assert growth(best, a, b, price) >= growth(other, a, b, price) - 1e-12

    @given(a=st.floats(0.05, 0.9), price=st.floats(1.05, 20))
    def test_stakes_exactly_where_there_is_value(self, a, price):
        share = kelly_share(a, 1 - a, price)

        assert (share > 0) == (expected_value(a, 1 - a, price) > 0)

    def test_leaves_out_what_a_push_returns(self):
        assert kelly_share(0.48, 0.42, 1.91) == pytest.approx(
            kelly_share(0.48 / 0.9, 0.42 / 0.9, 1.91)
        )

    def test_is_never_too_large_on_a_quarter_line(self):
        # -0.75 at even money: 40 % win, 25 % win half, 35 % lose.
        full, half, lost = 0.40, 0.25, 0.35
        shares = np.linspace(0.0, 0.9, 9001)
        real = full * np.log1p(shares) + half * np.log1p(shares / 2) + lost * np.log1p(-shares)

        assert 0 < kelly_share(full + half / 2, lost, 2.0) <= shares[real.argmax()]

    def test_of_a_fraction_is_that_part_of_it(self):
        assert kelly_share(0.6, 0.4, 2.0, fraction=0.5) == kelly_share(0.6, 0.4, 2.0) / 2


class TestKellyShares:
    def test_are_those_of_each_bet_alone(self):
        a, b = np.array([0.5, 0.3, np.nan]), np.array([0.45, 0.7, 0.5])
        price = np.array([2.2, 2.0, 2.0])

        got = kelly_shares(a, b, price)

        assert got[:2].tolist() == [kelly_share(0.5, 0.45, 2.2), 0.0]
        assert np.isnan(got[2])


class TestSuggestedShare:
    QUARTER = {"fraction": Decimal("0.25"), "most": Decimal("0.02")}

    def test_is_a_part_of_kelly_rounded_down(self):
        # 55 % at 2.00: Kelly is .10, a quarter .025; at 1.95 it is .0763 and .0190.
        assert suggested_share(0.55, 0.45, Decimal("1.95"), **self.QUARTER) == Decimal("0.019")

    def test_is_never_more_than_the_limit(self):
        assert suggested_share(0.55, 0.45, Decimal("2.00"), **self.QUARTER) == Decimal("0.020")

    def test_is_nothing_without_value_and_below_a_step(self):
        assert suggested_share(0.5, 0.5, Decimal("1.90"), **self.QUARTER) == 0
        assert suggested_share(0.501, 0.499, Decimal("2.00"), **self.QUARTER) == 0

    def test_leaves_out_what_a_push_returns(self):
        with_push = suggested_share(0.495, 0.405, Decimal("1.95"), **self.QUARTER)

        assert with_push == suggested_share(0.55, 0.45, Decimal("1.95"), **self.QUARTER)
