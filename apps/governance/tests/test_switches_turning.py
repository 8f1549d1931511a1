"""Switches turned off and on: the barrier, the audit, and a kill that fails."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.db import execute, fetch_all
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag, Strength
from apps.governance.tests.factories import KICKOFF_EVE, SCOPES


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


class TestAKill:
    """One statement between what was read and what is off: each more would wait its turn."""

    def kill(self, ops):
        return switches.turn_off(
            "PUBLISH", "GLOBAL", by=ops, at=KICKOFF_EVE, reason="Bad data.", drain_seconds=1
        )

    def test_has_committed_with_its_second_statement(self, fresh_database, ops):
        connection.ensure_connection()
        fetch_all("SELECT 1")

        with CaptureQueriesContext(connection) as said:
            self.kill(ops)

        look, off, holders = [query["sql"].strip() for query in said.captured_queries[:3]]
        assert look.startswith("SELECT")
        assert off.startswith("WITH turned AS")
        assert "pg_locks" in holders

    def test_beside_another_one_keeps_both_versions_and_both_entries(self, fresh_database, ops):
        fresh_database.in_threads(*[lambda: self.kill(ops)] * 4)

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")
        assert (flag.enabled, flag.version) == (False, 5)
        entries = AuditEntry.across_tenants.filter(action="switch.turned_off")
        assert sorted(entry.diff["version"] for entry in entries) == [
            [1, 2],
            [2, 3],
            [3, 4],
            [4, 5],
        ]
        assert [kept.version for kept in flag.history.order_by("version")] == [1, 2, 3, 4, 5]


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

        monkeypatch.setattr(switches.killing, "drain", no_answer)

        with pytest.raises(switches.DrainUnknown, match="is off: nothing that asks now") as told:
            self.kill(ops)

        assert "NOT known" in str(told.value)
