"""Turning publishing on again in a real browser: two people, each in a window of theirs."""

from typing import Any

import pytest

from apps.core import clock
from apps.governance import alerts, switches
from apps.governance.models import Approval, FeatureFlag
from apps.rulebook.alerts import AlertKind
from apps.tenants.tests.factories import PASSWORD, OperatorFactory
from beatvegas.browsing import appears


@pytest.fixture
def window_of(served: Any, browse: Any) -> Any:
    def window(name: str, **how: Any) -> Any:
        operator = OperatorFactory(email=f"{name}@beatvegas.test")
        page = browse(**how)
        page.goto(served.at("/admin/login/"))
        page.fill("[name=username]", operator.email)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    return window


def publishing(scope: str) -> FeatureFlag:
    return FeatureFlag.objects.get(name=switches.PUBLISH, scope=scope)


def ask_for_it(page: Any, control: str, reason: str) -> None:
    page.get_by_role("link", name=control).first.click()
    assert appears(page.get_by_text("It takes two people"))
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Ask").click()


def approve(page: Any, served: Any, reason: str) -> None:
    asked = Approval.across_tenants.get(state="REQUESTED")
    page.goto(served.at(f"/admin/governance/approval/{asked.pk}/approve/"))
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Approve").click()


@pytest.mark.slow
class TestTwoPeople:
    def test_turn_all_publishing_on_again(self, window_of, served, fresh_database):
        olivia, otto = window_of("olivia"), window_of("otto", dark=True, width=390)
        olivia.get_by_role("link", name="Stop all publishing…").click()
        olivia.get_by_label("Reason").fill("Two books show impossible totals.")
        olivia.get_by_role("button", name="Stop publishing now").click()
        assert appears(olivia.get_by_text("Publishing is stopped everywhere"))

        ask_for_it(olivia, "Turn publishing on…", "Both books are right again.")
        approve(olivia, served, "And I say so twice.")
        assert appears(olivia.get_by_text("APPROVAL_BY_THE_SAME_PERSON"))
        assert not publishing("GLOBAL").enabled

        approve(otto, served, "I looked at both.")
        assert appears(otto.get_by_text("Used"))
        assert publishing("GLOBAL").enabled
        olivia.goto(served.at("/admin/"))
        assert appears(olivia.get_by_role("link", name="Stop all publishing…"))

    def test_turn_on_what_an_alert_has_turned_off(self, window_of, served, fresh_database, ops):
        at = clock.now()
        alert = alerts.raise_alert(
            AlertKind.INTEGRITY_BLOCKED,
            scope="tenant:acme",
            key="rate",
            step=1,
            detail="7 of 900 evaluations contradict themselves.",
            by=ops,
            at=at,
        )
        alerts.pull_latches(by=ops, at=at)
        alerts.resolve(alert_id=alert.pk, by=ops, at=clock.now(), reason="A feed was swapped.")
        assert not publishing("tenant:acme").enabled
        olivia, otto = window_of("olivia", width=390), window_of("otto")

        olivia.goto(served.at(f"/admin/governance/featureflag/{publishing('tenant:acme').pk}/on/"))
        assert appears(olivia.get_by_text("It takes two people"))
        olivia.get_by_label("Reason").fill("The feed is right again.")
        olivia.get_by_role("button", name="Ask").click()
        assert appears(olivia.get_by_text("Off").or_(olivia.get_by_text("Stopped")).first)
        assert not publishing("tenant:acme").enabled

        approve(otto, served, "I looked at the feed.")
        assert appears(otto.get_by_text("Used"))
        assert publishing("tenant:acme").enabled
