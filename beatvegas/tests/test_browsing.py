"""The browser that tests use sees the platform, and nothing beyond this machine."""

import pytest

from beatvegas.browsing import appears


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
