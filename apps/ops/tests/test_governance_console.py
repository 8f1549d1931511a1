"""Switches, receipts and the audit, as an operator's browser sees them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from apps.core.actor import Actor
from apps.governance import audit, jobs, switches
from apps.governance.models import AuditEntry, AuditLine, FeatureFlag, JobRun
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
        assert "stopped at +" in text_of(answer)
        assert "drained at +" in text_of(answer)
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
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="First.")
        flag = flag_of("PUBLISH", "GLOBAL")
        page = console.get(url("featureflag", flag.pk, "on"), headers=HOST)
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=AT, reason="Another reason.")

        refused = console.post(
            page.headers["Location"], {"reason": "Fine."}, headers=HOST, follow=True
        )
        newer = console.get(url("featureflag", flag.pk, "on"), headers=HOST)
        console.post(newer.headers["Location"], {"reason": "Fine."}, headers=HOST)

        assert "SWITCH_CHANGED" in text_of(refused)
        assert flag_of("PUBLISH", "GLOBAL").enabled

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
            pass
        line = AuditLine.objects.get(action="probe.seen")

        page = console.get(url("auditline"), headers=HOST)
        shown = console.get(url("auditline", line.pk, "change"), headers=HOST)

        assert "probe.seen" in text_of(page)
        assert "To look at." in text_of(shown)

    @pytest.mark.parametrize("model", ["auditline", "jobrun", "featureflag", "configversion"])
    def test_is_never_added_to_by_hand(self, model, console):
        assert console.get(url(model, "add"), headers=HOST).status_code == 403
