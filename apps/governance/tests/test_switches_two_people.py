"""Turning on what stands for everybody: two people, or the glass that is broken."""

import pytest

from apps.core.actor import Actor, ActorType
from apps.core.db import execute
from apps.core.ids import uuid7
from apps.governance import actions, alerts, switches
from apps.governance.approvals import ApprovalNeeded, NoPerson, SamePerson
from apps.governance.jobs import heartbeats
from apps.governance.models import AuditEntry, FeatureFlag, OpsAlert
from apps.governance.tests.factories import KICKOFF_EVE, open_alert
from apps.rulebook.alerts import AlertKind
from apps.rulebook.degrade import Effect


@pytest.mark.usefixtures("everything_on")
class TestTwoPeople:
    otto = Actor(type=ActorType.OPS, id="otto@beatvegas.test", auth_method="session")

    def off(self, scope: str, ops: Actor, cause: str = "") -> FeatureFlag:
        switches.turn_off("PUBLISH", scope, by=ops, at=KICKOFF_EVE, reason="Bad data.", cause=cause)
        return FeatureFlag.objects.get(name="PUBLISH", scope=scope)

    def ask(self, scope: str, by: Actor):
        return switches.ask_to_turn_on(
            "PUBLISH", scope, by=by, at=KICKOFF_EVE, reason="Sound again."
        )

    def approve(self, asked, by: Actor):
        return actions.approve(approval_id=asked.pk, by=by, at=KICKOFF_EVE, reason="I looked.")

    def test_are_needed_for_the_switch_of_the_whole_platform(self, ops):
        self.off("GLOBAL", ops)

        with pytest.raises(ApprovalNeeded):
            switches.turn_on("PUBLISH", "GLOBAL", by=ops, at=KICKOFF_EVE, reason="Fine.")

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled

    def test_are_needed_for_what_an_alert_turned_off(self, ops):
        self.off("league:XFL", ops, cause=f"alert:{uuid7()}")

        with pytest.raises(ApprovalNeeded):
            switches.turn_on("PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Fine.")

    def test_are_still_needed_when_somebody_turns_it_off_by_hand_as_well(self, ops):
        cause = f"alert:{uuid7()}"
        self.off("league:XFL", ops, cause=cause)

        assert self.off("league:XFL", ops).cause == cause

    def test_turn_it_on_one_by_asking_the_other_by_approving(self, ops):
        self.off("GLOBAL", ops)
        asked = self.ask("GLOBAL", ops)

        approval = self.approve(asked, self.otto)

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")
        assert (flag.enabled, flag.cause) == (True, f"approval:{asked.pk}")
        assert approval.state == "USED"
        entry = AuditEntry.across_tenants.get(action="switch.turned_on")
        assert (entry.actor_id, entry.on_behalf_of) == (self.otto.id, ops.id)
        assert entry.reason == "Sound again."

    def test_are_two(self, ops):
        self.off("GLOBAL", ops)
        asked = self.ask("GLOBAL", ops)

        with pytest.raises(SamePerson):
            self.approve(asked, ops)

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled

    def test_agree_on_the_switch_as_it_was_when_one_asked(self, ops):
        self.off("GLOBAL", ops)
        asked = self.ask("GLOBAL", ops)
        self.off("GLOBAL", ops)

        with pytest.raises(switches.SwitchChanged):
            self.approve(asked, self.otto)

        asked.refresh_from_db()
        assert asked.state == "REQUESTED"  # nothing was done, so nothing is approved either

    def test_wait_until_what_turned_it_off_is_over(self, ops):
        alert = alerts.raise_alert(
            AlertKind.AUDIT_CHAIN_BROKEN,
            scope="league:XFL",
            detail="Entry 7.",
            by=ops,
            at=KICKOFF_EVE,
        )
        alerts.pull_latches(by=ops, at=KICKOFF_EVE)
        with pytest.raises(switches.CauseNotOver):
            self.ask("league:XFL", ops)

        alerts.resolve(alert_id=alert.pk, by=ops, at=KICKOFF_EVE, reason="Restored.")
        self.approve(self.ask("league:XFL", ops), self.otto)

        assert FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL").enabled

    def test_are_not_enough_where_something_else_is_wrong(self, ops):
        """A green health check: nothing would go out anyhow, and whoever turns it should know."""
        self.off("league:XFL", ops)
        open_alert(Effect.NONE, "league:XFL")

        with pytest.raises(switches.NotSound, match="while FEED_STALE at league:XFL is NONE"):
            self.ask("league:XFL", ops)
        with pytest.raises(switches.NotSound):
            switches.turn_on("PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Fine.")

    def test_are_not_enough_where_nobody_watches(self, ops):
        self.off("GLOBAL", ops)
        heartbeats.arm()
        execute("UPDATE heartbeat SET beaten_at = beaten_at - interval '6 minutes'")

        with pytest.raises(switches.NotSound, match="UNWATCHED"):
            self.ask("GLOBAL", ops)

    def test_are_enough_where_something_milder_or_elsewhere_is_wrong(self, ops):
        self.off("league:XFL", ops)
        open_alert(Effect.EDGE_ONLY, "league:XFL")
        open_alert(Effect.NONE, "GLOBAL")

        assert switches.turn_on(
            "PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Fine."
        ).enabled

    def test_are_not_needed_for_an_own_kill_of_one_scope(self, ops):
        self.off("league:XFL", ops)

        assert switches.turn_on(
            "PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Fine."
        ).enabled

    def test_may_refuse(self, ops):
        self.off("GLOBAL", ops)
        asked = self.ask("GLOBAL", ops)

        actions.refuse(approval_id=asked.pk, by=self.otto, at=KICKOFF_EVE, reason="Not yet.")

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled


@pytest.mark.usefixtures("everything_on")
class TestBreakingTheGlass:
    otto = Actor(type=ActorType.ADMIN, id="otto@beatvegas.test", auth_method="session")

    def break_it(self, scope: str = "GLOBAL", by: Actor | None = None) -> FeatureFlag:
        return actions.break_glass(
            "PUBLISH", scope, by=by or self.otto, at=KICKOFF_EVE, reason="Nobody else is awake."
        )

    def off(self, ops: Actor, scope: str = "GLOBAL", cause: str = "") -> None:
        switches.turn_off("PUBLISH", scope, by=ops, at=KICKOFF_EVE, reason="Bad data.", cause=cause)

    def test_turns_on_alone_and_tells_everybody(self, ops):
        self.off(ops)

        flag = self.break_it()

        assert (flag.enabled, flag.cause) == (True, "glass broken")
        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.severity, alert.effect) == ("GLASS_BROKEN", "CRIT", "NOTHING")
        assert alert.detail == (
            "otto@beatvegas.test turned PUBLISH on at GLOBAL alone: Nobody else is awake."
        )
        entry = AuditEntry.across_tenants.get(action="switch.turned_on")
        assert (entry.actor_id, entry.cause, entry.on_behalf_of) == (
            self.otto.id,
            "glass broken",
            "",
        )

    def test_is_told_anew_each_time(self, ops):
        for _ in range(2):
            self.off(ops)
            self.break_it()

        assert OpsAlert.across_tenants.count() == 2

    def test_is_refused_where_one_person_is_enough(self, ops):
        self.off(ops, "league:XFL")

        with pytest.raises(actions.GlassWhole):
            self.break_it("league:XFL")
        with pytest.raises(actions.GlassWhole):
            self.break_it("GLOBAL")  # it is on

    def test_is_refused_while_the_cause_lasts(self, ops):
        alert = alerts.raise_alert(
            AlertKind.AUDIT_CHAIN_BROKEN,
            scope="league:XFL",
            detail="Entry 7.",
            by=ops,
            at=KICKOFF_EVE,
        )
        self.off(ops, "league:XFL", cause=f"alert:{alert.pk}")

        with pytest.raises(switches.CauseNotOver):
            self.break_it("league:XFL")

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL").enabled

    def test_is_for_people(self, ops):
        self.off(ops)

        with pytest.raises(NoPerson):
            self.break_it(by=Actor.job("picks.publish"))

    def test_that_does_not_turn_tells_nobody(self, ops):
        self.off(ops)

        with pytest.raises(switches.SwitchChanged):
            actions.break_glass(
                "PUBLISH", "GLOBAL", by=self.otto, at=KICKOFF_EVE, reason="Now.", version=1
            )

        assert not OpsAlert.across_tenants.exists()
