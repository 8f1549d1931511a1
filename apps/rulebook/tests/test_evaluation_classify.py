import math
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.evaluation import (
    CAPS,
    Action,
    ActionReason,
    Candidate,
    RatingState,
    RiskFlag,
    Violation,
    advise,
    choose,
    choose_many,
    classify,
    classify_many,
    flags_of,
    mask,
    model_flags,
    publishable,
    violations_of,
)
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.thresholds import RAW, Tier, model_config, opinion_config

NFL = opinion_config("NFL")
MEASURED_NFL, RAW_NFL = model_config("NFL"), model_config("NFL", RAW)
SEASONED = RatingState(measured=True, fewest_team_games=5, warmup_seasons=3, margin_variance=33.0)


def tier_of(edge_prob, ev, *, market_type=MarketType.SPREAD, points=5.0, flags=(), violations=()):
    return classify(
        NFL,
        market_type=market_type,
        edge_prob=edge_prob,
        ev=ev,
        edge_points=points,
        flags=flags,
        violations=violations,
    )


class TestTiers:
    @pytest.mark.parametrize(
        ("edge_prob", "ev", "tier"),
        [
            (0.05, 0.01, Tier.EDGE),
            (0.0499999999, 0.01, Tier.LEAN),
            (0.05, 0.0099999999, Tier.LEAN),
            (0.025, 0.0000000001, Tier.LEAN),
            (0.0249999999, 0.05, Tier.MARKET_ALIGNED),
            (0.06, 0.0, Tier.MARKET_ALIGNED),
            (0.06, -0.01, Tier.MARKET_ALIGNED),
            (-0.06, 0.02, Tier.MARKET_ALIGNED),
            (math.nan, math.nan, Tier.MARKET_ALIGNED),
        ],
    )
    def test_are_cut_exactly_at_the_thresholds(self, edge_prob, ev, tier):
        assert tier_of(edge_prob, ev).tier is tier

    @pytest.mark.parametrize("flag", [flag for flag in RiskFlag if flag in CAPS])
    def test_are_held_down_by_a_cap_and_remember_what_they_would_have_been(self, flag):
        found = tier_of(0.08, 0.05, flags=[flag])

        assert (found.tier, found.uncapped) == (CAPS[flag], Tier.EDGE)
        assert flag in found.flags

    def test_an_unmeasured_model_never_has_an_edge(self):
        assert tier_of(0.3, 0.5, flags=[RiskFlag.MODEL_UNMEASURED]).tier is Tier.LEAN

    def test_a_small_points_edge_is_a_flag_and_changes_nothing(self):
        small = tier_of(0.06, 0.02, points=4.4)
        large = tier_of(0.06, 0.02, points=4.5)

        assert (small.tier, small.flags) == (Tier.EDGE, (RiskFlag.SMALL_POINTS_EDGE,))
        assert (large.tier, large.flags) == (Tier.EDGE, ())

    def test_an_edge_whose_line_is_worse_than_fair_is_none(self):
        found = tier_of(0.06, 0.02, points=-0.5)

        assert found.tier is Tier.LEAN
        assert RiskFlag.LINE_AGAINST_FAIR in found.flags

    def test_an_edge_of_a_moneyline_needs_no_line(self):
        found = tier_of(0.06, 0.02, market_type=MarketType.MONEYLINE, points=math.nan)

        assert (found.tier, found.flags) == (Tier.EDGE, ())

    def test_a_violation_blocks_whatever_the_numbers_say(self):
        found = tier_of(0.06, 0.02, violations=[Violation.SNAPSHOT_STALE])

        assert (found.tier, found.uncapped) == (Tier.BLOCKED, Tier.EDGE)

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from([MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE]),
                st.sampled_from([-0.1, 0.0249999999, 0.025, 0.03, 0.05, 0.2, math.nan]),
                st.sampled_from([-0.1, 0.0, 0.0000000001, 0.0099, 0.01, 0.3, math.nan]),
                st.sampled_from([-9.0, 0.0, 2.9, 3.0, 3.5, 4.5, 5.0, math.nan]),
                st.sets(st.sampled_from(list(RiskFlag)), max_size=2),
                st.sets(st.sampled_from(list(Violation)), max_size=1),
            ),
            min_size=1,
            max_size=30,
        )
    )
    def test_of_many_are_those_of_each(self, rows):
        market_type, edge_prob, ev, points, flags, violations = zip(*rows, strict=True)

        many = classify_many(
            NFL,
            market_type=np.array(market_type),
            edge_prob=np.array(edge_prob),
            ev=np.array(ev),
            edge_points=np.array(points),
            flags=np.array([mask(one) for one in flags]),
            violations=np.array([mask(one) for one in violations]),
        )

        for index, row in enumerate(rows):
            one = tier_of(
                row[1], row[2], market_type=row[0], points=row[3], flags=row[4], violations=row[5]
            )
            found = flags_of(int(many.flags[index]))
            assert (many.tier[index], many.uncapped[index], found) == (
                one.tier,
                one.uncapped,
                one.flags,
            )


class TestModelFlags:
    def test_production_near_the_close_proves_nothing(self):
        weight = MEASURED_NFL.weight(MarketType.SPREAD, 1)

        assert model_flags(MEASURED_NFL, MarketType.SPREAD, weight, SEASONED) == (
            RiskFlag.WEIGHT_NOT_PROVEN,
        )

    def test_a_weight_with_games_behind_it_is_proven(self):
        weight = MEASURED_NFL.weight(MarketType.SPREAD, 100).model_copy(update={"games": 1000})

        assert model_flags(MEASURED_NFL, MarketType.SPREAD, weight, SEASONED) == ()

    def test_raw_says_that_it_is_raw(self):
        weight = RAW_NFL.weight(MarketType.SPREAD, 1)

        assert model_flags(RAW_NFL, MarketType.SPREAD, weight, SEASONED) == (RiskFlag.RAW_MODEL,)

    @pytest.mark.parametrize(
        ("state", "flag"),
        [
            (RatingState(False, 5, 3, 33.0), RiskFlag.MODEL_UNMEASURED),
            (RatingState(True, 3, 3, 33.0), RiskFlag.FEW_TEAM_GAMES),
            (RatingState(True, 5, 2, 33.0), RiskFlag.SHORT_WARMUP),
            (RatingState(True, 5, 3, 49.51), RiskFlag.RATING_UNSETTLED),
        ],
    )
    def test_say_what_is_not_known_yet(self, state, flag):
        weight = RAW_NFL.weight(MarketType.SPREAD, 1)

        assert flag in model_flags(RAW_NFL, MarketType.SPREAD, weight, state)

    def test_keep_baseballs_winner_with_the_market(self):
        config = model_config("MLB", RAW)
        weight = config.weight(MarketType.MONEYLINE, 1)

        flags = model_flags(config, MarketType.MONEYLINE, weight, SEASONED)

        assert RiskFlag.INPUT_NOT_INGESTED in flags
        assert tier_of(0.1, 0.1, flags=flags).tier is Tier.MARKET_ALIGNED

    def test_a_league_whose_variance_nobody_measured_is_unsettled(self):
        config = model_config("EPL", RAW)
        weight = config.weight(MarketType.TOTAL, 1)

        assert RiskFlag.RATING_UNSETTLED in model_flags(config, MarketType.TOTAL, weight, SEASONED)


class TestMasks:
    @given(st.sets(st.sampled_from(list(Violation))))
    def test_give_back_the_violations_in_order(self, words):
        assert violations_of(mask(words)) == tuple(one for one in Violation if one in words)

    @given(st.sets(st.sampled_from(list(RiskFlag))))
    def test_give_back_the_flags_in_order(self, words):
        assert flags_of(mask(words)) == tuple(one for one in RiskFlag if one in words)


class TestPublishable:
    @pytest.mark.parametrize(
        ("tier", "ev", "may"),
        [
            (Tier.EDGE, 0.02, True),
            (Tier.LEAN, 0.02, True),
            (Tier.LEAN, 0.0, False),
            (Tier.MARKET_ALIGNED, 0.02, False),
            (Tier.BLOCKED, 0.02, False),
        ],
    )
    def test_needs_a_published_tier_and_expected_value(self, tier, ev, may):
        assert publishable(NFL, tier, ev) is may


def candidate(book="b", *, idea="i", side=Side.HOME, price=1.9, ev=0.02, edge=0.03):
    return Candidate(idea, side, book, price, ev, edge)


class TestChoosing:
    def test_takes_the_best_value(self):
        best = candidate("z", price=1.95, ev=0.04)

        assert choose([candidate("a"), best, candidate("c")]) == {"i": best}

    def test_breaks_ties_by_price_then_by_book(self):
        by_price = candidate("z", price=1.95)
        by_book = candidate("a")

        assert choose([candidate("b"), by_price]) == {"i": by_price}
        assert choose([candidate("b"), by_book]) == {"i": by_book}

    def test_takes_the_side_with_the_larger_signed_edge(self):
        home = candidate(side=Side.HOME, ev=-0.02, edge=-0.06)
        away = candidate(side=Side.AWAY, ev=-0.04, edge=0.01)

        assert choose([home, away]) == {"i": away}

    def test_leaves_out_what_has_no_value(self):
        assert choose([candidate(ev=math.nan)]) == {}

    @given(
        rows=st.lists(
            st.builds(
                Candidate,
                st.sampled_from(["i", "j", "k"]),
                st.sampled_from(list(Side)),
                st.sampled_from(["a", "b", "c"]),
                st.sampled_from([1.9, 1.95]),
                st.sampled_from([-0.01, 0.01, 0.02, math.nan]),
                st.sampled_from([-0.02, 0.02, 0.03]),
            ),
            unique_by=lambda row: (row.idea, row.side, row.book),
            max_size=30,
        )
    )
    def test_among_many_agrees_with_choosing_one_by_one(self, rows):
        kept = choose_many(
            idea=np.array([row.idea for row in rows], dtype="U1"),
            side=np.array([row.side for row in rows], dtype="U8"),
            book=np.array([row.book for row in rows], dtype="U1"),
            price=np.array([row.price for row in rows]),
            ev=np.array([row.ev for row in rows]),
            edge_prob=np.array([row.edge_prob for row in rows]),
        )

        assert {rows[index].idea: rows[index] for index in kept} == choose(rows)


class TestAdvice:
    THIS, OTHER = UUID(int=1), UUID(int=2)

    @pytest.mark.parametrize(
        ("asked", "changes", "action", "reason"),
        [
            (THIS, {}, Action.TAKE_THIS, ActionReason.RECOMMENDED),
            (OTHER, {}, Action.TAKE_OPPOSITE, ActionReason.OTHER_SIDE_RECOMMENDED),
            (THIS, {"tier": Tier.BLOCKED}, Action.NO_PLAY, ActionReason.BLOCKED),
            (THIS, {"status": PickStatus.PROPOSED}, Action.NO_PLAY, ActionReason.NOT_PUBLISHED),
            (THIS, {"validity": Validity.INVALIDATED}, Action.NO_PLAY, ActionReason.INVALIDATED),
            (THIS, {"tier": Tier.MARKET_ALIGNED}, Action.NO_PLAY, ActionReason.NO_EDGE),
        ],
    )
    def test_is_a_function_of_the_record_alone(self, asked, changes, action, reason):
        record = {
            "tier": Tier.LEAN,
            "status": PickStatus.PUBLISHED,
            "validity": Validity.VALID,
            **changes,
        }

        advice = advise(asked=asked, recommended=self.THIS, **record)

        assert (advice.action, advice.reason) == (action, reason)
