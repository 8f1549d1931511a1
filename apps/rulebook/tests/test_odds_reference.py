"""Our margin removal against what peers computed on the same 130 markets."""

import json
from decimal import Decimal

import numpy as np
import pytest

from apps.rulebook.odds import (
    MarginMethod,
    MarginNotRemovable,
    american_from_price,
    expected_value,
    fair_probabilities,
    insider_shares,
    price_from_american,
    remove_margin,
)

# R stops its root search earlier than we do: these are its own errors, not ours.
R_PACKAGE = {
    "basic": (MarginMethod.MULTIPLICATIVE, 1e-9),
    "additive": (MarginMethod.ADDITIVE, 1e-9),
    "wpo": (MarginMethod.ADDITIVE, 1e-9),
    "power": (MarginMethod.POWER, 2e-5),
    "or": (MarginMethod.ODDS_RATIO, 5e-6),
    "shin": (MarginMethod.SHIN, 2e-4),
}
PENALTYBLOG = {
    "multiplicative": MarginMethod.MULTIPLICATIVE,
    "additive": MarginMethod.ADDITIVE,
    "differential_margin_weighting": MarginMethod.ADDITIVE,
    "power": MarginMethod.POWER,
    "shin": MarginMethod.SHIN,
    "odds_ratio": MarginMethod.ODDS_RATIO,
    "logarithmic": MarginMethod.ODDS_RATIO,
}


@pytest.fixture(scope="module")
def markets(shared_data):
    file = shared_data / "reference" / "devig" / "devig_reference.json"
    return json.loads(file.read_text())["cases"]


@pytest.fixture(scope="module")
def assertions(shared_data):
    file = shared_data / "reference" / "devig" / "published_assertions.json"
    return json.loads(file.read_text())["items"]


def ours(market, method):
    return remove_margin(np.array([market["decimal_odds"]]), method)[0]


class TestMarginRemoval:
    @pytest.mark.parametrize("name", PENALTYBLOG)
    def test_equals_penaltyblog(self, name, markets):
        compared = 0
        for market in markets:
            theirs = market["python_penaltyblog"][name]["p"]
            if min(theirs) > 0:
                compared += 1
                assert ours(market, PENALTYBLOG[name]) == pytest.approx(theirs, abs=1e-6)

        assert compared >= 129

    def test_equals_the_shin_package(self, markets):
        for market in markets:
            theirs = market["python_shin"]

            assert ours(market, MarginMethod.SHIN) == pytest.approx(theirs["p"], abs=1e-6)
            z = insider_shares(np.array([market["decimal_odds"]]))[0]
            assert z == pytest.approx(theirs["z"], abs=1e-6)

    @pytest.mark.parametrize("name", R_PACKAGE)
    def test_equals_the_r_package(self, name, markets):
        method, tolerance = R_PACKAGE[name]
        solved = [m for m in markets if m["R_implied_0.6"][name]["status"] == "ok"]

        for market in solved:
            theirs = market["R_implied_0.6"][name]["p"]
            assert ours(market, method) == pytest.approx(theirs, abs=tolerance)

        assert len(solved) == (68 if name == "shin" else 130 - (name in {"wpo", "additive"}))

    def test_is_refused_exactly_where_the_r_package_calls_it_problematic(self, markets):
        problematic = [
            m["case"] for m in markets if m["R_implied_0.6"]["additive"]["status"] == "problematic"
        ]

        refused = [m["case"] for m in markets if np.isnan(ours(m, MarginMethod.ADDITIVE)).all()]

        assert refused == problematic == ["implied_test_clarke6"]

    def test_of_the_whole_file_at_once_equals_each_market_alone(self, markets):
        three_way = [m for m in markets if len(m["decimal_odds"]) == 3]
        board = np.array([m["decimal_odds"] for m in three_way])

        for method in MarginMethod:
            alone = np.array([ours(m, method) for m in three_way])
            assert remove_margin(board, method) == pytest.approx(alone, abs=1e-12)


class TestPublishedAssertions:
    def test_of_shin_hold(self, assertions):
        shin = [a for a in assertions if a.get("method", "").startswith("shin")]

        for published in shin:
            prices = [Decimal(str(price)) for price in published["odds"]]
            fair = fair_probabilities(prices, MarginMethod.SHIN)
            assert fair == pytest.approx(published["p"], abs=1e-9)
            z = insider_shares(np.array([published["odds"]]))[0]
            assert z == pytest.approx(published["z"], abs=1e-9)

        assert len(shin) == 2

    def test_of_what_must_be_refused_hold(self, assertions):
        refused = [a for a in assertions if "expect" in a]

        for published in refused:
            method = MarginMethod(published.get("method", "shin").upper())
            with pytest.raises(MarginNotRemovable):
                fair_probabilities([Decimal(str(price)) for price in published["odds"]], method)

        assert len(refused) == 4

    def test_of_american_odds_hold(self, assertions):
        quoted = [a for a in assertions if "american" in a]

        for published in quoted:
            prices = [float(price_from_american(american)) for american in published["american"]]
            assert prices == pytest.approx(published["decimal"], abs=5e-7)

        assert len(quoted) == 2

    def test_of_fractional_odds_hold_through_their_american_form(self, assertions):
        (published,) = [a for a in assertions if "fractional" in a]

        for fraction, price in zip(published["fractional"], published["decimal"], strict=True):
            pays, stake = map(Decimal, fraction.split("/"))
            assert price_from_american(100 * pays / stake) == Decimal(str(price))
            assert american_from_price(Decimal(str(price))) == 100 * pays / stake

    def test_of_kelly_stakes_hold_for_our_expected_value(self, assertions):
        """Kelly's share is the expected value over the profit of a win, never below zero."""
        stakes = [a for a in assertions if "kelly" in a or "kelly_rounded_2dp" in a]

        for published in stakes:
            p, price = published["p"], published["odds"]
            share = max(0.0, expected_value(p, 1 - p, price) / (price - 1))
            expected = published.get("kelly_rounded_2dp", published.get("kelly"))
            assert round(share * published.get("fraction", 1), 2) == expected

        assert len(stakes) == 3
