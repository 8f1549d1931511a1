"""The front page in a real browser: at every width, in both themes, and without a mouse."""

from typing import Any

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance import alerts, switches
from apps.governance.models import FeatureFlag
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, end, published
from apps.ops.stock import take_stock
from apps.picks.tests.factories import Game
from apps.rulebook.alerts import AlertKind
from apps.tenants.tests.factories import PASSWORD, OperatorFactory
from beatvegas.browsing import appears, faults

# The theme's own markup: its header and its two search dialogs lie outside landmarks.
THE_THEMES = frozenset({"region", "landmark-one-main", "landmark-unique", "empty-table-header"})


@pytest.fixture
def a_day(fresh_database: Any, ops: Any) -> None:
    """Something in every card: a record, an alert, a scope that is stopped."""
    now = clock.now()
    with tenant_scope("acme"):
        for home, away in ((24, 17), (24, 23), (24, 17)):
            game = Game()
            published(game)
            end(game, home, away)
        grade_due(by=ops, at=DUE_AT)
        late = Game()
        published(late)
        end(late, 24, 17)
    alerts.raise_alert(
        AlertKind.MAPPING_DRIFT, scope="league:NFL", key="e1", detail="Ids.", by=ops, at=now
    )
    switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=now, reason="Impossible totals.")
    take_stock(by=ops, at=now)


@pytest.fixture
def signed_in(served: Any, a_day: None, browse: Any) -> Any:
    operator = OperatorFactory(email="olivia@beatvegas.test")

    def window(**how: Any) -> Any:
        page = browse(**how)
        page.goto(served.at("/admin/login/"))
        page.fill("[name=username]", operator.email)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/")
        assert appears(page.get_by_role("heading", name="Pipeline"))
        return page

    return window


def beyond(page: Any) -> list[str]:
    """What makes the page scroll sideways: everything that ends right of the window."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("main *")]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
            .map(one => `${innerWidth}: ${one.outerHTML.slice(0, 90)}`)"""
    )
    return found


@pytest.mark.slow
class TestOverview:
    def test_is_whole_and_without_fault_in_both_themes_and_at_every_width(self, signed_in):
        for dark in (False, True):
            page = signed_in(dark=dark)
            for width in (1440, 1280, 1024, 768, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                assert beyond(page) == []
                if width in (1280, 390):
                    assert faults(page, allowed=THE_THEMES) == []

    def test_loads_nothing_from_elsewhere_and_complains_of_nothing(self, signed_in, served):
        page = signed_in()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))

        page.reload()
        page.wait_for_load_state("networkidle")

        assert {url.partition("/admin")[0].partition("/static")[0] for url in asked} <= {
            served.at(""),
            served.at("/favicon.ico"),
        }
        assert [text for text in said if "favicon" not in text and "404" not in text] == []

    def test_renews_its_first_line_without_a_reload(self, signed_in, ops):
        page = signed_in()
        page.clock.install()
        page.reload()
        page.evaluate("window.stays = true")

        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=clock.now(), reason="Everything.")
        page.clock.fast_forward(16_000)

        assert appears(page.get_by_text("Publishing is stopped everywhere"))
        assert page.evaluate("window.stays")


@pytest.mark.slow
class TestTheDialog:
    def test_takes_the_focus_in_and_gives_it_back(self, signed_in):
        page = signed_in()
        control = page.get_by_role("link", name="Stop all publishing…")

        control.press("Enter")
        dialog = page.get_by_role("dialog", name="Stop all publishing?")
        dialog.wait_for()
        page.wait_for_function("document.activeElement.name === 'reason'")
        assert faults(page, allowed=THE_THEMES) == []
        page.keyboard.press("Escape")

        dialog.wait_for(state="hidden")
        page.wait_for_function("document.activeElement.id === 'stop-all'")
        assert FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled

    def test_keeps_the_focus_inside(self, signed_in):
        page = signed_in()
        page.get_by_role("link", name="Stop all publishing…").press("Enter")
        page.wait_for_function("document.activeElement.name === 'reason'")

        for _ in range(8):
            page.keyboard.press("Tab")
            assert page.evaluate("!!document.activeElement.closest('#dialog')")

    def test_says_what_is_missing_and_then_stops(self, signed_in):
        page = signed_in(width=390, dark=True)
        page.get_by_role("link", name="Stop all publishing…").click()
        page.get_by_role("button", name="Stop publishing now").click()
        assert appears(page.get_by_text("This field is required."))
        assert beyond(page) == []

        page.get_by_label("Reason").fill("Two books show impossible totals.")
        page.get_by_role("button", name="Stop publishing now").click()

        assert appears(page.get_by_text("Everything: stopped after"))
        assert appears(page.get_by_text("Publishing is stopped everywhere"))
        assert appears(page.get_by_role("link", name="Turn publishing on…"))
        assert not FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled
