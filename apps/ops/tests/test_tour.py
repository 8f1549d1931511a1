"""`make tour`: what a new user does, in a real browser, on a real stack with a real worker.

In the test suite it is the short form: the sandbox lives fast, and one day of its past is played
while the console is looked at. `make tour` plays the two weeks, waits for a live pick to be
graded, and keeps pictures of every page that it sees.
"""

import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.core import clock
from apps.ops import embedded
from apps.ops.embedded.place import free_port
from apps.ops.tests.stacks import Running, starting
from apps.ops.tests.test_overview_browser import THE_THEMES
from apps.ops.tests.touring import Album, Program, Told, sign_in, sooner_or_later
from beatvegas.browsing import appears, faults

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

FULL = bool(os.environ.get("TOUR"))
HOW = ("--pace", "20") if FULL else ("--days", "1", "--pace", "20")
CONSOLE_WITHIN_S, RUNS_WITHIN_S, PICK_WITHIN_S = 180.0, 400.0, 300.0
GRADED_WITHIN_S = 900.0 if FULL else 240.0
QUIET_S = 30.0 if FULL else 12.0
SCHEMAS = ("acme", "northstar", "harbor")


@pytest.fixture(scope="module")
def album() -> Album:
    if not FULL:
        return Album(None)
    project = Path(embedded.PROJECT)
    return Album(project / ".stack" / "tour", project / "docs" / "pictures")


@pytest.fixture(scope="module")
def stack(brief_home: Any) -> Iterator[Any]:
    """A whole stack that has just been asked to start, in a home whose name has a space."""
    with brief_home("a tour") as home:
        try:
            with starting(home, free_port(), *HOW) as running:
                yield running
        finally:
            embedded.stop("dev", project=home)


class TestTour:
    def test_does_what_a_new_user_does(self, stack: Any, browse: Any, album: Album) -> None:
        printed = stack.until("To stop", within=CONSOLE_WITHIN_S)
        told = Told.read(printed)
        acme = next(Program(url, key) for url, key in told.keys.items() if "//acme." in url)
        assert who_may_stop(told, browse, album) == {
            "ADMIN": {True},
            "OPS": {True},
            "FINANCE": {False},
            "TENANT_STAFF": {False},
        }

        page = browse()
        sign_in(page, told.of_role("ADMIN"))
        watched = watch_a_pick(page, acme, stack, album)
        assert watched["status"] == "GRADED"
        assert watched["result"]["outcome"] in {"WIN", "LOSS", "PUSH"}
        stack.until("Everything runs", within=RUNS_WITHIN_S)
        open_provenance(page, told, watched, album)
        look_around(page, told, album)
        three_tenants_think_differently(told)
        read_the_board(browse, told, watched, album)
        compute_it_again(page, watched, album)
        read_the_api(acme, watched)
        before, after, waiting = see_publishing_stop(page, told, stack, album)
        assert after == before
        assert waiting > 0


def who_may_stop(told: Told, browse: Any, album: Album) -> dict[str, set[bool]]:
    """By role, whether each who signs in where they belong is shown the red control."""
    shown = defaultdict(set)
    for log_in in told.log_ins.values():
        page = browse()
        sign_in(page, log_in)
        control = page.get_by_role("link", name="Stop all publishing…")
        shown[log_in.role].add(bool(control.count()))
        album.look(page, f"front-{log_in.role.lower()}-{log_in.email.partition('@')[2][:5]}")
        page.context.close()
    stranger = told.of_role("TENANT_STAFF")
    page = browse()
    page.goto(told.of_role("ADMIN").console)
    page.fill("[name=username]", stranger.email)
    page.fill("[name=password]", stranger.password)
    page.click("button[type=submit]")
    assert appears(page.get_by_text(re.compile("correct", re.I)))
    return dict(shown)


def watch_a_pick(page: Any, acme: Program, stack: Any, album: Album) -> dict[str, Any]:
    """Keep a pick's page open from its publication until it says how it ended."""
    if FULL:
        stack.until("Everything runs", within=RUNS_WITHIN_S)
    known = {pick["pick"] for pick in acme.published()} if FULL else set()

    def appeared() -> dict[str, Any] | None:
        new = [
            pick
            for pick in acme.published()
            if pick["status"] == "PUBLISHED" and pick["pick"] not in known
        ]
        return min(new, key=lambda pick: pick["game"]["starts_at"], default=None)

    pick = sooner_or_later(appeared, within=PICK_WITHIN_S, every=0.1, what="a pick is published")
    address = f"{origin(page)}/t/acme/admin/picks/pick/{pick['pick']}/change/"
    page.goto(address)
    page.get_by_role("heading", name="Life").wait_for()
    assert page.get_by_text(re.compile("^Published")).count()
    album.look(page, "pick-published")

    def graded() -> bool:
        page.reload()
        return bool(
            page.locator(".bv-life").get_by_text(re.compile("Graded|Won|Lost|Push")).count()
        )

    sooner_or_later(graded, within=GRADED_WITHIN_S, every=1.0, what="the pick is graded")
    album.look(page, "pick-graded")
    [final] = [one for one in acme.published() if one["pick"] == pick["pick"]]
    assert final["recommendation"] == pick["recommendation"]
    return final


def open_provenance(page: Any, told: Told, pick: dict[str, Any], album: Album) -> None:
    """Follow the chain from the pick down to the bytes that came."""
    page.goto(f"{origin(page)}/t/acme/admin/picks/pick/{pick['pick']}/change/")
    chain = page.locator("ol.bv-chain > li")
    assert chain.count() == 6
    links = addresses(chain.locator("a"))
    assert len(links) >= 4
    for href in links:
        assert page.goto(f"{origin(page)}{href}").ok, href
        assert page.locator("h1").count() == 1, href
    album.look(page, "provenance-end")


def look_around(page: Any, told: Told, album: Album) -> None:
    """The front page has something in every card, and every list of the sidebar opens."""
    page.goto(told.of_role("ADMIN").console.removesuffix("login/"))
    page.get_by_role("heading", name="Pipeline").wait_for()
    assert faults(page, allowed=THE_THEMES) == []
    album.show(page, "overview")
    album.look(page, "overview")
    places = set(addresses(page.locator("nav a[href^='/admin/']")))
    for href in sorted(href for href in places if "logout" not in href):
        assert page.goto(f"{origin(page)}{href}").ok, href
        assert page.locator("h1").count() == 1, href
        album.look(page, "list" + href.replace("/", "-").rstrip("-"))
    page.goto(f"{origin(page)}/t/acme/admin/picks/pick/")
    assert page.locator("#result_list tbody tr").count()
    assert faults(page, allowed=THE_THEMES) == []
    album.show(page, "picks")
    album.look(page, "picks")
    page.locator("#result_list a[href*='/picks/pick/']").first.click()
    page.locator("main a[href*='/catalog/event/']").first.click()
    page.wait_for_url("**/catalog/event/*/change/")
    assert faults(page, allowed=THE_THEMES) == []
    album.look(page, "event")


def three_tenants_think_differently(told: Told) -> None:
    """From the same evaluations each makes picks of its own."""
    made = {}
    for url, key in told.keys.items():
        picks = Program(url, key).published()
        made[url] = {
            (pick["event"], pick["market_type"], pick["recommendation"]["side"]) for pick in picks
        }
    assert len(made) == 3
    assert len({frozenset(one) for one in made.values()}) == 3


def read_the_board(browse: Any, told: Told, pick: dict[str, Any], album: Album) -> None:
    """As anybody may: the day, the watched pick's own page, the record, and a proof."""
    board = next(url for url in told.boards if "//acme." in url)
    page = browse()
    assert page.goto(board).ok
    assert page.locator("article.bv-pick").count()
    assert faults(page) == []
    album.show(page, "board")
    album.look_at(browse, board, "board")
    assert page.goto(f"{board}picks/{pick['pick']}/").ok
    assert appears(page.get_by_role("heading", name="How it ended"))
    assert faults(page) == []
    album.look_at(browse, page.url, "board-pick")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the proof").click()
    assert json.loads(Path(saved.value.path()).read_text())["pick"]["id"] == pick["pick"]
    assert page.goto(f"{board}record/").ok
    assert page.locator(".bv-rows li").count()
    album.look_at(browse, page.url, "board-record")
    page.context.close()


def compute_it_again(page: Any, pick: dict[str, Any], album: Album) -> None:
    """The button of operators: every field comes out as it was stored."""
    page.goto(f"{origin(page)}/t/acme/admin/picks/pick/{pick['pick']}/change/")
    page.get_by_role("link", name="Compute it again").click()
    assert appears(page.get_by_text(re.compile(r": equal, (\d+) of \1 fields")))
    album.look(page, "pick-computed-again")


def read_the_api(acme: Program, pick: dict[str, Any]) -> None:
    """With the printed key and nothing else; again is 304, another's key is refused."""
    status, headers, body = acme.get(f"{pick['pick']}/")
    assert (status, body["pick"]) == (200, pick["pick"])
    status, _, _ = acme.get(f"{pick['pick']}/", **{"If-None-Match": headers["ETag"]})
    assert status == 304
    status, headers, problem = Program(acme.picks, "bv_live_00000000_" + "0" * 32).get()
    assert (status, headers["Content-Type"]) == (401, "application/problem+json")
    assert problem["code"]


def see_publishing_stop(
    page: Any, told: Told, stack: Running, album: Album
) -> tuple[dict[str, int], dict[str, int], int]:
    """Press the red control; what each program was shown before and after, and what waits since.

    The worker goes on proposing: a proposal that was made after the stop is good enough to be
    published, and is not.
    """
    page.goto(told.of_role("ADMIN").console.removesuffix("login/"))
    page.get_by_role("link", name="Stop all publishing…").click()
    page.get_by_label("Reason").fill("A tour: to see that it stops.")
    album.look(page, "stop-dialog")
    page.get_by_role("button", name="Stop publishing now").click()
    receipt = page.get_by_text("Everything: stopped after")
    receipt.wait_for()
    stopped_at = clock.now()
    assert re.search(r"stopped after [\d,.]+ m?s, drained after [\d,.]+ m?s", receipt.inner_text())
    before = {url: len(Program(url, key).published()) for url, key in told.keys.items()}
    waiting = sooner_or_later(
        lambda: proposed_since(stack.home, stopped_at),
        within=PICK_WITHIN_S,
        what="something is proposed after the stop",
    )
    time.sleep(QUIET_S)
    after = {url: len(Program(url, key).published()) for url, key in told.keys.items()}
    page.reload()
    assert appears(page.get_by_text("Publishing is stopped everywhere"))
    album.look(page, "overview-stopped")
    return before, after, waiting


def proposed_since(home: Path, instant: datetime) -> int:
    """How many proposals that nothing but the stop keeps back were made after an instant."""
    where = embedded.addresses("dev", project=home)
    with closing(psycopg.connect(where.owner_url)) as connection:
        return sum(
            connection.execute(
                sql.SQL(
                    "SELECT count(*) FROM {} WHERE proposed_at > %s AND status = 'PROPOSED'"
                ).format(sql.Identifier(schema, "pick")),
                [instant],
            ).fetchone()[0]
            for schema in SCHEMAS
        )


def addresses(links: Any) -> list[str]:
    return [href for href in (one.get_attribute("href") for one in links.all()) if href]


def origin(page: Any) -> str:
    found: str = page.evaluate("location.origin")
    return found
