"""The validity rule as SQL says what the rulebook says, on any market whatever."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.db import fetch_all
from apps.picks.sweeping import REASON, VALIDITY
from apps.rulebook.markets import QuoteStatus, Side
from apps.rulebook.validity import Now, judge

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
ASK = (
    f"SELECT {VALIDITY}, {REASON} FROM unnest({_LISTS})"
    f" WITH ORDINALITY AS now ({', '.join(COLUMNS)}, place) ORDER BY place"
)

# Few values, so that ties and limits are met all the time.
lines = st.sampled_from([None, -3.5, -3.0, 0.0, 3.0, 44.5, 45.0])
prices = st.sampled_from([1.5, 1.869565, 1.87, 1.909091, 2.0])
seconds = st.sampled_from([0.0, 179.999, 180.0, 180.001, 4_000.0])
worth = st.sampled_from([None, -0.02, 0.0, 1e-12, 0.0099, 0.01, 0.05])
cases = st.fixed_dictionaries(
    {
        "side": st.sampled_from([side.value for side in Side]),
        "status": st.sampled_from([status.value for status in QuoteStatus]),
        "out_s": seconds,
        "age_s": seconds,
        "line": lines,
        "price": prices,
        "ev": worth,
        "inputs_changed": st.booleans(),
        "is_another_game": st.sampled_from([False, False, False, True]),
        "taken_line": lines,
        "playable_price": prices,
        "playable_line": lines,
        "max_quote_age_s": st.sampled_from([180, 3_600]),
        "ev_min": st.sampled_from([0.0, 0.01]),
    }
)


def by_sql(many: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return fetch_all(ASK, {name: [case[name] for case in many] for name in COLUMNS})


def by_rule(case: dict[str, Any]) -> tuple[str, str]:
    limits = {"max_quote_age_s": case["max_quote_age_s"], "ev_min": case["ev_min"]}
    now = Now(
        **{name: value for name, value in case.items() if name not in limits}
        | {
            "side": Side(case["side"]),
            "status": QuoteStatus(case["status"]),
            "ev": math.nan if case["ev"] is None else case["ev"],
        }
    )
    judged = judge(now, **limits)
    return judged.validity.value, judged.reason.value


@pytest.mark.usefixtures("acme")
class TestValidityInSql:
    @given(many=st.lists(cases, min_size=1, max_size=60))
    @settings(
        max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_is_the_rule(self, many):
        assert by_sql(many) == [by_rule(case) for case in many]

    def test_meets_every_outcome_of_the_rule(self):
        rng = np.random.default_rng(11)
        many = [
            {
                "side": str(rng.choice(["HOME", "OVER"])),
                "status": str(rng.choice(["OPEN", "SUSPENDED", "ABSENT"])),
                "out_s": float(rng.choice([0.0, 200.0])),
                "age_s": float(rng.choice([0.0, 200.0])),
                "line": float(rng.choice([-3.0, -3.5])),
                "price": float(rng.choice([1.8, 1.9])),
                "ev": [None, -0.01, 0.005, 0.05][int(rng.integers(4))],
                "inputs_changed": bool(rng.integers(2)),
                "is_another_game": not rng.integers(8),
                "taken_line": -3.0,
                "playable_price": 1.85,
                "playable_line": -3.25,
                "max_quote_age_s": 180,
                "ev_min": 0.01,
            }
            for _ in range(4_000)
        ]

        said = by_sql(many)

        assert said == [by_rule(case) for case in many]
        assert len(set(said)) == 10
