"""An event's snapshots by time, and the chart whose points lead to the bytes they came in."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.catalog.models import Event
from apps.core import clock
from apps.snapshots.models import RawPayload
from apps.snapshots.tests.factories import (
    BRONCOS,
    JETS,
    LATER,
    NEXT,
    SATURDAY,
    Board,
    Feeds,
    changed,
    golden,
    market_of,
    moved,
    without,
)
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory


def agreeing(board: Board) -> Board:
    """BetMGM quotes the spread that the two others begin with: then three books agree."""

    def move(board: Board) -> None:
        for outcome in market_of(board, book="betmgm")["outcomes"]:
            outcome["point"] = 7.5 if outcome["name"] == JETS else -7.5

    return changed(move, board)


@pytest.fixture
def page(db: None, tmp_path: Path, settings: Any, queued: Any, monkeypatch: Any) -> Any:
    """Three polls of the Jets' game, in the last of which FanDuel has left."""
    feeds = Feeds(folder=tmp_path, settings=settings)
    feeds.odds()
    gone = without(agreeing(moved()), book="fanduel")
    feeds.show((SATURDAY, agreeing(golden())), (NEXT, agreeing(moved())), (LATER, gone))
    monkeypatch.setattr(clock, "now", lambda: LATER)
    operator, browser = OperatorFactory(), Client(headers={"host": OPERATORS_HOST})
    browser.post("/admin/login/", {"username": operator.email, "password": PASSWORD})
    event = Event.objects.get(home__name=JETS, away__name=BRONCOS)

    def shown(query: str) -> str:
        answer = browser.get(f"/admin/catalog/event/{event.pk}/change/{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    return shown


def board(shown: str) -> list[list[str]]:
    """The cells of the table of snapshots, without their tags."""
    table = shown.partition('aria-labelledby="snapshots"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row.split("</td>")]
        for row in rows
    ]


def of(rows: list[list[str]], side: str, book: str) -> list[list[str]]:
    return [row for row in rows if row[:3] == ["spread", side, book]]


def at(moment: datetime) -> str:
    return f"?tab=snapshots&at={moment:%Y-%m-%dT%H:%M:%S}"


@pytest.mark.django_db
class TestSnapshotsByTime:
    def test_show_what_each_book_said_at_an_instant(self, page):
        [first] = of(board(page(at(SATURDAY))), "NYJ spread", "DraftKings")
        [then] = of(board(page(at(NEXT))), "NYJ spread", "DraftKings")

        assert (first[3], then[3]) == ("+7.5", "+7 .0")
        assert "16:59:31" in first[6]
        assert "17:01:00" in then[7]

    def test_show_nothing_before_the_first_poll_and_lead_from_change_to_change(self, page):
        before = page("?tab=snapshots&at=2025-10-11T16:00:00")
        first = page(at(SATURDAY))

        assert "No poll up to then" in before
        assert "Change before" not in first
        assert f"at={NEXT:%Y-%m-%dT%H:%M:%S}.000000" in first

    def test_say_which_book_has_left(self, page):
        [gone] = of(board(page(at(LATER))), "NYJ spread", "FanDuel")

        assert (gone[4], gone[5]) == ("—", "Absent")

    def test_lead_to_the_bytes_and_to_the_history_of_the_quote(self, page):
        shown = page(at(NEXT))

        bodies = RawPayload.objects.order_by("pk").values_list("pk", flat=True)[:2]
        for pk in bodies:
            assert f'href="/admin/snapshots/rawpayload/{pk}/change/"' in shown
        assert re.search(r'href="/admin/snapshots/latestquote/\d+/change/#s-[0-9a-f-]{36}"', shown)

    def test_say_that_a_time_is_none(self, page):
        assert "&#x27;noon&#x27; is no time." in page("?tab=snapshots&at=noon")


@pytest.mark.django_db
class TestPointsOfTheChart:
    @pytest.mark.parametrize(
        ("tab", "style", "brought"),
        [("spread-full_game", "dot", {0}), ("spread-full_game", "dot-book", {0, 1})],
    )
    def test_lead_to_the_payload_that_brought_them(self, tab, style, brought, page):
        shown = page(f"?tab={tab}")

        drawing = shown.partition('class="bv-chart bv-wide"')[2].partition("</svg>")[0]
        links = re.findall(r'<a href="([^"]+)"[^>]*><circle class="([a-z-]+)"', drawing)
        bodies = list(RawPayload.objects.order_by("pk").values_list("pk", flat=True))
        assert {there for there, drawn in links if drawn == style} == {
            f"/admin/snapshots/rawpayload/{bodies[number]}/change/" for number in brought
        }

    def test_are_rows_of_the_table_as_well(self, page):
        shown = page("?tab=spread-full_game&as=table")

        assert shown.count('change/">body</a>') == 3
