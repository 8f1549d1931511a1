from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.actor import Actor, ActorType
from apps.core.db import execute, fetch_all
from apps.core.ids import uuid7
from apps.core.tenancy import tenant_scope
from apps.governance import actions, alerts, switches
from apps.governance.approvals import ApprovalNeeded, NoPerson, SamePerson
from apps.governance.jobs import heartbeats
from apps.governance.models import AuditEntry, FeatureFlag, Heartbeat, OpsAlert, Strength
from apps.governance.switches import Halted, State, gate
from apps.governance.tests.factories import KICKOFF_EVE, make_flag
from apps.rulebook.alerts import AlertKind
from apps.rulebook.degrade import Effect, Mode, lets_through, mode_under
from apps.rulebook.markets import MarketType

SCOPES = ["GLOBAL", "tenant:acme", "league:XFL", "market:SPREAD"]


def set_flag(name: str, scope: str, **columns: object) -> None:
    """Put a switch into a state, whoever else has made or not made its row."""
    execute("DELETE FROM feature_flag WHERE (name, scope) = (%s, %s)", [name, scope])
    make_flag(name, scope, **columns)


@pytest.fixture
def held_row(as_owner):
    """Hold the row of a switch from another connection, as a session that hangs does."""

    @contextmanager
    def held(name: str, scope: str):
        as_owner.execute(
            "SELECT 1 FROM feature_flag WHERE (name, scope) = (%s, %s) FOR UPDATE", [name, scope]
        )
        assert as_owner.fetchone(), "a row that is committed"
        yield

    return held


@pytest.fixture
def everything_on(db: None) -> None:
    for scope in SCOPES:
        for name in switches.switches_at(scope):
            set_flag(name, scope)


class TestRegistry:
    def test_names_an_owner_and_a_meaning_for_every_switch(self):
        assert {
            name
            for name, switch in switches.REGISTRY.items()
            if switch.owner and switch.description.endswith(".") and switch.name == name
        } == {
            "PUBLISH",
            "PUBLISH_APP",
            "PUBLISH_TELEGRAM",
            "PUBLISH_WEBHOOK",
            "SIMULATE",
            "GRADE",
            "INGEST",
        }

    @pytest.mark.parametrize("scope", ["", "global", "tenant:", "league", "team:NFL", "GLOBAL:x"])
    def test_refuses_a_scope_that_is_none(self, scope):
        with pytest.raises(switches.ScopeUnknown):
            switches.switches_at(scope)

    def test_asks_a_switch_only_where_it_stands(self):
        assert switches.switches_at("market:SPREAD") == [
            "PUBLISH",
            "PUBLISH_APP",
            "PUBLISH_TELEGRAM",
            "PUBLISH_WEBHOOK",
        ]
        assert "INGEST" in switches.switches_at("league:XFL")
        assert "GRADE" in switches.switches_at("tenant:acme")

    def test_derives_lock_keys_that_fit_four_bytes(self):
        keys = {
            switches.lock_key(name, f"league:{number}")
            for name in switches.REGISTRY
            for number in range(200)
        }

        assert len(keys) == 200 * len(switches.REGISTRY)
        assert all(-(2**31) <= key < 2**31 for key in keys)

    @pytest.mark.parametrize(
        ("plan_name", "pairs"),
        [
            ("PUBLISH_ENABLED_GLOBAL", {("PUBLISH", "GLOBAL")}),
            ("PUBLISH_ENABLED_TELEGRAM", {("PUBLISH_TELEGRAM", "GLOBAL")}),
            ("PUBLISH_ENABLED_APP", {("PUBLISH_APP", "GLOBAL")}),
            ("SIM_ENABLED", {("SIMULATE", "GLOBAL")}),
            ("GRADING_ENABLED", {("GRADE", "GLOBAL")}),
            ("LEAGUE_ENABLED_NFL", {("INGEST", "league:NFL"), ("PUBLISH", "league:NFL")}),
            ("MARKET_ENABLED_TOTAL", {("PUBLISH", "market:TOTAL")}),
        ],
    )
    def test_knows_what_the_plans_names_stand_for(self, plan_name, pairs):
        assert set(switches.plan_name_stands_for(plan_name)) == pairs

    @pytest.mark.parametrize("name", ["PUBLISH", "LEAGUE_ENABLED_", "ANYTHING_ENABLED"])
    def test_refuses_a_name_that_the_plan_has_not(self, name):
        with pytest.raises(switches.SwitchUnknown):
            switches.plan_name_stands_for(name)


@pytest.mark.usefixtures("everything_on")
class TestHoldOpen:
    def test_lets_through_what_is_on_everywhere(self):
        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES) is Mode.FULL

    @pytest.mark.parametrize("scope", SCOPES)
    def test_refuses_what_is_off_in_any_scope(self, scope):
        set_flag("PUBLISH", scope, enabled=False)

        with pytest.raises(Halted) as refused:
            switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        assert [(found.scope, found.state) for found in refused.value.closed] == [
            (scope, State.OFF)
        ]
        assert refused.value.code == "SWITCH_OFF"
        assert str(refused.value) == f"PUBLISH at {scope} is OFF."

    @pytest.mark.parametrize("scope", SCOPES)
    def test_refuses_what_has_no_row(self, scope):
        execute("DELETE FROM feature_flag WHERE name = 'PUBLISH' AND scope = %s", [scope])

        with pytest.raises(Halted) as refused:
            switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        assert [(found.scope, found.state) for found in refused.value.closed] == [
            (scope, State.MISSING)
        ]

    def test_refuses_what_goes_live_later_by_the_databases_clock(self):
        [(now,)] = fetch_all("SELECT clock_timestamp()")
        set_flag("PUBLISH", "league:XFL", live_from=now + timedelta(minutes=5))

        with pytest.raises(Halted) as refused:
            switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        assert refused.value.closed[0].state is State.NOT_YET

    def test_lets_through_what_went_live_a_moment_ago(self):
        [(now,)] = fetch_all("SELECT clock_timestamp()")
        set_flag("PUBLISH", "league:XFL", live_from=now)

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    def test_asks_global_whether_it_is_named_or_not(self):
        set_flag("PUBLISH", "GLOBAL", enabled=False)

        with pytest.raises(Halted):
            switches.hold_open(switches.PUBLISH, scopes=["league:XFL"])

    def test_asks_several_switches_and_names_every_one_that_is_closed(self):
        set_flag("PUBLISH_APP", "tenant:acme", enabled=False)
        set_flag("PUBLISH", "market:SPREAD", enabled=False)

        with pytest.raises(Halted) as refused:
            switches.hold_open([switches.PUBLISH, switches.PUBLISH_APP], scopes=SCOPES)

        assert {(found.name, found.scope) for found in refused.value.closed} == {
            ("PUBLISH_APP", "tenant:acme"),
            ("PUBLISH", "market:SPREAD"),
        }

    @pytest.mark.parametrize("channel", ["PUBLISH_APP", "PUBLISH_TELEGRAM", "PUBLISH_WEBHOOK"])
    def test_asks_the_switch_of_all_channels_with_a_channels_own(self, channel):
        set_flag("PUBLISH", "league:XFL", enabled=False)

        with pytest.raises(Halted, match="PUBLISH at league:XFL is OFF"):
            switches.hold_open(channel, scopes=SCOPES)

    def test_is_not_bothered_by_another_switch_or_scope(self):
        set_flag("SIMULATE", "GLOBAL", enabled=False)
        set_flag("PUBLISH", "league:OTHER", enabled=False)

        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    def test_refuses_a_name_that_nobody_registered(self):
        with pytest.raises(switches.SwitchUnknown):
            switches.hold_open("PUBLISH_FAX", scopes=SCOPES)

    def test_refuses_outside_a_transaction(self, monkeypatch):
        with monkeypatch.context() as outside:
            outside.setattr(connection, "in_atomic_block", False)
            with pytest.raises(RuntimeError, match="open one before"):
                switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    def test_refuses_when_the_table_cannot_be_read(self):
        @transaction.atomic
        def ask_without_a_table() -> None:
            execute("SET LOCAL search_path TO pg_catalog")
            switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        with pytest.raises(DatabaseError):
            ask_without_a_table()

    def test_works_for_a_tenants_own_role(self, in_acme):
        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)

    def test_takes_its_locks_before_it_reads(self):
        statements: list[str] = []

        def note(execute, statement, params, many, context):
            statements.append(statement)
            return execute(statement, params, many, context)

        with connection.execute_wrapper(note):
            switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        assert ["advisory" in text for text in statements] == [True, False]
        for table in ("feature_flag", "ops_alert", "heartbeat"):  # one statement: one snapshot
            assert [table in text for text in statements] == [False, True]

    def test_holds_one_shared_lock_for_each_switch(self):
        switches.hold_open(switches.PUBLISH, scopes=SCOPES)

        held = fetch_all(
            "SELECT objid::bigint, mode FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid = %s::bigint::oid AND pid = pg_backend_pid()",
            [gate.LOCK_CLASS],
        )
        assert {key for key, _ in held} == {
            switches.lock_key("PUBLISH", scope) & 0xFFFFFFFF for scope in SCOPES
        }
        assert {mode for _, mode in held} == {"ShareLock"}


def open_alert(effect: Effect, scope: str, *, schema: str = "public", **columns: object) -> None:
    """Have an alert with this effect, whatever kind of alert has it today."""
    OpsAlert.across_tenants.create(
        **{"kind": AlertKind.FEED_STALE, "tenant_schema": schema, "scope": scope, "effect": effect},
        **{"severity": "CRIT", "detail": "Silent.", "raised_by": "JOB:test"},
        **{"first_seen_at": KICKOFF_EVE, "last_seen_at": KICKOFF_EVE, **columns},
    )


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


@pytest.mark.usefixtures("everything_on")
class TestScopes:
    def test_of_a_set_are_held_where_they_are_open(self):
        set_flag("PUBLISH", "league:XFL", enabled=False)

        assert switches.hold_scopes(switches.PUBLISH, ["league:XFL", "market:SPREAD"]) == {
            "market:SPREAD"
        }

    def test_of_a_set_can_be_asked_without_holding_them(self):
        set_flag("INGEST", "league:XFL", enabled=False)
        set_flag("INGEST", "league:UFL")

        assert switches.open_scopes(switches.INGEST, ["league:XFL", "league:UFL"]) == {"league:UFL"}

    @pytest.mark.parametrize("ask", [switches.hold_scopes, switches.open_scopes])
    def test_are_all_closed_when_global_is(self, ask):
        set_flag("INGEST", "GLOBAL", enabled=False)

        assert ask(switches.INGEST, ["league:XFL"]) == set()

    @pytest.mark.parametrize("ask", [switches.hold_scopes, switches.open_scopes])
    def test_without_a_row_are_closed(self, ask):
        assert ask(switches.INGEST, ["league:XFL", "league:NOBODY"]) == {"league:XFL"}


@pytest.mark.usefixtures("everything_on")
class TestExplain:
    def test_shows_every_switch_and_the_one_that_decides(self):
        set_flag("PUBLISH", "tenant:acme", enabled=False)
        set_flag("PUBLISH", "market:SPREAD", enabled=False)

        explanation = switches.explain(switches.PUBLISH, SCOPES)

        assert [str(found) for found in explanation.consulted] == [
            "PUBLISH at GLOBAL is ON",
            "PUBLISH at league:XFL is ON",
            "PUBLISH at market:SPREAD is OFF",
            "PUBLISH at tenant:acme is OFF",
        ]
        assert str(explanation.decided_by) == "PUBLISH at market:SPREAD is OFF"
        assert (explanation.open, explanation.mode) == (False, Mode.NONE)

    def test_says_that_nothing_stands_in_the_way(self):
        explanation = switches.explain(switches.PUBLISH, SCOPES)

        assert (explanation.open, explanation.decided_by) == (True, None)


@pytest.mark.usefixtures("everything_on")
class TestTurning:
    def test_off_closes_audits_and_keeps_the_version_before(self, ops):
        stopped = switches.turn_off(
            "PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Bad data.", cause="alert:9"
        )

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL")
        assert (flag.enabled, flag.version, flag.reason, flag.cause) == (
            False,
            2,
            "Bad data.",
            "alert:9",
        )
        entry = AuditEntry.across_tenants.get(action="switch.turned_off")
        assert entry.diff == {"enabled": [True, False], "version": [1, 2]}
        assert (entry.strength, entry.cause, entry.object_id) == (
            Strength.SYNC,
            "alert:9",
            str(flag.pk),
        )
        newest, first = flag.history.all()
        assert (newest.enabled, newest.history_user, newest.history_change_reason) == (
            False,
            "OPS:olivia@beatvegas.test",
            "Bad data.",
        )
        assert (first.enabled, newest.history_date) == (True, KICKOFF_EVE)
        assert stopped.drained_ms is not None
        assert stopped.stopped_ms <= stopped.drained_ms
        assert str(stopped).endswith(", 0 in flight finished")

    def test_on_again_lets_through(self, ops):
        switches.turn_off("PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Bad data.")

        flag = switches.turn_on(
            "PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Good data.", version=2
        )

        assert (flag.enabled, flag.version) == (True, 3)
        assert switches.hold_open(switches.PUBLISH, scopes=SCOPES)
        assert AuditEntry.across_tenants.filter(action="switch.turned_on").count() == 1

    def test_on_from_an_instant_waits_for_it(self, ops):
        [(now,)] = fetch_all("SELECT clock_timestamp()")

        switches.turn_on(
            "PUBLISH",
            "league:XFL",
            by=ops,
            at=KICKOFF_EVE,
            reason="Tomorrow.",
            live_from=now + timedelta(days=1),
        )

        assert not switches.explain(switches.PUBLISH, SCOPES).open

    def test_on_is_refused_when_somebody_else_turned_it_meanwhile(self, ops):
        switches.turn_off("PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Bad data.")

        with pytest.raises(switches.SwitchChanged, match="look again"):
            switches.turn_on(
                "PUBLISH", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Fine.", version=1
            )

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL").enabled

    @pytest.mark.parametrize("turn", [switches.turn_off, switches.turn_on])
    def test_needs_a_reason(self, turn, ops):
        with pytest.raises(switches.ReasonMissing):
            turn("PUBLISH", "GLOBAL", by=ops, at=KICKOFF_EVE, reason="  ")

    @pytest.mark.parametrize("turn", [switches.turn_off, switches.turn_on])
    @pytest.mark.parametrize(
        ("name", "scope", "refusal"),
        [
            ("PUBLISH_FAX", "GLOBAL", switches.SwitchUnknown),
            ("PUBLISH", "planet:MARS", switches.ScopeUnknown),
            ("PUBLISH", "league:NOBODY", switches.SwitchMissing),
            ("INGEST", "tenant:acme", switches.SwitchMissing),
        ],
    )
    def test_of_what_does_not_exist_is_refused(self, turn, name, scope, refusal, ops):
        with pytest.raises(refusal):
            turn(name, scope, by=ops, at=KICKOFF_EVE, reason="Because.")

    def test_shows_in_the_plans_names(self, ops):
        before = switches.plan_names()

        switches.turn_off("INGEST", "league:XFL", by=ops, at=KICKOFF_EVE, reason="Bad data.")

        after = switches.plan_names()
        assert (before["LEAGUE_ENABLED_XFL"], after["LEAGUE_ENABLED_XFL"]) == (True, False)
        assert after["PUBLISH_ENABLED_GLOBAL"]
        assert after["MARKET_ENABLED_SPREAD"]


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


@pytest.mark.usefixtures("everything_on")
class TestAKillThatFails:
    """Nobody may believe that it worked."""

    def kill(self, ops):
        return switches.turn_off(
            "PUBLISH", "GLOBAL", by=ops, at=KICKOFF_EVE, reason="Bad data.", drain_seconds=1
        )

    def test_because_nothing_can_be_written_says_so_loudly(self, ops):
        execute("SET LOCAL transaction_read_only = on")

        with pytest.raises(switches.KillFailed) as failed:
            self.kill(ops)

        assert failed.value.code == "KILL_FAILED"
        assert str(failed.value).startswith("FAILED: PUBLISH at GLOBAL was not turned off")
        assert "read-only transaction" in str(failed.value)
        assert switches.explain("PUBLISH", ["GLOBAL"]).open

    def test_because_somebody_holds_the_row_says_so_loudly(self, ops, held_row):
        with held_row("PUBLISH", "market:TOTAL"):
            execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(switches.KillFailed, match="lock timeout"):
                switches.turn_off(
                    "PUBLISH", "market:TOTAL", by=ops, at=KICKOFF_EVE, reason="Bad data."
                )

    def test_after_its_commit_says_that_it_is_off(self, ops, monkeypatch):
        def no_answer(*_: object) -> None:
            execute("SELECT 1 FROM nowhere")

        monkeypatch.setattr(switches.turning, "drain", no_answer)

        with pytest.raises(switches.DrainUnknown, match="is off: nothing that asks now") as told:
            self.kill(ops)

        assert "NOT known" in str(told.value)


@pytest.mark.django_db
class TestCreateRows:
    def test_opens_every_switch_of_a_new_scope(self, ops):
        created = switches.create_rows("league:NEW", by=ops, at=KICKOFF_EVE)

        assert {flag.name for flag in created} == set(switches.switches_at("league:NEW"))
        assert all(flag.enabled for flag in created)
        assert AuditEntry.across_tenants.filter(
            action="switch.created", diff__scope__1="league:NEW"
        ).count() == len(created)
        assert all(flag.history.get().history_type == "+" for flag in created)

    def test_leaves_alone_what_is_there(self, ops):
        switches.create_rows("league:NEW", by=ops, at=KICKOFF_EVE)
        switches.turn_off("INGEST", "league:NEW", by=ops, at=KICKOFF_EVE, reason="Not yet.")

        assert switches.create_rows("league:NEW", by=ops, at=KICKOFF_EVE) == []
        assert not FeatureFlag.objects.get(name="INGEST", scope="league:NEW").enabled

    def test_refuses_a_lock_that_is_another_switchs(self, ops, monkeypatch):
        make_flag("PUBLISH", "league:OLD")
        taken = switches.lock_key("PUBLISH", "league:OLD")
        monkeypatch.setattr(switches.turning, "lock_key", lambda name, scope: taken)

        with pytest.raises(switches.LockShared):
            switches.create_rows("league:NEW", by=ops, at=KICKOFF_EVE)

        assert not FeatureFlag.objects.filter(scope="league:NEW").exists()

    def test_is_done_for_the_platform_at_installation(self, ops):
        switches.install(by=ops, at=datetime(2024, 1, 1, tzinfo=UTC))

        scopes = set(FeatureFlag.objects.values_list("scope", flat=True))
        assert {"GLOBAL", *(f"market:{market}" for market in MarketType)} <= scopes
