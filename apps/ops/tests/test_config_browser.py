"""The configuration form in a real browser: wide and on a phone, light and dark."""

from typing import Any

import pytest

from apps.governance.models import ConfigVersion
from apps.tenants.tests.factories import PASSWORD, OperatorFactory
from beatvegas.browsing import appears, faults

# The theme's own markup: parts of its header lie outside landmarks (its lists have no main).
THE_THEMES = frozenset(
    {"region", "landmark-one-main", "landmark-unique", "empty-table-header", "page-has-heading-one"}
)
MODEL = "/admin/governance/configversion/write/model/public/NFL/measured/"


@pytest.fixture
def page(request: pytest.FixtureRequest, served: Any, browse: Any) -> Any:
    operator = OperatorFactory(email="olivia@beatvegas.test")
    width, dark = request.param
    page = browse(width=width, dark=dark)
    page.goto(served.at("/admin/login/"))
    page.fill("[name=username]", operator.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [(1280, False), (390, True)], indirect=True, ids=["wide and light", "phone and dark"]
)
def test_a_change_is_made_without_a_mouse(page, served):
    page.goto(served.at(MODEL))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []

    page.get_by_label("Games of each team").fill("-3")
    page.get_by_label("Reason").press("Enter")
    page.get_by_role("link", name="Games of each team").press("Enter")
    wrong = page.get_by_label("Games of each team")
    page.wait_for_function("document.querySelector(':target')?.name.includes('team_games_min')")
    assert wrong.get_attribute("aria-invalid") == "true"
    assert faults(page, allowed=THE_THEMES) == []

    wrong.fill("6")
    page.get_by_label("Row 4: Weight").fill("0.05")
    page.get_by_label("Reason").fill("Ratings need six games.")
    page.get_by_label("Reason").press("Enter")
    assert appears(page.get_by_role("heading", name="2 differences"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []

    page.get_by_role("button", name="Store version 2").press("Enter")
    assert appears(page.get_by_text("version 2 is stored"))
    assert fits(page)
    assert faults(page, allowed=THE_THEMES) == []
    stored = ConfigVersion.objects.get(section="model", league="NFL", profile="measured", number=2)
    assert stored.document["edge_gate"]["team_games_min"] == 6
    assert stored.document["weights"][3]["weight"] == "0.05"
