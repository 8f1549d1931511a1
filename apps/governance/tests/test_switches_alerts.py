"""What holds publishing back besides switches: open alerts, and nobody looking for them."""

from datetime import timedelta
from itertools import product

import pytest

from apps.core.db import execute
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.jobs import heartbeats
from apps.governance.models import Heartbeat
from apps.governance.switches import Halted
from apps.governance.tests.factories import KICKOFF_EVE, SCOPES, open_alert, set_flag
from apps.rulebook.degrade import Effect, Mode, lets_through, mode_under


@pytest.mark.usefixtures("everything_on")
class TestAlerts:
    """What an open alert takes away is asked for together with the switches."""

    @pytest.mark.parametrize("scope", SCOPES)
    def test_that_leave_the_best_let_only_those_out(self, scope):
        open_alert(Effect.EDGE_ONLY, scope)

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES, tier="EDGE") is Mode.EDGE_ONLY
        for tier in ("LEAN", ""):
            with pytest.raises(Halted) as refused:
                switches.hold_open(switches.PUBLISH, scopes=SCOPES, tier=tier)
            assert str(refused.value) == f"FEED_STALE at {scope} is EDGE ONLY."

    @pytest.mark.parametrize("scope", SCOPES)
    @pytest.mark.parametrize("effect", [Effect.NONE, Effect.LATCH])
    def test_that_leave_nothing_let_nothing_out(self, effect, scope):
        open_alert(effect, scope)

        with pytest.raises(Halted, match=f"FEED_STALE at {scope} is NONE"):
            switches.hold_open(switches.PUBLISH, scopes=SCOPES, tier="EDGE")

    @pytest.mark.parametrize("tier", ["EDGE", "LEAN", ""])
    @pytest.mark.parametrize("effects", list(product(Effect, repeat=2)))
    def test_add_up_as_the_rulebook_says(self, effects, tier):
        for number, effect in enumerate(effects):
            open_alert(effect, "league:XFL", key=str(number))

        found = switches.explain(switches.PUBLISH, SCOPES)

        assert found.mode is mode_under(effects)
        assert found.lets(tier) is lets_through(mode_under(effects), tier)

    def test_are_read_also_with_a_channels_own_switch(self):
        open_alert(Effect.NONE, "league:XFL")

        with pytest.raises(Halted):
            switches.hold_open(switches.PUBLISH_TELEGRAM, scopes=SCOPES, tier="EDGE")

    @pytest.mark.parametrize("name", ["INGEST", "SIMULATE", "GRADE"])
    def test_stop_nothing_but_publishing(self, name):
        open_alert(Effect.NONE, "GLOBAL")

        assert switches.hold_open(name, scopes=SCOPES)

    @pytest.mark.parametrize(
        "columns",
        [
            {"state": "ACKNOWLEDGED", "acknowledged_at": KICKOFF_EVE},
            {"snoozed_until": KICKOFF_EVE + timedelta(days=9_000)},
        ],
    )
    def test_are_no_milder_for_being_seen_or_snoozed(self, columns):
        open_alert(Effect.NONE, "league:XFL", **columns)

        assert not switches.explain(switches.PUBLISH, SCOPES).open

    def test_that_are_over_take_nothing(self):
        open_alert(Effect.NONE, "league:XFL", state="RESOLVED", resolved_at=KICKOFF_EVE)

        assert switches.explain(switches.PUBLISH, SCOPES).mode is Mode.FULL

    def test_of_another_scope_or_tenant_take_nothing(self):
        open_alert(Effect.NONE, "league:OTHER")
        open_alert(Effect.NONE, "tenant:rival", schema="rival")
        open_alert(Effect.NONE, "league:XFL", schema="rival")  # what rival found is rival's

        assert switches.explain(switches.PUBLISH, SCOPES).mode is Mode.FULL

    @pytest.mark.parametrize("schema", ["public", "acme"])
    def test_are_the_same_for_a_tenants_own_role(self, schema, acme):
        open_alert(Effect.EDGE_ONLY, "league:XFL", schema=schema)

        with tenant_scope(acme):
            assert switches.explain(switches.PUBLISH, SCOPES).mode is Mode.EDGE_ONLY

    def test_stand_in_the_explanation_beside_the_switches(self):
        open_alert(Effect.EDGE_ONLY, "league:XFL")
        set_flag("PUBLISH", "tenant:acme", enabled=False)

        found = switches.explain(switches.PUBLISH, SCOPES)

        assert [str(one) for one in found.consulted][-2:] == [
            "PUBLISH at tenant:acme is OFF",
            "FEED_STALE at league:XFL is EDGE ONLY",
        ]
        assert str(found.decided_by) == "PUBLISH at tenant:acme is OFF"

    def test_are_looked_up_for_each_of_many_subjects(self):
        open_alert(Effect.EDGE_ONLY, "league:XFL")
        set_flag("PUBLISH", "league:UFL")

        held = switches.hold(switches.PUBLISH, [*SCOPES, "league:UFL"])

        assert held.at(["tenant:acme", "league:XFL"]).mode is Mode.EDGE_ONLY
        assert held.at(["tenant:acme", "league:UFL"]).mode is Mode.FULL
        assert held.at(["tenant:acme", "league:NFL"]).mode is Mode.NONE  # nobody asked that

    def test_with_an_effect_that_nobody_knows_take_everything(self):
        open_alert(Effect.NONE, "league:XFL")
        execute("UPDATE ops_alert SET effect = 'HALF'")

        assert switches.explain(switches.PUBLISH, SCOPES).mode is Mode.NONE


@pytest.mark.usefixtures("everything_on")
class TestTheWatch:
    """Who looks for alerts has to have looked lately: the dead-man switch."""

    @pytest.fixture(autouse=True)
    def armed(self, everything_on):
        heartbeats.arm()

    def silent_for(self, minutes: float) -> None:
        execute(
            "UPDATE heartbeat SET beaten_at = clock_timestamp() - make_interval(secs => %s)",
            [minutes * 60],
        )

    def test_that_looked_lately_lets_out(self):
        self.silent_for(4.9)

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    @pytest.mark.parametrize("tier", ["EDGE", "LEAN"])
    def test_that_has_not_looked_for_too_long_lets_nothing_out(self, tier):
        self.silent_for(5.1)

        with pytest.raises(Halted, match=r"governance\.watch_jobs at GLOBAL is UNWATCHED"):
            switches.hold_open(switches.PUBLISH, scopes=SCOPES, tier=tier)

    def test_lets_out_again_by_itself_when_it_looks_again(self):
        self.silent_for(6)

        heartbeats.beat()

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    def test_is_asked_by_a_tenants_own_role(self, acme):
        self.silent_for(6)

        with tenant_scope(acme):
            assert not switches.explain(switches.PUBLISH, SCOPES).open

    def test_stops_nothing_but_publishing(self):
        self.silent_for(60)

        assert switches.hold_open(switches.INGEST, scopes=SCOPES)

    def test_is_not_missed_where_no_clock_was_installed(self):
        execute("DELETE FROM heartbeat")

        heartbeats.beat()  # a job called by hand arms nothing

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)
        assert not Heartbeat.objects.exists()
