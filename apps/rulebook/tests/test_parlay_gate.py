"""The gate of a parlay's legs, and what a leg weighs under a profile."""

from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from apps.rulebook.evaluation import Action
from apps.rulebook.lifecycle import Validity
from apps.rulebook.parlays import LegReason, Rejection, reasons_against, sentence_of, weigh_leg
from apps.rulebook.thresholds import (
    PARLAY_PROFILES,
    LegCounts,
    ParlayConfig,
    Tier,
    parlay_config,
)

SHARES = st.floats(min_value=0, max_value=1)
WEIGHTS = parlay_config("balanced").weights


def against(**changes: object) -> tuple[LegReason, ...]:
    sound = {
        "violations": (),
        "action": Action.TAKE_THIS,
        "tier": Tier.LEAN,
        "validity": Validity.VALID,
    }
    return reasons_against(**{**sound, **changes})


class TestGate:
    def test_lets_a_sound_pick_through(self):
        assert against() == ()

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"violations": ["SNAPSHOT_STALE"]}, LegReason.INTEGRITY_VIOLATION),
            ({"action": Action.NO_PLAY}, LegReason.NO_PLAY),
            ({"tier": Tier.BLOCKED}, LegReason.TIER_BLOCKED),
            ({"validity": Validity.MOVED_BUT_OK}, LegReason.NOT_VALID),
            ({"validity": Validity.REFRESH_RECOMMENDED}, LegReason.NOT_VALID),
            ({"validity": Validity.INVALIDATED}, LegReason.NOT_VALID),
            ({"validity": None}, LegReason.NOT_VALID),
        ],
    )
    def test_names_what_speaks_against_one(self, changes, reason):
        assert against(**changes) == (reason,)

    def test_names_everything_at_once_and_the_gates_order_decides(self):
        bad = {
            "violations": ["LEAGUE_RANGE"],
            "action": Action.NO_PLAY,
            "tier": Tier.BLOCKED,
            "validity": None,
        }
        gate = (
            LegReason.INTEGRITY_VIOLATION,
            LegReason.NO_PLAY,
            LegReason.TIER_BLOCKED,
            LegReason.NOT_VALID,
        )
        for picked in product((False, True), repeat=4):
            some = {name: bad[name] for name, is_bad in zip(bad, picked, strict=True) if is_bad}

            found = against(**some)

            assert found == tuple(r for r, is_bad in zip(gate, picked, strict=True) if is_bad)
            if found:
                assert Rejection(UUID(int=1), found).reason is found[0]

    def test_a_missing_parlay_says_what_was_missing_with_every_reason_counted(self):
        rejections = [
            Rejection(UUID(int=1), (LegReason.NOT_VALID,), ("INVALIDATED",)),
            Rejection(UUID(int=2), (LegReason.NOT_VALID, LegReason.EVENT_STARTED)),
            Rejection(UUID(int=3), (LegReason.BELOW_PROFILE,)),
        ]

        said = sentence_of(asked=3, found=2, rejections=rejections)

        assert said == (
            "3 legs were asked for and 2 of 5 picks may stand together;"
            " 2: it is not playable as it was published;"
            " 1: it weighs less than the profile asks for."
        )

    def test_a_rejection_has_no_details_but_those_it_is_given(self):
        rejection = Rejection(UUID(int=1), (LegReason.NO_PLAY, LegReason.NOT_VALID))

        assert (rejection.reason, rejection.details) == (LegReason.NO_PLAY, ())

    def test_every_reason_has_words(self):
        for reason in LegReason:
            rejection = Rejection(UUID(int=1), (reason,))
            assert "1: " in sentence_of(asked=3, found=0, rejections=[rejection])


class TestWeight:
    def test_is_the_mean_of_its_parts(self):
        weighed = weigh_leg(WEIGHTS, tier=Tier.LEAN, confidence=0.6, ev=0.04, volatility=0.06)

        assert (weighed.tier, weighed.confidence) == (Decimal("0.5"), Decimal("0.6"))
        assert (weighed.ev, weighed.volatility) == (Decimal("0.4"), Decimal("0.8"))
        assert weighed.weight == Decimal("0.54")  # .4 x .5 + .2 x .6 + .25 x .4 + .15 x .8

    def test_counts_parts_against_each_other_and_not_by_their_size(self):
        parts = ("tier", "confidence", "ev", "volatility")
        twice = WEIGHTS.model_copy(update={part: 2 * getattr(WEIGHTS, part) for part in parts})
        leg = {"tier": Tier.LEAN, "confidence": 0.6, "ev": 0.04, "volatility": 0.06}

        assert weigh_leg(twice, **leg) == weigh_leg(WEIGHTS, **leg)

    def test_is_kept_to_six_places(self):
        weighed = weigh_leg(WEIGHTS, tier=Tier.EDGE, confidence=None, ev=1 / 30, volatility=None)

        assert (weighed.ev, weighed.weight) == (Decimal("0.333333"), Decimal("0.483333"))

    def test_what_is_not_known_earns_nothing_and_is_told_apart_from_nought(self):
        unknown = weigh_leg(WEIGHTS, tier=Tier.EDGE, confidence=None, ev=0.05, volatility=None)
        nought = weigh_leg(WEIGHTS, tier=Tier.EDGE, confidence=0.0, ev=0.05, volatility=0.3)

        assert unknown.weight == nought.weight == Decimal("0.525")  # .4 x 1 + .25 x .5
        assert (unknown.confidence, unknown.volatility) == (None, None)
        assert (nought.confidence, nought.volatility) == (0, 0)

    @given(
        confidence=st.none() | SHARES, ev=st.floats(0, 5), volatility=st.none() | st.floats(0, 9)
    )
    def test_is_a_share_and_edge_never_weighs_less_than_lean(self, confidence, ev, volatility):
        known = {"confidence": confidence, "ev": ev, "volatility": volatility}
        edge, lean, other = (
            weigh_leg(WEIGHTS, tier=tier, **known).weight
            for tier in (Tier.EDGE, Tier.LEAN, Tier.MARKET_ALIGNED)
        )

        assert 0 <= other <= lean <= edge <= 1

    @given(ev=st.floats(0, 0.2), more=st.floats(0, 0.2), calm=st.floats(0, 0.5))
    def test_more_value_and_a_calmer_market_never_weigh_less(self, ev, more, calm):
        def weight(**changes: float) -> Decimal:
            known = {"confidence": None, "ev": ev, "volatility": calm, **changes}
            return weigh_leg(WEIGHTS, tier=Tier.LEAN, **known).weight

        assert weight(ev=ev + more) >= weight() >= weight(volatility=calm + more)


class TestProfiles:
    def test_premium_asks_more_of_a_leg_than_balanced_than_speculative(self):
        asked = [parlay_config(profile).leg_weight_min for profile in PARLAY_PROFILES]

        assert PARLAY_PROFILES == ("premium", "balanced", "speculative")
        assert asked == sorted(asked, reverse=True)
        assert len(set(asked)) == 3

    def test_holds_the_rules_of_the_domain(self):
        for profile in PARLAY_PROFILES:
            config = parlay_config(profile)
            assert 3 <= config.legs.fewest <= config.legs.usual <= config.legs.most <= 6
            assert (config.limits.per_team, config.limits.totals) == (2, 3)

    @pytest.mark.parametrize(
        "changes",
        [
            {"legs": {"fewest": 2, "usual": 3, "most": 6}},
            {"legs": {"fewest": 3, "usual": 3, "most": 7}},
            {"legs": {"fewest": 4, "usual": 3, "most": 6}},
            {"leg_weight_min": "1.1"},
            {"league": "NFL"},
            {"filler": True},
        ],
    )
    def test_refuses_what_no_parlay_may_be(self, changes):
        document = parlay_config("premium").model_dump(mode="json")

        with pytest.raises(ValidationError):
            ParlayConfig.model_validate({**document, **changes})

    def test_refuses_a_weight_of_nothing(self):
        document = parlay_config("premium").model_dump(mode="json")
        nothing = dict.fromkeys(("tier", "confidence", "ev", "volatility"), "0")

        with pytest.raises(ValidationError, match="one of its parts counts"):
            ParlayConfig.model_validate({**document, "weights": {**document["weights"], **nothing}})

    def test_counts_of_legs_are_whole_numbers_of_legs(self):
        assert LegCounts(fewest=3, usual=4, most=6).usual == 4
