"""Switches, receipts and the audit, as an operator's browser sees them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from apps.core import clock
from apps.core.actor import Actor
from apps.core.append_only import AppendOnlyRefused
from apps.core.db import execute
from apps.governance import alerts, audit, jobs, switches
from apps.governance.models import (
    Approval,
    AuditEntry,
    AuditLine,
    FeatureFlag,
    JobRun,
    OpsAlert,
)
from apps.governance.roles import Role
from apps.rulebook.alerts import AlertKind
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

AT = datetime(2025, 9, 5, 18, 0, tzinfo=UTC)
HOST = {"host": OPERATORS_HOST}


@pytest.fixture
def operator(db: None) -> Any:
    return OperatorFactory(email="olivia@beatvegas.test")


@pytest.fixture
def console(operator: Any, client: Client) -> Client:
    """A browser in which an operator has signed in on the operators' host."""
    answer = client.post(
        "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
    )
    assert answer.status_code == 302
    return client


@pytest.fixture
def second(db: None) -> Client:
    """The browser of another operator."""
    browser = Client()
    otto = OperatorFactory(email="otto@beatvegas.test")
    browser.post("/admin/login/", {"username": otto.email, "password": PASSWORD}, headers=HOST)
    return browser


def flag_of(name: str, scope: str) -> FeatureFlag:
    return FeatureFlag.objects.get(name=name, scope=scope)


def url(model: str, *parts: object) -> str:
    return "/".join(["/admin/governance", model, *map(str, parts), ""])


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestSwitches:
    def test_are_turned_off_with_a_reason(self, console, operator):
        flag = flag_of("PUBLISH", "GLOBAL")
        asked = console.get(url("featureflag", flag.pk, "off"), headers=HOST)

        answer = console.post(
            url("featureflag", flag.pk, "off"),
            {"reason": "Lines look wrong."},
            headers=HOST,
            follow=True,
        )

        assert "Turn PUBLISH off at GLOBAL?" in text_of(asked)
        assert "stopped after " in text_of(answer)
        assert "drained after " in text_of(answer)
        flag.refresh_from_db()
        assert (flag.enabled, flag.reason, flag.by) == (
            False,
            "Lines look wrong.",
            f"ADMIN:{operator.login}",
        )
        entry = AuditEntry.across_tenants.get(action="switch.turned_off")
        assert (entry.actor_id, entry.reason, entry.ip) == (
            operator.login,
            "Lines look wrong.",
            "127.0.0.1",
        )

    def test_are_not_turned_without_a_reason(self, console):
        flag = flag_of("PUBLISH", "GLOBAL")

        answer = console.post(url("featureflag", flag.pk, "off"), {"reason": " "}, headers=HOST)

        assert "This field is required" in text_of(answer)
        assert flag_of("PUBLISH", "GLOBAL").enabled

    def test_are_turned_on_again_by_who_saw_the_newest_version(self, console, ops):
        switches.turn_off("PUBLISH", "market:SPREAD", by=ops, at=AT, reason="First.")
        flag = flag_of("PUBLISH", "market:SPREAD")
        page = console.get(url("featureflag", flag.pk, "on"), headers=HOST)
        switches.turn_off("PUBLISH", "market:SPREAD", by=ops, at=AT, reason="Another reason.")

        refused = console.post(
            page.headers["Location"], {"reason": "Fine."}, headers=HOST, follow=True
        )
        newer = console.get(url("featureflag", flag.pk, "on"), headers=HOST)
        console.post(newer.headers["Location"], {"reason": "Fine."}, headers=HOST)

        assert "SWITCH_CHANGED" in text_of(refused)
        assert flag_of("PUBLISH", "market:SPREAD").enabled

    def test_of_the_whole_platform_are_turned_on_by_two_people(self, console, second, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="First.")
        flag = flag_of("PUBLISH", "GLOBAL")
        page = console.get(url("featureflag", flag.pk, "on"), headers=HOST).headers["Location"]

        shown = console.get(page, headers=HOST)
        console.post(page, {"reason": "Sound again."}, headers=HOST)

        approval = Approval.across_tenants.get()
        assert "It takes two people" in text_of(shown)
        assert (approval.state, flag_of("PUBLISH", "GLOBAL").enabled) == ("REQUESTED", False)
        where = url("approval", approval.pk, "approve")
        alone = console.post(where, {"reason": "Me again."}, headers=HOST, follow=True)
        assert "APPROVAL_BY_THE_SAME_PERSON" in text_of(alone)

        asked = second.get(where, headers=HOST)
        agreed = second.post(where, {"reason": "I looked, too."}, headers=HOST, follow=True)

        assert "Sound again." in text_of(asked)
        assert agreed.status_code == 200
        assert flag_of("PUBLISH", "GLOBAL").enabled
        approval.refresh_from_db()
        assert (approval.state, approval.decision) == ("USED", "I looked, too.")

    def test_of_the_whole_platform_stay_off_where_the_second_person_refuses(
        self, console, second, ops
    ):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="First.")
        asked = switches.ask_to_turn_on(
            "PUBLISH", "GLOBAL", by=ops, at=clock.now(), reason="Sound again."
        )

        second.post(url("approval", asked.pk, "refuse"), {"reason": "Not yet."}, headers=HOST)

        asked.refresh_from_db()
        assert asked.state == "REFUSED"
        assert not flag_of("PUBLISH", "GLOBAL").enabled

    @pytest.mark.parametrize("way", ["/admin/governance/featureflag/{}/off/", "/admin/stop/{}/"])
    def test_that_cannot_be_turned_off_say_so_loudly_and_nothing_else(self, way, console, as_owner):
        flag = flag_of("PUBLISH", "GLOBAL")
        as_owner.execute("SELECT 1 FROM feature_flag WHERE id = %s FOR UPDATE", [flag.pk])
        execute("SET LOCAL lock_timeout = '50ms'")

        answer = console.post(
            way.format(flag.pk), {"reason": "Lines look wrong."}, headers=HOST, follow=True
        )

        said = text_of(answer)
        assert "FAILED: PUBLISH at GLOBAL was not turned off" in said
        assert "KILL_FAILED" in said
        assert "stopped after" not in said
        assert flag_of("PUBLISH", "GLOBAL").enabled

    def test_are_turned_on_alone_by_an_administrator_who_is_named_to_everybody(self, console, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="First.")
        flag = flag_of("PUBLISH", "GLOBAL")
        where = console.get(url("featureflag", flag.pk, "break-glass"), headers=HOST)

        asked = console.get(where.headers["Location"], headers=HOST)
        console.post(where.headers["Location"], {"reason": "Nobody is awake."}, headers=HOST)

        assert "Everybody is told" in text_of(asked)
        assert flag_of("PUBLISH", "GLOBAL").enabled
        overview = text_of(console.get("/admin/", headers=HOST))
        assert "A switch was turned on by one person where it takes two" in overview
        assert "olivia@beatvegas.test turned PUBLISH on at GLOBAL alone" in overview

    @pytest.mark.django_db
    def test_are_not_turned_on_alone_by_who_may_only_turn_them(self, ops):
        browser, person = (
            Client(),
            OperatorFactory(email="otto@beatvegas.test", role=Role.OPS, is_superuser=False),
        )
        browser.post(
            "/admin/login/", {"username": person.email, "password": PASSWORD}, headers=HOST
        )
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="First.")
        flag = flag_of("PUBLISH", "GLOBAL")

        answer = browser.post(
            url("featureflag", flag.pk, "break-glass"), {"reason": "Me."}, headers=HOST
        )

        assert answer.status_code == 403
        assert not flag_of("PUBLISH", "GLOBAL").enabled

    def test_show_their_history_with_operator_and_reason(self, console, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="Lines look wrong.")
        flag = flag_of("PUBLISH", "GLOBAL")

        page = text_of(console.get(url("featureflag", flag.pk, "history"), headers=HOST))

        assert "OPS:olivia@beatvegas.test" in page
        assert "Lines look wrong." in page
        assert "Enabled: True" in page

    def test_cannot_be_reverted_from_their_history(self, console, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="Lines look wrong.")
        flag = flag_of("PUBLISH", "GLOBAL")
        on = flag.history.get(enabled=True)
        where = url("featureflag", flag.pk, "history", on.pk)

        looked, sent = console.get(where, headers=HOST), console.post(where, {}, headers=HOST)

        assert (looked.status_code, sent.status_code) == (200, 403)
        assert not flag_of("PUBLISH", "GLOBAL").enabled

    def test_are_not_turned_by_staff_without_the_right_to(self, console, operator):
        operator.is_superuser = False
        type(operator).across_tenants.filter(pk=operator.pk).update(is_superuser=False)
        flag = flag_of("PUBLISH", "GLOBAL")

        answer = console.post(url("featureflag", flag.pk, "off"), {"reason": "No."}, headers=HOST)

        assert answer.status_code == 403
        assert flag_of("PUBLISH", "GLOBAL").enabled


@pytest.mark.usefixtures("acme")
class TestAlerts:
    @pytest.fixture
    def alert(self, ops) -> OpsAlert:
        return alerts.raise_alert(
            AlertKind.FEED_STALE,
            scope="league:NFL",
            key="feed-1",
            detail="Nothing for 400 s.",
            by=ops,
            at=AT,
        )

    def test_say_what_is_wrong_and_what_it_takes_away(self, console, alert):
        page = text_of(console.get(url("opsalert"), headers=HOST))

        assert "A feed has not answered in time" in page
        assert "all picks but EDGE" in page

    def test_open_with_everything_known(self, console, alert):
        page = text_of(console.get(url("opsalert", alert.pk, "change"), headers=HOST))

        assert "Nothing for 400 s." in page

    @pytest.mark.parametrize(
        ("button", "state"),
        [("acknowledge", "ACKNOWLEDGED"), ("snooze-hour", "OPEN"), ("resolve", "RESOLVED")],
    )
    def test_are_handled_with_a_word(self, button, state, console, operator, alert):
        where = url("opsalert", alert.pk, button)
        asked = console.get(where, headers=HOST)

        console.post(where, {"reason": "Looking into it."}, headers=HOST)

        alert.refresh_from_db()
        assert "A feed has not answered in time" in text_of(asked) or button == "snooze-hour"
        assert (alert.state, alert.note) == (state, "Looking into it.")
        assert (alert.snoozed_until is not None) == (button == "snooze-hour")
        entry = AuditEntry.across_tenants.filter(object_type="OpsAlert").latest("id")
        assert entry.actor_id == operator.login

    def test_are_acknowledged_many_at_once(self, console, alert):
        chosen = {"action": "acknowledge_selected", "_selected_action": [str(alert.pk)]}

        console.post(url("opsalert"), chosen, headers=HOST)

        alert.refresh_from_db()
        assert alert.state == "ACKNOWLEDGED"

    def test_are_not_handled_by_staff_without_the_right_to(self, console, operator, alert):
        type(operator).across_tenants.filter(pk=operator.pk).update(is_superuser=False)

        answer = console.post(url("opsalert", alert.pk, "resolve"), {"reason": "No."}, headers=HOST)

        assert answer.status_code == 403

    def test_are_opened_by_a_refusal_at_the_door(self, console, monkeypatch):
        def refuse(*_, **__):
            raise AppendOnlyRefused("FeatureFlag", "changed")

        monkeypatch.setattr(switches, "turn_off", refuse)
        flag = flag_of("PUBLISH", "GLOBAL")

        console.post(url("featureflag", flag.pk, "off"), {"reason": "Off."}, headers=HOST)

        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.detail) == (
            "UNAUTHORIZED_WRITE",
            "FeatureFlag rows are facts: they cannot be changed.",
        )


class TestProof:
    def test_lists_receipts_of_every_tenant(self, console, acme):
        jobs.for_each_tenant(
            "probe.work", "slot-1", [acme], lambda *, by, at: None, by=Actor.system("t"), at=AT
        )

        page = console.get(url("jobrun"), headers=HOST)

        run = JobRun.across_tenants.get(job="probe.work")
        assert "probe.work" in text_of(page)
        shown = console.get(url("jobrun", run.pk, "change"), headers=HOST)
        assert shown.status_code == 200

    def test_lists_audit_entries_and_what_they_changed(self, console, ops):
        flag = flag_of("PUBLISH", "GLOBAL")
        with audit.recording("probe.seen", flag, by=ops, at=AT, reason="To look at."):
            flag.enabled = False
        line = AuditLine.objects.get(action="probe.seen")

        page = console.get(url("auditline"), headers=HOST)
        shown = console.get(url("auditline", line.pk, "change"), headers=HOST)

        assert "probe.seen" in text_of(page)
        assert "To look at." in text_of(shown)
        assert "enabled true false" in text_of(shown)

    @pytest.mark.parametrize(
        "model", ["auditline", "jobrun", "featureflag", "opsalert", "approval", "configversion"]
    )
    def test_is_never_added_to_by_hand(self, model, console):
        assert console.get(url(model, "add"), headers=HOST).status_code == 403
