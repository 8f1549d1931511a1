"""The tenant's pages as a person meets them: at any width, in either theme, without a script."""

from typing import Any

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.site.tests import scene
from apps.site.tests.conftest import ACME, NOW
from apps.tenants import hosts
from apps.tenants.models import Tenant
from beatvegas.browsing import faults

pytestmark = pytest.mark.slow


def test_every_page_reads_well_wherever_it_is_read(served, browse, acme, monkeypatch):
    hosts.forget()
    Tenant.objects.filter(pk=acme).update(timezone="America/New_York", name="A" * 60)
    with tenant_scope(acme):
        graded = scene.history([(24, 17), (24, 23)])
        day = scene.sunday()
        scene.silent_games()
        gone = day.pick("gone").pk
    monkeypatch.setattr(clock, "now", lambda: NOW)
    paths = ["/", f"/picks/{gone}/", f"/picks/{graded[0].pk}/"]
    paths += ["/record/", "/how-it-works/"]

    for dark in (False, True):
        page = browse(width=390, dark=dark)
        refused: list[str] = []
        page.on("console", lambda said, told=refused: told.append(said.text))
        strangers: list[str] = []
        page.on("request", lambda asked, told=strangers: told.append(asked.url))
        for path in paths:
            assert page.goto(served.at(path, host=ACME)).ok, path
            # axe is a script of the test's own: the policy lets none of the page's run.
            assert faults(page) == [], path
            assert ground_of(page) == ("rgb(14, 18, 23)" if dark else "rgb(246, 247, 249)")
            for width in (320, 390, 768, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert sideways(page) <= 0, (path, width)
        assert faults(page) == []  # at 1280 as well
        assert refused == []
        assert {url for url in strangers if not url.startswith(f"http://{ACME}:")} == set()


def ground_of(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def sideways(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
