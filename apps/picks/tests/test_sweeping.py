"""The validity rule in SQL says what the rulebook says, on ten thousand picks of every market."""

import math
import random
from decimal import Decimal
from typing import Any

import pytest

from apps.core.db import fetch_all
from apps.picks.sweeping import NO_WORSE_LINE, REASON, VALIDITY
from apps.rulebook.clv import points
from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, QuoteStatus
from apps.rulebook.validity import Now, ValidityReason, judge

CASES = 10_000

COLUMNS = {
    "side": "text",
    "status": "text",
    "out_s": "float8",
    "age_s": "float8",
    "line": "numeric",
    "price": "numeric",
    "ev": "float8",
    "inputs_changed": "bool",
    "is_another_game": "bool",
    "taken_line": "numeric",
    "playable_price": "numeric",
    "playable_line": "numeric",
    "max_quote_age_s": "int4",
    "ev_min": "float8",
}
_LISTS = ", ".join(f"%({name})s::{kind}[]" for name, kind in COLUMNS.items())


def random_picks(market: MarketType) -> list[dict[str, Any]]:
    """Few values, so that ties and limits are met all the time."""
    chance = random.Random(f"sweeping {market}")
    lines = [None, -3.5, -3.0, 0.0, 44.5] if market in LINED_MARKETS else [None]
    seconds = [0.0, 179.999, 180.0, 180.001, 4_000.0]
    return [
        {
            "side": chance.choice(MARKET_SIDES[market]),
            "status": chance.choice([QuoteStatus.OPEN] * 3 + list(QuoteStatus)),
            "out_s": chance.choice(seconds),
            "age_s": chance.choice(seconds),
            "line": chance.choice(lines),
            "price": chance.choice([1.5, 1.869565, 1.87, 1.909091, 2.0]),
            "ev": chance.choice([None, -0.02, 0.0, 1e-12, 0.0099, 0.01, 0.05]),
            "inputs_changed": chance.random() < 0.3,
            "is_another_game": chance.random() < 0.1,
            "taken_line": chance.choice(lines),
            "playable_price": chance.choice([1.5, 1.869565, 1.87]),
            "playable_line": chance.choice(lines),
            "max_quote_age_s": chance.choice([180, 3_600]),
            "ev_min": chance.choice([0.0, 0.01]),
        }
        for _ in range(CASES)
    ]


def by_sql(many: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return fetch_all(
        f"SELECT {VALIDITY}, {REASON} FROM unnest({_LISTS})"
        f" WITH ORDINALITY AS now ({', '.join(COLUMNS)}, place) ORDER BY place",
        {name: [case[name] for case in many] for name in COLUMNS},
    )


def by_rule(case: dict[str, Any]) -> tuple[str, str]:
    limits = {"max_quote_age_s": case["max_quote_age_s"], "ev_min": case["ev_min"]}
    now = Now(
        **{name: value for name, value in case.items() if name not in limits}
        | {"ev": math.nan if case["ev"] is None else case["ev"]}
    )
    judged = judge(now, **limits)
    return judged.validity.value, judged.reason.value


@pytest.mark.usefixtures("acme")
class TestValidityInSql:
    @pytest.mark.parametrize("market", list(MarketType))
    def test_is_the_rule(self, market):
        many = random_picks(market)

        ours, theirs = by_sql(many), [by_rule(case) for case in many]

        wrong = [found for found in zip(many, ours, theirs, strict=True) if found[1] != found[2]]
        assert wrong == []
        assert {reason for _, reason in ours} == set(ValidityReason)


@pytest.mark.usefixtures("acme")
class TestTheBestLineInSql:
    @pytest.mark.parametrize("market", list(MarketType))
    def test_is_one_that_points_say_is_no_worse(self, market):
        chance = random.Random(f"best line {market}")
        lined = market in LINED_MARKETS
        cases = [
            (
                chance.choice(MARKET_SIDES[market]),
                Decimal(chance.randrange(-12, 13)) / 4 if lined else None,
                Decimal(chance.randrange(-12, 13)) / 4 if lined else None,
            )
            for _ in range(CASES)
        ]

        said = fetch_all(
            f"SELECT {NO_WORSE_LINE} FROM unnest(%(sides)s::text[], %(taken)s::numeric[],"
            " %(shown)s::numeric[]) WITH ORDINALITY AS asked (side, taken, shown, place),"
            " LATERAL (SELECT asked.side, asked.taken AS line) AS tracked,"
            " LATERAL (SELECT asked.shown AS line) AS quote ORDER BY place",
            dict(
                zip(("sides", "taken", "shown"), map(list, zip(*cases, strict=True)), strict=True)
            ),
        )

        better = [points(market, side, shown, taken) for side, taken, shown in cases]
        assert [no_worse for (no_worse,) in said] == [one is None or one >= 0 for one in better]
