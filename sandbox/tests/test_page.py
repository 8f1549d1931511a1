"""The page for people: what it says, and that anybody can read it."""

import re

import pytest

from beatvegas.browsing import appears, faults
from sandbox.tests.conftest import KEY
from sandbox.world.league import BOOKS
from sandbox.world.leagues import SFL

DURING = "2026-03-04T16:31:00Z"


def text_of(client):
    return client.get("/sandbox/", key=None).raw.decode()


class TestPage:
    def test_says_what_it_is_what_time_it_is_and_what_is_played(self, client):
        client.set_clock(DURING)
        text = text_of(client)

        assert "No team, book or game here is real." in text
        assert "Its clock was made to stand at" in text
        assert "Wed 4 Mar 2026, 16:31:00" in text
        assert re.search(r"\d games? in play, \d+ to come,\n\d+ ended in the last 24 hours", text)
        assert all(book.title in text for book in BOOKS)
        assert all(team.name in text for team in SFL.teams)

    def test_says_that_nothing_is_played_before_the_league_began(self, client):
        client.set_clock("2025-06-01T12:00:00Z")

        assert text_of(client).count("None at this instant.") == 3

    def test_counts_the_credits(self, client):
        client.get("/v4/sports/americanfootball_sfl/odds", regions="us")

        assert "1 used this month, 4,999,999 left" in text_of(client)

    def test_never_shows_the_key(self, client):
        assert KEY not in text_of(client)

    def test_is_found_from_the_front_door(self, client):
        for path in ("/", "/sandbox"):
            reply = client.get(path, key=None)
            assert (reply.status, reply.headers["Location"]) == (302, "/sandbox/")

    def test_may_run_no_script_and_load_nothing(self, client):
        reply = client.get("/sandbox/", key=None)

        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert b"<script" not in reply.raw
        assert not re.search(rb"(src|href)=", reply.raw)


@pytest.mark.slow
class TestInABrowser:
    @pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True), (320, False)])
    def test_fits_and_can_be_read_by_everybody(self, client, browse, width, dark):
        client.set_clock(DURING)
        page = browse(width=width, dark=dark)
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://127.0.0.1:{client.port}/sandbox/")
        page.locator("summary").click()

        assert appears(page.locator("tbody tr"))
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert said == []
        assert faults(page) == []
