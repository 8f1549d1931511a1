"""The browser that tests use sees the platform, and nothing beyond this machine."""

import pytest

from beatvegas.browsing import appears, faults


class TestBrowser:
    def test_sees_the_log_in_page_of_each_host(self, served, browse):
        page = browse()

        page.goto(served.at("/admin/login/"))
        operators = page.title()
        page.goto(served.at("/admin/login/", host="acme.localhost"))

        assert "Log in" in operators
        assert appears(page.get_by_text("Acme Picks"))

    def test_reaches_nobody_else(self, chromium, browse):
        from playwright.sync_api import Error

        page = browse()

        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            page.goto("http://example.org/")

    def test_has_something_against_a_page_that_not_everybody_can_use(self, chromium, browse):
        page = browse()
        page.set_content(
            "<!doctype html><html lang=en><title>A form</title><main><h1>A form</h1>"
            "<p style='color: #ddd; background: #fff'>Hardly to be read.</p><input></main></html>"
        )

        found = {fault.partition(":")[0] for fault in faults(page)}

        assert found == {"color-contrast", "label"}
