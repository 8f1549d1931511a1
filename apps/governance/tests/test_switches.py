"""The gate asked: which switches there are, what holds it open, and what explains it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.core.db import execute, fetch_all
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.governance.switches import Halted, State, gate
from apps.governance.tests.factories import KICKOFF_EVE, SCOPES, make_flag, set_flag
from apps.rulebook.degrade import Mode
from apps.rulebook.markets import MarketType


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

        with pytest.raises(Halted, match="PUBLISH at GLOBAL is UNREADABLE"):
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
