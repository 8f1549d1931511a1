import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.evaluation import (
    Limits,
    LimitsMany,
    Opposite,
    Record,
    Records,
    Violation,
    points_ahead,
    value,
    violations,
    violations_many,
    violations_of,
)
from apps.rulebook.markets import MarketType, Side, mirror_line
from apps.rulebook.scoring.axis import Abv
from apps.rulebook.thresholds import LineRange, Tier, market_config, opinion_config

AT = datetime(2025, 10, 12, 12, 0, tzinfo=UTC)
KICKOFF = datetime(2025, 10, 12, 17, 0, tzinfo=UTC)
EVENT, OTHER_EVENT, SELECTION = UUID(int=1), UUID(int=2), UUID(int=3)

LIMITS = Limits.of(
    opinion_config("NFL"),
    overround=market_config("NFL").overround,
    line_range=LineRange(market_type=MarketType.SPREAD, low=Decimal(-28), high=Decimal(28)),
    max_quote_age=timedelta(seconds=180),
    at=AT,
)


def record(
    *,
    market_type: MarketType = MarketType.SPREAD,
    side: Side = Side.HOME,
    line: str | None = "-3",
    fair_line: float = -4.5,
    model_prob: float = 0.56,
    fair_prob: float = 0.5,
    push: float = 0.09,
    weight: float = 1.0,
    price: float = 1.95,
    tier: Tier = Tier.EDGE,
) -> Record:
    """A record whose arithmetic is right, whatever it claims."""
    abv = Abv(model_prob * (1 - push), (1 - model_prob) * (1 - push), push)
    valued = value(abv, fair_prob=fair_prob, weight=weight, price=price)
    taken = None if line is None else Decimal(line)
    return Record(
        event=EVENT,
        selection=SELECTION,
        selection_event=EVENT,
        market_type=market_type,
        side=side,
        opposite=Opposite(mirror_line(market_type, taken), valued.b, valued.a),
        provider_event_id="895dfbfbbb57ff9e",
        config_version="c1",
        gradeable=True,
        snapshot=UUID(int=4),
        observed_at=AT - timedelta(minutes=20),
        last_seen_at=AT - timedelta(seconds=60),
        start_time=KICKOFF,
        line=taken,
        price=price,
        overround=1.045,
        fresh_books=9,
        run=UUID(int=5),
        sims=100_000,
        model_prob=valued.model_prob,
        fair_line=fair_line,
        a=valued.a,
        b=valued.b,
        v=valued.v,
        decision_prob=valued.decision_prob,
        fair_prob=valued.fair_prob,
        weight=weight,
        edge_prob=valued.edge_prob,
        ev=valued.ev,
        edge_points=points_ahead(
            market_type, side, math.nan if taken is None else float(taken), fair_line
        ),
        tier=tier,
    )


SOUND = record()
V = Violation


class TestViolations:
    def test_a_sound_record_has_none(self):
        assert violations(SOUND, LIMITS) == ()

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"selection": None}, V.SELECTION_ID_MISSING),
            ({"selection_event": OTHER_EVENT}, V.SELECTION_NOT_IN_EVENT),
            ({"opposite": None}, V.OPPOSITE_SELECTION_MISSING),
            ({"snapshot": None}, V.SNAPSHOT_IDENTITY_MISSING),
            ({"last_seen_at": AT - timedelta(seconds=181)}, V.SNAPSHOT_STALE),
            ({"last_seen_at": AT + timedelta(seconds=1)}, V.SNAPSHOT_STALE),
            ({"observed_at": KICKOFF}, V.SNAPSHOT_AFTER_START),
            ({"start_time": AT - timedelta(seconds=60)}, V.SNAPSHOT_AFTER_START),
            ({"weight": 0.5}, V.PROBABILITY_MISMATCH),
            ({"v": 0.0900001}, V.PROBABILITY_INCOHERENT),
            ({"fair_line": 14.5, "edge_points": -17.5, "tier": Tier.LEAN}, V.DIRECTION_MISMATCH),
            ({"opposite": replace(SOUND.opposite, line=Decimal("3.5"))}, V.DIRECTION_MISMATCH),
            ({"opposite": replace(SOUND.opposite, line=Decimal("-3"))}, V.DIRECTION_MISMATCH),
            ({"edge_prob": -SOUND.edge_prob}, V.EDGE_INCOHERENT),
            ({"ev": SOUND.ev + 0.001}, V.EDGE_INCOHERENT),
            ({"edge_points": -SOUND.edge_points}, V.EDGE_INCOHERENT),
            ({"provider_event_id": ""}, V.PROVIDER_ID_MISSING),
            ({"provider_event_id": None}, V.PROVIDER_ID_MISSING),
            ({"config_version": None}, V.CONFIG_VERSION_MISSING),
            ({"run": None}, V.SIMULATION_MISSING),
            ({"gradeable": False}, V.MARKET_NOT_GRADEABLE),
            ({"overround": 1.2001}, V.OVERROUND_OUT_OF_RANGE),
            ({"overround": 1.0}, V.OVERROUND_OUT_OF_RANGE),
            ({"overround": math.nan}, V.OVERROUND_OUT_OF_RANGE),
            ({"sims": 19_999}, V.SIMS_BELOW_MINIMUM),
            ({"fresh_books": 2}, V.BOOKS_BELOW_MINIMUM),
        ],
    )
    def test_each_has_its_own_code_and_no_other(self, change, code):
        assert violations(replace(SOUND, **change), LIMITS) == (code,)

    def test_a_line_that_no_game_of_the_league_has_is_out_of_range(self):
        swapped = record(line="44.5", fair_line=43.0)

        assert violations(swapped, LIMITS) == (V.LEAGUE_RANGE,)

    def test_a_missing_line_is_out_of_range_and_a_pickem_is_not(self):
        assert violations(record(line="0", fair_line=-1.5), LIMITS) == ()
        assert V.LEAGUE_RANGE in violations(replace(SOUND, line=None), LIMITS)

    def test_an_expected_value_without_a_price_is_nothing(self):
        found = violations(replace(SOUND, price=math.nan), LIMITS)

        assert found == (V.EDGE_INCOHERENT, V.PRICE_MISSING)

    @pytest.mark.parametrize("certain", [0.0, 1.0, 1.2, -0.1, math.nan])
    def test_a_certainty_is_no_probability(self, certain):
        assert V.PROBABILITY_INCOHERENT in violations(replace(SOUND, model_prob=certain), LIMITS)

    def test_sides_that_do_not_add_up_are_incoherent(self):
        other = replace(SOUND.opposite, a=SOUND.b + 0.01)

        assert violations(replace(SOUND, opposite=other), LIMITS) == (V.PROBABILITY_INCOHERENT,)

    def test_all_are_reported_together_in_one_order(self):
        broken = replace(
            SOUND, selection=None, snapshot=None, provider_event_id=None, run=None, sims=10
        )

        assert violations(broken, LIMITS) == (
            V.SELECTION_ID_MISSING,
            V.SNAPSHOT_IDENTITY_MISSING,
            V.PROVIDER_ID_MISSING,
            V.SIMULATION_MISSING,
            V.SIMS_BELOW_MINIMUM,
        )

    def test_the_golden_edge_that_was_none_is_blocked(self):
        """Market +5.5, fair +14.5, claimed cover .84: nine points the wrong way."""
        golden = record(line="5.5", fair_line=14.5, model_prob=0.84, price=1.91, push=0.0)

        found = violations(golden, LIMITS)

        assert golden.edge_prob > 0.3
        assert found == (V.DIRECTION_MISMATCH, V.EDGE_INCOHERENT)


class TestDirection:
    """All four quadrants: coherent games pass, incoherent ones do not."""

    @pytest.mark.parametrize(
        ("side", "line", "fair_line"),
        [
            (Side.HOME, "-3", -4.5),  # favourite, line better than fair
            (Side.HOME, "6.5", 3.0),  # underdog, line better than fair
            (Side.AWAY, "-3", -4.5),
            (Side.AWAY, "6.5", 3.0),
        ],
    )
    @pytest.mark.parametrize("covers", [True, False])
    def test_a_cover_probability_goes_with_the_line(self, side, line, fair_line, covers):
        model_prob = 0.56 if covers else 0.44
        claim = record(
            side=side, line=line, fair_line=fair_line, model_prob=model_prob, tier=Tier.LEAN
        )

        assert (V.DIRECTION_MISMATCH in violations(claim, LIMITS)) is not covers

    @pytest.mark.parametrize(("side", "fair_line"), [(Side.OVER, 47.0), (Side.UNDER, 41.0)])
    @pytest.mark.parametrize("likely", [True, False])
    def test_an_over_goes_with_a_higher_projection(self, side, fair_line, likely):
        limits = replace(LIMITS, line_range=None)
        claim = record(
            market_type=MarketType.TOTAL,
            side=side,
            line="44.5",
            fair_line=fair_line,
            model_prob=0.56 if likely else 0.44,
            tier=Tier.LEAN,
        )

        assert (V.DIRECTION_MISMATCH in violations(claim, limits)) is not likely

    @pytest.mark.parametrize(
        ("model_prob", "own_spread", "coherent"),
        [(0.65, -4.5, True), (0.35, 4.5, True), (0.65, 4.5, False), (0.35, -4.5, False)],
    )
    def test_a_winner_goes_with_the_margin(self, model_prob, own_spread, coherent):
        claim = record(
            market_type=MarketType.MONEYLINE,
            line=None,
            fair_line=own_spread,
            model_prob=model_prob,
            fair_prob=0.3,
            price=3.5,
            push=0.002,
        )

        assert (V.DIRECTION_MISMATCH not in violations(claim, LIMITS)) is coherent

    def test_a_heavily_priced_line_is_judged_against_its_own_price(self):
        # The market gives .58 to -2.5; the model's .60 makes -2.5 better than its fair -2.9.
        claim = record(line="-2.5", fair_line=-2.9, model_prob=0.60, fair_prob=0.58, price=1.7)

        assert V.DIRECTION_MISMATCH not in violations(claim, LIMITS)


# -- The same over arrays ---------------------------------------------------------------------

nan_or = [math.nan, 0.0, 1.0, 0.84, -0.3]
changes = st.fixed_dictionaries(
    {},
    optional={
        "selection": st.none(),
        "selection_event": st.just(OTHER_EVENT),
        "opposite": st.one_of(
            st.none(),
            st.builds(
                Opposite,
                st.sampled_from([None, Decimal(3), Decimal(-3), Decimal("44.5")]),
                st.sampled_from([SOUND.b, 0.3, math.nan]),
                st.sampled_from([SOUND.a, 0.3]),
            ),
        ),
        "provider_event_id": st.sampled_from([None, "", "x"]),
        "config_version": st.none(),
        "gradeable": st.booleans(),
        "snapshot": st.none(),
        "observed_at": st.sampled_from([KICKOFF, KICKOFF - timedelta(seconds=1)]),
        "last_seen_at": st.sampled_from(
            [AT, AT + timedelta(seconds=1), AT - timedelta(seconds=180), AT - timedelta(days=1)]
        ),
        "start_time": st.just(AT - timedelta(hours=1)),
        "market_type": st.sampled_from(list(MarketType)),
        "side": st.sampled_from(list(Side)),
        "line": st.sampled_from([None, Decimal(0), Decimal("-3.5"), Decimal("44.5")]),
        "price": st.sampled_from([math.nan, 1.0, 1.95, 3.0]),
        "overround": st.sampled_from([math.nan, 1.0, 1.0001, 1.2, 1.21]),
        "fresh_books": st.integers(0, 5),
        "run": st.none(),
        "sims": st.sampled_from([0, 19_999, 20_000]),
        "model_prob": st.sampled_from(nan_or),
        "fair_line": st.sampled_from([math.nan, -4.5, -2.9, 0.0, 14.5]),
        "a": st.sampled_from(nan_or),
        "b": st.sampled_from(nan_or),
        "v": st.sampled_from(nan_or),
        "decision_prob": st.sampled_from(nan_or),
        "fair_prob": st.sampled_from(nan_or),
        "weight": st.sampled_from([0.0, 0.09, 1.0]),
        "edge_prob": st.sampled_from(nan_or),
        "ev": st.sampled_from(nan_or),
        "edge_points": st.sampled_from([math.nan, 0.0, 1.5, -9.0]),
        "tier": st.sampled_from(list(Tier)),
    },
)


def floats(values) -> np.ndarray:
    return np.array([math.nan if value is None else float(value) for value in values])


NUMBERS = ["line", "price", "overround", "model_prob", "fair_line", "a", "b", "v"]
NUMBERS += ["decision_prob", "fair_prob", "weight", "edge_prob", "ev", "edge_points"]


def as_columns(records: list[Record]) -> Records:
    def column(name):
        return [getattr(one, name) for one in records]

    def there(name):
        return np.array([bool(value) for value in column(name)])

    def other(name):
        return floats(
            None if one.opposite is None else getattr(one.opposite, name) for one in records
        )

    numbers = {name: floats(column(name)) for name in NUMBERS}
    return Records(
        has_selection=there("selection"),
        in_event=np.array([one.selection_event == one.event for one in records]),
        has_opposite=np.array([one.opposite is not None for one in records]),
        has_provider_id=there("provider_event_id"),
        has_config_version=there("config_version"),
        gradeable=there("gradeable"),
        has_snapshot=there("snapshot"),
        has_run=there("run"),
        market_type=np.array(column("market_type")),
        side=np.array(column("side")),
        opposite_line=other("line"),
        opposite_a=other("a"),
        opposite_b=other("b"),
        age_s=floats((AT - one.last_seen_at).total_seconds() for one in records),
        to_start_s=floats(
            (one.start_time - max(one.observed_at, one.last_seen_at)).total_seconds()
            for one in records
        ),
        fresh_books=np.array(column("fresh_books")),
        sims=np.array(column("sims")),
        tier=np.array(column("tier")),
        **numbers,
    )


class TestViolationsOfMany:
    @given(altered=st.lists(changes, min_size=1, max_size=15))
    def test_are_those_of_each(self, altered):
        records = [replace(SOUND, **change) for change in altered]
        limits = LimitsMany(
            max_quote_age_s=np.full(len(records), 180.0),
            overround=LIMITS.overround,
            line_low=np.full(len(records), -28.0),
            line_high=np.full(len(records), 28.0),
            sims_min=LIMITS.sims_min,
            books_min=LIMITS.books_min,
        )

        masks = violations_many(as_columns(records), limits)

        assert [violations_of(int(mask)) for mask in masks] == [
            violations(one, LIMITS) for one in records
        ]
