from datetime import timedelta

import pytest

from apps.rulebook.alerts import (
    AT_THE_DOOR,
    REGISTRY,
    AlertKind,
    AlertUnknown,
    Ends,
    Severity,
    Step,
    alert_of,
)
from apps.rulebook.degrade import Effect, Mode, lets_through, mode_under

ALERTS = list(REGISTRY.values())


class TestRegistry:
    def test_knows_every_kind(self):
        assert set(REGISTRY) == set(AlertKind)

    @pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.kind)
    def test_says_of_each_whose_it_is_and_what_it_is_about(self, alert):
        assert alert.title
        assert not alert.title.endswith(".")
        assert alert.owner
        assert alert.steps

    @pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.kind)
    def test_lists_the_steps_of_each_from_mild_to_bad(self, alert):
        badness = [step.badness for step in alert.steps]

        assert badness == sorted(set(badness))

    @pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.kind)
    def test_lets_no_warning_latch_and_no_reminder_heal_at_once(self, alert):
        assert all(
            step.severity is Severity.CRIT for step in alert.steps if step.effect is Effect.LATCH
        )
        assert (alert.quiet > timedelta(0)) or alert.ends is not Ends.QUIET
        assert alert.quiet == timedelta(0) or alert.ends is not Ends.BY_HAND

    def test_never_lets_returns_alone_stop_anything(self):
        assert REGISTRY[AlertKind.ROI_ANOMALY].steps == (Step(Severity.WARN),)

    def test_stays_at_the_worst_step_that_there_is(self):
        feed = alert_of("FEED_STALE")

        assert [feed.step(number).effect for number in (0, 1, 2)] == [
            Effect.EDGE_ONLY,
            Effect.NONE,
            Effect.NONE,
        ]

    def test_refuses_a_kind_that_is_none(self):
        with pytest.raises(AlertUnknown):
            alert_of("SUN_EXPLODED")

    def test_translates_refusals_into_kinds_that_exist(self):
        assert set(AT_THE_DOOR.values()) <= set(REGISTRY)


class TestMode:
    @pytest.mark.parametrize(
        ("effects", "mode"),
        [
            ([], Mode.FULL),
            (["NOTHING"], Mode.FULL),
            (["NOTHING", "EDGE_ONLY"], Mode.EDGE_ONLY),
            (["NONE", "EDGE_ONLY"], Mode.NONE),
            (["LATCH"], Mode.NONE),
        ],
    )
    def test_is_the_strictest_that_is_asked_for(self, effects, mode):
        assert mode_under(effects) is mode

    @pytest.mark.parametrize(
        ("mode", "tiers"),
        [(Mode.FULL, {"EDGE", "LEAN"}), (Mode.EDGE_ONLY, {"EDGE"}), (Mode.NONE, set())],
    )
    def test_lets_these_tiers_through(self, mode, tiers):
        assert {tier for tier in ("EDGE", "LEAN") if lets_through(mode, tier)} == tiers
