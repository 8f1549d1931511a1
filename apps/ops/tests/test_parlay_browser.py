"""The pages of parlays in a real browser: whole, readable, for everybody."""

from typing import Any

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, LATER, end
from apps.ops.tests.test_overview_browser import THE_THEMES, beyond
from apps.picks.tests.factories import make_pick
from apps.picks.tests.parlays import game, generate, leg
from apps.tenants.tests.factories import PASSWORD, OperatorFactory
from beatvegas.browsing import appears, faults

LIST = "/t/acme/admin/picks/parlay/"


@pytest.fixture
def addresses(fresh_database: Any, ops: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where a settled parlay is looked at, one that could not be made, their list, the question."""
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with tenant_scope("acme"):
        games = [game(number) for number in range(5)]
        for number, on in enumerate(games):
            leg(number, on=on)
        make_pick(game(6))
        made = generate(ops)
        none = generate(ops, "none", profile="premium")
    for on in games:
        end(on, 24, 17)
    with tenant_scope("acme"):
        grade_due(by=ops, at=DUE_AT)
    return {
        "list": LIST,
        "made": f"{LIST}{made.pk}/change/",
        "none": f"{LIST}{none.pk}/change/",
        "question": f"{LIST}generate/",
        "grades": "/t/acme/admin/grading/parlaygrade/",
    }


@pytest.mark.slow
def test_are_whole_and_without_fault_at_a_desk_and_on_a_phone(addresses, served, browse):
    for dark in (False, True):
        page = browse(dark=dark)
        page.goto(served.at("/admin/login/"))
        page.fill("[name=username]", OperatorFactory(email=f"o{dark}@beatvegas.test").email)
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
