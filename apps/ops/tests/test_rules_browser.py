"""The settlement rules in a real browser: wide and on a phone, light and dark."""

from typing import Any

import pytest

from apps.catalog.models import SettlementRuleset
from apps.ops.tests.test_config_browser import THE_THEMES, fits
from apps.ops.tests.test_config_browser import page as page
from beatvegas.browsing import appears, faults

RULES = "/admin/catalog/settlementruleset"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [(1280, False), (390, True)], indirect=True, ids=["wide and light", "phone and dark"]
)
def test_rules_are_read_changed_and_compared_without_a_mouse(page: Any, served: Any) -> None:
    page.goto(served.at(f"{RULES}/overview/"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []

    page.get_by_role("link", name="Change the rules of NFL spread").press("Enter")
    assert appears(page.get_by_role("heading", name="NFL spread, full game"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []

    page.get_by_role("group", name="Postponement").get_by_label("Kind").select_option(
        "WITHIN_HOURS"
    )
    page.get_by_label("Reason").fill("As the books have it now.")
    page.get_by_label("Reason").press("Enter")
    assert appears(page.get_by_text("1 problem. Nothing is stored."))
    page.get_by_role("link", name="Hours").press("Enter")
    hours = page.get_by_label("Hours")
    assert hours.get_attribute("aria-invalid") == "true"
    assert faults(page, allowed=THE_THEMES) == []

    hours.fill("36")
    page.get_by_label("Reason").press("Enter")
    assert appears(page.get_by_role("heading", name="3 differences"))
    assert page.get_by_text("started within 36 hours of the scheduled start").is_visible()
    assert page.get_by_text("--rules v2 --league NFL --dry-run").is_visible()
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []

    page.get_by_role("button", name="Store version 2").press("Enter")
    assert appears(page.get_by_text("version 2 is stored"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []
    stored = SettlementRuleset.objects.get(league__code="NFL", version=2)
    assert stored.rules["postponement"] == {"kind": "WITHIN_HOURS", "hours": 36}

    page.get_by_role("button", name="Compare the two").press("Enter")
    assert appears(page.get_by_role("heading", name="3 differences"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []
