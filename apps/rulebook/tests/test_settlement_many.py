import random
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Period, Side
from apps.rulebook.settlement import (
    FinalScore,
    NotSettled,
    Outcome,
    Problem,
    settle,
    settle_many,
)
from apps.rulebook.thresholds import settlement_rules
from apps.rulebook.thresholds.settlement import SettlementRules, TieRule

TIES = list(TieRule)
ANY_RULES = settlement_rules("NFL", MarketType.SPREAD, Period.FULL_GAME)

# Bad bets on purpose among good ones: a set must settle the good and name the bad.
bets = st.tuples(
    st.sampled_from(list(MarketType)),
    st.sampled_from(list(Side)),
    st.one_of(st.none(), st.integers(-200, 200).map(lambda eighths: Decimal(eighths) / 8)),
    st.one_of(st.none(), st.integers(-1, 60)),
    st.one_of(st.none(), st.integers(-1, 60)),
    st.sampled_from(list(TieRule)),
    st.booleans(),
)
good_bets = st.one_of(
    st.tuples(
        st.just(MarketType.SPREAD),
        st.sampled_from([Side.HOME, Side.AWAY]),
        st.integers(-60, 60).map(lambda quarters: Decimal(quarters) / 4),
    ),
    st.tuples(
        st.just(MarketType.TOTAL),
        st.sampled_from([Side.OVER, Side.UNDER]),
        st.integers(0, 240).map(lambda quarters: Decimal(quarters) / 4),
    ),
    st.tuples(st.just(MarketType.MONEYLINE), st.sampled_from([Side.HOME, Side.AWAY]), st.none()),
    st.tuples(
        st.just(MarketType.MONEYLINE_3WAY),
        st.sampled_from([Side.HOME, Side.AWAY, Side.DRAW]),
        st.none(),
    ),
).flatmap(
    lambda bet: st.tuples(
        *(st.just(part) for part in bet),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from([TieRule.PUSH, TieRule.PLAYED, TieRule.LOSS]),
        st.just(True),
    )
)


@cache
def rules_of(market_type: MarketType, tie: TieRule, nil_nil_possible: bool) -> SettlementRules:
    return ANY_RULES.model_copy(
        update={"market_type": market_type, "tie": tie, "nil_nil_possible": nil_nil_possible}
    )


def one_by_one(rows):
    for market_type, side, line, home, away, tie, nil_nil_possible in rows:
        try:
            settled = settle(
                rules_of(market_type, tie, nil_nil_possible), side, line, FinalScore(home, away)
            )
        except NotSettled as refusal:
            yield Outcome.UNGRADEABLE, 0, 1.0, refusal.problem
        else:
            yield settled.outcome, settled.won, float(settled.void_factor), ""


def as_floats(values) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])


def all_at_once(rows):
    columns = list(zip(*rows, strict=True))
    return settle_many(
        market_type=np.array(columns[0]),
        side=np.array(columns[1]),
        line=as_floats(columns[2]),
        home=as_floats(columns[3]),
        away=as_floats(columns[4]),
        tie=np.array(columns[5]),
        nil_nil_possible=np.array(columns[6]),
    )


@cache
def ten_thousand(market: MarketType) -> tuple[list[tuple], list[tuple]]:
    """Bets of one market, bad ones among them, and what settling one by one says."""
    chance = random.Random(f"many {market}")
    rows = []
    for _ in range(10_000):
        sound = chance.random() < 0.9
        home, away = (
            None if chance.random() < 0.01 else chance.randrange(-1 + sound, 12) for _ in "ha"
        )
        lined = (market in LINED_MARKETS) == (chance.random() < 0.99)
        line = Decimal(chance.randrange(-40, 80)) / (4 if sound else 8) if lined else None
        side = chance.choice(MARKET_SIDES[market] if sound else tuple(Side))
        rows.append((market, side, line, home, away, chance.choice(TIES), chance.random() < 0.5))
    return rows, list(one_by_one(rows))


class TestSettlingMany:
    @pytest.mark.parametrize("market", list(MarketType))
    def test_agrees_with_settling_one_by_one_on_ten_thousand_bets(self, market):
        rows, expected = ten_thousand(market)

        many = all_at_once(rows)

        found = list(zip(many.outcome, many.won, many.void_factor, many.problem, strict=True))
        assert [
            both for both in zip(rows, found, expected, strict=True) if both[1] != both[2]
        ] == []

    @settings(max_examples=150)
    @given(rows=st.lists(st.one_of(bets, good_bets), min_size=1, max_size=40))
    def test_agrees_with_settling_one_by_one(self, rows):
        many = all_at_once(rows)

        assert list(
            zip(many.outcome, many.won, many.void_factor, many.problem, strict=True)
        ) == list(one_by_one(rows))

    @given(rows=st.lists(good_bets, min_size=1, max_size=20), price=st.floats(1.01, 30))
    def test_pays_what_settling_one_by_one_pays(self, rows, price):
        profits = all_at_once(rows).profit(np.full(len(rows), price))

        for row, profit in zip(rows, profits, strict=True):
            market_type, side, line, home, away, tie, nil_nil_possible = row
            settled = settle(
                rules_of(market_type, tie, nil_nil_possible), side, line, FinalScore(home, away)
            )
            assert abs(profit - float(settled.profit(Decimal(price)))) < 1e-9

    def test_a_bad_row_does_not_stop_the_others(self):
        many = all_at_once(
            [
                (MarketType.SPREAD, Side.HOME, Decimal("-6.5"), 24, 21, TieRule.PLAYED, False),
                (MarketType.SPREAD, Side.HOME, None, 24, 21, TieRule.PLAYED, False),
                (MarketType.SPREAD, Side.HOME, Decimal(0), 24, 21, TieRule.PLAYED, False),
            ]
        )

        assert list(many.outcome) == [Outcome.LOSS, Outcome.UNGRADEABLE, Outcome.WIN]
        assert list(many.problem) == ["", Problem.LINE_MISSING, ""]
        assert list(many.profit(np.full(3, 1.9))) == [-1.0, 0.0, 1.9 - 1.0]
