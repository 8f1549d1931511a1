import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.lifecycle import Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.rulebook.odds import expected_value
from apps.rulebook.scoring.distribution import ScoreDistribution
from apps.rulebook.scoring.tilt import tilted
from apps.rulebook.validity import (
    PRICE_STEP,
    Now,
    ValidityReason,
    judge,
    worst_line,
    worst_price,
)

MAX_AGE_S, EV_MIN = 180.0, 0.01

HOLDS = Now(
    side=Side.HOME,
    status=QuoteStatus.OPEN,
    out_s=0.0,
    age_s=60.0,
    line=-3.0,
    price=1.95,
    ev=0.03,
    inputs_changed=False,
    taken_line=-3.0,
    playable_price=1.87,
    playable_line=-3.5,
)


def verdict(**changes):
    found = judge(replace(HOLDS, **changes), max_quote_age_s=MAX_AGE_S, ev_min=EV_MIN)
    return found.validity, found.reason


class TestValidity:
    def test_a_pick_as_good_as_its_tier_asks_is_valid(self):
        assert verdict() == (Validity.VALID, ValidityReason.AS_GOOD)
        assert verdict(ev=0.01) == (Validity.VALID, ValidityReason.AS_GOOD)

    def test_a_pick_with_less_value_has_moved_but_is_ok(self):
        assert verdict(ev=0.0099) == (Validity.MOVED_BUT_OK, ValidityReason.LESS_VALUE)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"status": QuoteStatus.SUSPENDED, "out_s": 181}, ValidityReason.MARKET_SUSPENDED),
            ({"status": QuoteStatus.ABSENT, "out_s": 181}, ValidityReason.MARKET_ABSENT),
            ({"ev": 0.0}, ValidityReason.NO_VALUE),
            ({"ev": -0.02}, ValidityReason.NO_VALUE),
            ({"price": 1.86}, ValidityReason.BEYOND_PLAYABLE),
            ({"line": -4.0, "price": 2.1}, ValidityReason.BEYOND_PLAYABLE),
            ({"side": Side.OVER, "line": -2.5}, ValidityReason.BEYOND_PLAYABLE),
        ],
    )
    def test_is_over_when_the_market_is_gone_or_worse_than_playable(self, changes, reason):
        assert verdict(**changes) == (Validity.INVALIDATED, reason)

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": QuoteStatus.SUSPENDED, "out_s": 180},  # not longer than the limit
            {"line": -3.5, "price": 1.8},  # another line: its own price does not count
            {"line": -2.5},  # a better line
            {"age_s": 180},  # not older than the limit
            {"price": 1.87},  # the worst price that is playable
            {"side": Side.OVER, "taken_line": 44.0, "line": 44.5, "playable_line": 44.5},
            {"line": -9.5, "playable_line": None},  # nobody said down to which line
            {"line": None, "taken_line": None, "playable_line": None},
        ],
    )
    def test_survives_what_is_within_its_limits(self, changes):
        assert verdict(**changes) == (Validity.VALID, ValidityReason.AS_GOOD)

    @pytest.mark.parametrize("unknown", ["line", "taken_line"])
    def test_the_price_decides_where_two_lines_cannot_be_compared(self, unknown):
        assert verdict(**{unknown: None}) == (Validity.VALID, ValidityReason.AS_GOOD)
        assert verdict(**{unknown: None}, price=1.86) == (
            Validity.INVALIDATED,
            ValidityReason.BEYOND_PLAYABLE,
        )

    def test_a_moneyline_counts_too(self):
        moneyline = {"line": None, "taken_line": None, "playable_line": None}

        assert verdict(**moneyline, price=1.8) == (
            Validity.INVALIDATED,
            ValidityReason.BEYOND_PLAYABLE,
        )

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"inputs_changed": True}, ValidityReason.INPUTS_CHANGED),
            ({"age_s": 181}, ValidityReason.QUOTE_STALE),
            ({"ev": math.nan}, ValidityReason.VALUE_UNKNOWN),
        ],
    )
    def test_asks_for_a_refresh_when_its_inputs_are_old(self, changes, reason):
        assert verdict(**changes) == (Validity.REFRESH_RECOMMENDED, reason)

    def test_the_first_match_wins(self):
        everything = {
            "status": QuoteStatus.ABSENT,
            "out_s": 900,
            "ev": -1,
            "price": 1.01,
            "inputs_changed": True,
            "age_s": 900,
        }

        another = everything | {"is_another_game": True}
        assert verdict(**another) == (Validity.INVALIDATED, ValidityReason.MAPPING_DRIFT)
        assert verdict(**everything)[1] is ValidityReason.MARKET_ABSENT
        assert verdict(**everything | {"out_s": 0})[1] is ValidityReason.NO_VALUE
        assert verdict(**everything | {"out_s": 0, "ev": 1})[1] is ValidityReason.BEYOND_PLAYABLE
        assert verdict(inputs_changed=True, age_s=900)[1] is ValidityReason.INPUTS_CHANGED


class TestWorstPrice:
    @given(a=st.floats(0.05, 0.95), push=st.floats(0.0, 0.2))
    def test_is_the_first_step_with_value(self, a, push):
        won, lost = (Decimal(f"{part * (1 - push):.10f}") for part in (a, 1 - a))

        price = worst_price(float(won), float(lost))

        assert expected_value(won, lost, price) > 0
        assert expected_value(won, lost, price - PRICE_STEP) <= 0

    def test_of_an_even_bet_is_just_above_even_money(self):
        assert worst_price(0.5, 0.5) == Decimal("2.000001")


def two_point_game() -> ScoreDistribution:
    """A home margin of -3 to 10, all equally likely, at a total of 40 and some."""
    weights = np.zeros((30, 30))
    for margin in range(-3, 11):
        weights[13 + margin, 13] = 1.0
    return ScoreDistribution(weights, low_home=10, low_away=10)


class TestWorstLine:
    @pytest.mark.parametrize(
        ("side", "line"), [(Side.HOME, "-3"), (Side.HOME, "-2.5"), (Side.AWAY, "4")]
    )
    def test_is_the_last_line_with_value_at_the_taken_price(self, side, line):
        game, price, judged_prob = two_point_game().margin, Decimal("2.0"), 0.6
        taken = Decimal(line)

        worst = worst_line(
            game,
            market_type=MarketType.SPREAD,
            side=side,
            line=taken,
            price=price,
            decision_prob=judged_prob,
        )

        judged = tilted(game, MarketType.SPREAD, side, taken, judged_prob)
        assert worst < taken
        assert judged.price(MarketType.SPREAD, side, worst).ev(2.0) > 0
        assert judged.price(MarketType.SPREAD, side, worst - Decimal("0.5")).ev(2.0) <= 0

    def test_of_an_over_is_a_higher_one_and_of_an_under_a_lower(self):
        game = two_point_game().total
        at = {"line": Decimal("49.5"), "price": Decimal("2.2"), "decision_prob": 0.6}

        over = worst_line(game, market_type=MarketType.TOTAL, side=Side.OVER, **at)
        under = worst_line(game, market_type=MarketType.TOTAL, side=Side.UNDER, **at)

        assert under < Decimal("49.5") < over

    @pytest.mark.parametrize(
        ("line", "worst"),
        [
            ("-2.25", "-3.5"),  # by halves it would end at -3.25
            ("-2.75", "-4"),
            ("-2.5", "-3.5"),  # by quarters it would go on to -3.75
            ("-3", "-4"),
        ],
    )
    def test_goes_by_quarters_from_a_quarter_line_and_by_halves_from_any_other(self, line, worst):
        found = worst_line(
            two_point_game().margin,
            market_type=MarketType.SPREAD,
            side=Side.HOME,
            line=Decimal(line),
            price=Decimal("2.0"),
            decision_prob=0.6,
        )

        assert found == Decimal(worst)

    def test_of_a_pick_without_value_is_its_own_line(self):
        worst = worst_line(
            two_point_game().margin,
            market_type=MarketType.SPREAD,
            side=Side.HOME,
            line=Decimal("-3"),
            price=Decimal("1.5"),
            decision_prob=0.5,
        )

        assert worst == Decimal("-3")

    def test_is_looked_for_no_farther_than_forty_points(self):
        weights = np.zeros((100, 2))
        weights[5, 0], weights[95, 0] = 0.4, 0.6  # from 5.5 to 94.5 points every line is alike

        worst = worst_line(
            ScoreDistribution(weights, low_home=0, low_away=0).total,
            market_type=MarketType.TOTAL,
            side=Side.OVER,
            line=Decimal("10.5"),
            price=Decimal("2.0"),
            decision_prob=0.6,
        )

        assert worst == Decimal("50.5")
