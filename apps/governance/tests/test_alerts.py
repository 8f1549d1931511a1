from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans, lists

from apps.core.append_only import AppendOnlyRefused
from apps.core.db import execute
from apps.core.tenancy import tenant_scope
from apps.governance import alerts, switches
from apps.governance.models import AlertState, AuditEntry, FeatureFlag, OpsAlert
from apps.governance.switches import ScopeUnknown
from apps.governance.tests.factories import KICKOFF_EVE, make_flag
from apps.rulebook.alerts import AlertKind, AlertUnknown
from apps.rulebook.degrade import Mode, strictest
from apps.rulebook.errors import RuleBroken

AT = KICKOFF_EVE
MINUTE = timedelta(minutes=1)


def raised(kind=AlertKind.FEED_STALE, *, scope="league:XFL", key="feed-1", at=AT, by=None, **more):
    return alerts.raise_alert(
        kind, scope=scope, key=key, detail=more.pop("detail", "Silent."), by=by, at=at, **more
    )


def open_alerts():
    return list(OpsAlert.across_tenants.not_over().order_by("kind", "key"))


def mode_at(scopes):
    """How far publishing is held back there by alerts, whatever the switches say."""
    found = switches.explain(switches.PUBLISH, scopes).consulted
    return strictest(one.mode for one in found if one.name != switches.PUBLISH)


def actions():
    return list(
        AuditEntry.across_tenants.filter(object_type="OpsAlert")
        .order_by("occurred_at", "id")
        .values_list("action", flat=True)
    )


@pytest.mark.django_db
class TestRaising:
    def test_opens_one_with_what_the_registry_says(self, ops):
        alert = raised(by=ops, payload={"age_s": 90}, cause="poll:7")

        assert (alert.severity, alert.effect, alert.state) == ("WARN", "EDGE_ONLY", "OPEN")
        assert (alert.tenant_schema, alert.scope, alert.key) == ("public", "league:XFL", "feed-1")
        assert (alert.first_seen_at, alert.last_seen_at, alert.count) == (AT, AT, 1)
        assert (alert.payload, alert.cause) == ({"age_s": 90}, "poll:7")
        assert alert.title == "A feed has not answered in time"
        assert actions() == ["alert.opened"]

    def test_counts_the_same_once_more(self, ops):
        raised(by=ops)

        alert = raised(by=ops, at=AT + MINUTE, detail="Still silent.")

        assert open_alerts() == [alert]
        assert (alert.count, alert.first_seen_at, alert.last_seen_at) == (2, AT, AT + MINUTE)
        assert alert.detail == "Still silent."
        assert actions() == ["alert.opened"]

    def test_of_something_else_is_another_one(self, ops):
        raised(by=ops)
        raised(by=ops, key="feed-2")
        raised(by=ops, scope="league:UFL")
        raised(AlertKind.FEED_EMPTY, by=ops)

        assert len(open_alerts()) == 4

    def test_gets_worse_and_never_better(self, ops):
        raised(by=ops)
        alerts.acknowledge(alert_id=open_alerts()[0].pk, by=ops, at=AT)

        worse = raised(by=ops, at=AT + MINUTE, step=1)
        after = raised(by=ops, at=AT + 2 * MINUTE, step=0)

        assert (worse.severity, worse.effect, worse.state) == ("CRIT", "NONE", "OPEN")
        assert (after.severity, after.effect, after.count) == ("CRIT", "NONE", 3)
        assert actions() == ["alert.opened", "alert.acknowledged", "alert.worsened"]

    def test_after_the_end_is_a_new_one(self, ops):
        first = raised(by=ops)
        alerts.resolve(alert_id=first.pk, by=ops, at=AT, reason="It came back.")

        again = raised(by=ops, at=AT + MINUTE)

        assert again.pk != first.pk
        assert open_alerts() == [again]

    def test_refuses_what_nobody_registered(self, ops):
        with pytest.raises(AlertUnknown):
            raised("SUN_EXPLODED", by=ops)
        with pytest.raises(ScopeUnknown):
            raised(by=ops, scope="planet:MARS")

    def test_keeps_a_key_that_is_too_long_as_far_as_it_goes(self, ops):
        raised(by=ops, key="x" * 300)
        alert = raised(by=ops, key="x" * 300)

        assert (len(alert.key), alert.count) == (200, 2)

    def test_inside_a_tenant_is_the_tenants(self, acme, rival, ops):
        with tenant_scope(acme):
            own = raised(AlertKind.REGRADE, by=ops, scope="league:XFL", key="event-1")
            assert list(OpsAlert.objects.all()) == [own]
        with tenant_scope(rival):
            raised(AlertKind.REGRADE, by=ops, scope="tenant:rival", key="event-1")
            assert OpsAlert.across_tenants.filter(tenant_schema=acme).count() == 0

        assert [one.tenant_schema for one in open_alerts()] == ["acme", "rival"]

    def test_about_a_tenant_is_that_tenants_wherever_it_is_raised(self, acme, ops):
        assert raised(AlertKind.REGRADE, by=ops, scope="tenant:acme").tenant_schema == acme

    def test_is_open_once_whatever_the_code_does(self, ops):
        alert = raised(by=ops)

        with pytest.raises(IntegrityError, match="ops_alert_is_open_once"), transaction.atomic():
            execute(
                "INSERT INTO ops_alert SELECT (jsonb_populate_record(alert, jsonb_build_object("
                "'id', gen_random_uuid()))).* FROM ops_alert alert WHERE id = %s",
                [alert.pk],
            )


@pytest.mark.django_db
class TestHandling:
    def test_acknowledging_says_who_looks_after_it(self, ops):
        alert = alerts.acknowledge(alert_id=raised(by=ops).pk, by=ops, at=AT, note="On it.")

        assert (alert.state, alert.note) == (AlertState.ACKNOWLEDGED, "On it.")
        assert alert.acknowledged_by == "OPS:olivia@beatvegas.test"
        assert mode_at(["league:XFL"]) is Mode.EDGE_ONLY
        assert not OpsAlert.across_tenants.unseen(AT).exists()

    def test_snoozing_keeps_the_effect_and_the_peace(self, ops):
        alert = raised(by=ops)

        alerts.snooze(alert_id=alert.pk, until=AT + MINUTE, by=ops, at=AT, reason="Planned.")

        assert not OpsAlert.across_tenants.unseen(AT).exists()
        assert OpsAlert.across_tenants.unseen(AT + 2 * MINUTE).exists()
        assert mode_at(["league:XFL"]) is Mode.EDGE_ONLY

    def test_snoozing_until_yesterday_is_refused(self, ops):
        with pytest.raises(alerts.SnoozeUnfit):
            alerts.snooze(alert_id=raised(by=ops).pk, until=AT, by=ops, at=AT, reason="Hm.")

    def test_resolving_ends_the_effect(self, ops):
        alert = alerts.resolve(alert_id=raised(by=ops).pk, by=ops, at=AT, reason="Came back.")

        assert (alert.state, alert.resolved_at, alert.note) == ("RESOLVED", AT, "Came back.")
        assert mode_at(["league:XFL"]) is Mode.FULL
        assert actions() == ["alert.opened", "alert.resolved"]

    @pytest.mark.parametrize(
        "handle",
        [
            lambda pk, ops: alerts.acknowledge(alert_id=pk, by=ops, at=AT),
            lambda pk, ops: alerts.resolve(alert_id=pk, by=ops, at=AT, reason="Again."),
            lambda pk, ops: alerts.snooze(
                alert_id=pk, until=AT + MINUTE, by=ops, at=AT, reason="Later."
            ),
        ],
    )
    def test_what_is_over_is_refused(self, handle, ops):
        alert = alerts.resolve(alert_id=raised(by=ops).pk, by=ops, at=AT, reason="Came back.")

        with pytest.raises(alerts.AlertOver):
            handle(alert.pk, ops)

    def test_without_a_reason_is_refused(self, ops):
        alert = raised(by=ops)

        with pytest.raises(switches.ReasonMissing):
            alerts.resolve(alert_id=alert.pk, by=ops, at=AT, reason=" ")
        with pytest.raises(switches.ReasonMissing):
            alerts.snooze(alert_id=alert.pk, until=AT + MINUTE, by=ops, at=AT, reason="")

    def test_what_does_not_exist_is_refused(self, ops):
        gone = raised(by=ops).pk
        OpsAlert.across_tenants.all().delete()

        with pytest.raises(alerts.AlertMissing):
            alerts.acknowledge(alert_id=gone, by=ops, at=AT)


@pytest.mark.django_db
class TestEnding:
    def look(self, ops, at):
        return alerts.recover([AlertKind.FEED_STALE], by=ops, at=at)

    def test_of_what_is_checked_takes_a_while_of_not_finding_it(self, ops):
        raised(by=ops)

        ended = [self.look(ops, AT + minutes * MINUTE) for minutes in range(1, 6)]

        assert (ended, open_alerts()) == ([0, 0, 0, 0, 1], [])

    def test_of_what_is_checked_takes_more_than_one_look(self, ops):
        """Nobody looked for an hour: the first look that finds nothing proves little."""
        raised(by=ops)

        ended = [self.look(ops, AT + minutes * MINUTE) for minutes in (60, 61, 62)]

        assert (ended, open_alerts()) == ([0, 0, 1], [])

    def test_of_what_is_checked_begins_anew_when_it_is_found_again(self, ops):
        raised(by=ops)
        ended = [self.look(ops, AT + minutes * MINUTE) for minutes in (1, 2, 3, 4)]
        raised(by=ops, at=AT + 5 * MINUTE)

        ended += [self.look(ops, AT + minutes * MINUTE) for minutes in (6, 7, 8, 9, 10)]

        assert ended == [0] * 8 + [1]

    @given(healthy=lists(booleans(), min_size=20, max_size=40))
    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_of_what_comes_and_goes_switches_at_most_once_in_five_minutes(self, healthy, ops):
        """A look a minute at a feed that flaps: publishing never toggles at its rhythm."""
        OpsAlert.across_tenants.all().delete()
        back_on, off = [], True
        for minute, well in enumerate(healthy):
            at = AT + minute * MINUTE
            if not well:
                raised(by=ops, at=at)
            self.look(ops, at)
            now_off = mode_at(["league:XFL"]) is not Mode.FULL
            if off and not now_off and minute:
                back_on.append(minute)
            if not well:
                assert now_off, "what is found is in force at once"
            off = now_off

        assert all(later - first >= 5 for first, later in pairwise(back_on))

    def test_of_what_is_checked_never_comes_with_the_look_that_found_it(self, ops):
        raised(AlertKind.JOB_MISSED, by=ops, scope="GLOBAL", key="job")

        assert alerts.recover([AlertKind.JOB_MISSED], by=ops, at=AT) == 0
        assert alerts.recover([AlertKind.JOB_MISSED], by=ops, at=AT + MINUTE) == 1

    def test_of_what_is_checked_does_not_come_by_itself(self, ops):
        raised(by=ops)

        alerts.sweep(by=ops, at=AT + timedelta(days=30))

        assert len(open_alerts()) == 1

    def test_of_the_rest_comes_when_it_has_been_quiet(self, ops):
        raised(AlertKind.UNAUTHORIZED_WRITE, by=ops)
        raised(AlertKind.DIRECTION_MISMATCH, by=ops)

        before = alerts.sweep(by=ops, at=AT + timedelta(hours=23))
        after = alerts.sweep(by=ops, at=AT + timedelta(days=1))

        assert (before.resolved, after.resolved) == (0, 1)
        assert [alert.kind for alert in open_alerts()] == ["DIRECTION_MISMATCH"]  # by hand only


@pytest.mark.django_db
class TestHoldingBack:
    """The barrier of an alert that takes something away, without a switch being turned."""

    def held_back(self):
        return list(AuditEntry.across_tenants.filter(action=alerts.HELD_BACK))

    def test_waits_for_whoever_publishes_and_keeps_how_it_went(
        self, ops, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            alert = raised(by=ops)

        [entry] = self.held_back()
        assert (entry.object_id, entry.reason.startswith("stopped after ")) == (str(alert.pk), True)
        assert entry.reason.endswith(", 0 in flight finished")
        assert entry.diff["effect"] == [None, "EDGE_ONLY"]

    def test_is_done_again_when_it_takes_more_away(self, ops, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            raised(by=ops)
            raised(by=ops, at=AT + MINUTE)
            raised(by=ops, at=AT + MINUTE, step=1)

        assert len(self.held_back()) == 2

    def test_is_not_done_for_what_takes_nothing(self, ops, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            raised(AlertKind.REGRADE, by=ops)

        assert self.held_back() == []

    def test_is_done_inside_a_tenant_too(self, acme, ops, django_capture_on_commit_callbacks):
        with tenant_scope(acme), django_capture_on_commit_callbacks(execute=True):
            raised(AlertKind.FEED_STALE, by=ops, scope="tenant:acme")

        assert [entry.tenant_schema for entry in self.held_back()] == [acme]


@pytest.mark.django_db
class TestLatching:
    @pytest.fixture(autouse=True)
    def publishing(self, db):
        make_flag("PUBLISH", "league:XFL")

    def flag(self):
        return FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL")

    def test_turns_the_switch_off_with_the_alert_as_the_cause(
        self, ops, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            alert = raised(AlertKind.AUDIT_CHAIN_BROKEN, by=ops, key="")

        flag = self.flag()
        assert (flag.enabled, flag.cause) == (False, f"alert:{alert.pk}")
        assert flag.by == "SYSTEM:governance.alerts"
        alert.refresh_from_db()
        assert alert.latched_at == AT

    def test_happens_when_it_gets_that_bad(self, ops, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            raised(AlertKind.JOB_MISSED, by=ops)
        assert self.flag().enabled

        with django_capture_on_commit_callbacks(execute=True):
            raised(AlertKind.JOB_MISSED, by=ops, at=AT + MINUTE, step=1)
        assert not self.flag().enabled

    def test_is_made_up_for_by_the_sweep_and_done_once(self, ops):
        raised(AlertKind.AUDIT_CHAIN_BROKEN, by=ops, key="")  # whoever raised it died at once

        first = alerts.sweep(by=ops, at=AT + MINUTE)
        second = alerts.sweep(by=ops, at=AT + 2 * MINUTE)

        assert (first.latched, second.latched, self.flag().enabled) == (1, 0, False)

    def test_inside_a_tenant_rings_for_the_sweep(
        self, acme, ops, queued, django_capture_on_commit_callbacks
    ):
        with tenant_scope(acme), django_capture_on_commit_callbacks(execute=True):
            raised(AlertKind.BILLING_WRITE_FAIL, by=ops, scope="tenant:acme", key="")

        assert [job for job, _, _ in queued] == ["governance.sweep_alerts"]
        assert alerts.sweep(by=ops, at=AT).latched == 1

    def test_where_there_is_no_switch_goes_on(self, ops):
        raised(AlertKind.AUDIT_CHAIN_BROKEN, by=ops, scope="league:NOBODY", key="")

        assert alerts.pull_latches(by=ops, at=AT) == 0
        assert alerts.pull_latches(by=ops, at=AT) == 0


class NobodyMinds(RuleBroken):
    code = "NOBODY_MINDS"


@pytest.mark.django_db
class TestDoor:
    def test_opens_what_a_refusal_stands_for(self, ops):
        alert = alerts.at_door(AppendOnlyRefused("AuditEntry", "updated"), by=ops, at=AT)

        assert (alert.kind, alert.scope) == ("UNAUTHORIZED_WRITE", "GLOBAL")
        assert alert.key == "olivia@beatvegas.test APPEND_ONLY"
        assert alert.detail == "AuditEntry rows are facts: they cannot be updated."

    def test_opens_nothing_for_what_is_only_a_no(self, ops):
        assert alerts.at_door(NobodyMinds("No."), by=ops, at=AT) is None
        assert alerts.at_door(ValueError("a bug"), by=ops, at=AT) is None
        assert open_alerts() == []

    def test_of_a_tenant_opens_the_tenants(self, acme, ops):
        with tenant_scope(acme):
            alert = alerts.at_door(AppendOnlyRefused("Grade", "changed"), by=ops, at=AT)

        assert (alert.tenant_schema, alert.scope) == (acme, "tenant:acme")

    def test_hides_no_refusal_behind_a_trouble_of_its_own(self, ops, monkeypatch, caplog):
        def no_database(*_, **__):
            execute("SELECT 1 FROM nowhere")

        monkeypatch.setattr(alerts, "raise_alert", no_database)

        assert alerts.at_door(AppendOnlyRefused("Grade", "changed"), by=ops, at=AT) is None
        assert "could not be opened" in caplog.text


class TestCommitted:
    def test_twice_at_once_opens_one(self, fresh_database, ops):
        def sees_it():
            return raised(by=ops, at=AT).pk

        keys = fresh_database.in_threads(*[sees_it] * 6)

        assert len(set(keys)) == 1
        assert OpsAlert.across_tenants.get().count == 6
        assert actions() == ["alert.opened", alerts.HELD_BACK]

    def test_latching_turns_the_switch_off(self, fresh_database, ops):
        make_flag("PUBLISH", "league:XFL")

        raised(AlertKind.AUDIT_CHAIN_BROKEN, by=ops, key="")

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="league:XFL").enabled
        assert OpsAlert.across_tenants.get().latched_at == AT

    def test_at_the_door_refuses_to_be_part_of_what_is_rolled_back(self, fresh_database, ops):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            alerts.at_door(AppendOnlyRefused("Grade", "changed"), by=ops, at=AT)
