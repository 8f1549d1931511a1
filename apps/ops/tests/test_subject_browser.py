"""The pages of an event and of a pick in a real browser: whole, readable, for everybody."""

from typing import Any

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, LATER, end
from apps.ops.tests.test_overview_browser import THE_THEMES, beyond
from apps.ops.tests.test_subject_pages import agree
from apps.picks import actions
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.tenants.tests.factories import PASSWORD, OperatorFactory
from beatvegas.browsing import appears, faults


@pytest.fixture
def addresses(fresh_database: Any, ops: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where a graded pick is looked at, its event, its list, and the question of an override."""
    monkeypatch.setattr(clock, "now", lambda: LATER)
    game = Game()
    agree(game)
    with tenant_scope("acme"):
        pick = make_pick(game)
        actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)
    end(game, 24, 17)
    with tenant_scope("acme"):
        grade_due(by=ops, at=DUE_AT)
    picks = "/t/acme/admin/picks/pick/"
    return {
        "pick": f"{picks}{pick.pk}/change/",
        "picks": picks,
        "event": f"/admin/catalog/event/{game.event.pk}/change/",
        "event as table": f"/admin/catalog/event/{game.event.pk}/change/?as=table",
    }


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_are_whole_and_without_fault_at_a_desk_and_on_a_phone(addresses, served, browse, dark):
    page = browse(dark=dark)
    page.goto(served.at("/admin/login/"))
    page.fill("[name=username]", OperatorFactory(email="olivia@beatvegas.test").email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")

    for name, address in addresses.items():
        page.goto(served.at(address))
        assert appears(page.get_by_role("heading", level=1)), name
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert beyond(page) == [], name
            assert faults(page, allowed=THE_THEMES) == [], name
