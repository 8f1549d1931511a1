"""The messages of a day as an operator's browser sees them: what stands in each, and what not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.core.tenancy import tenant_scope
from apps.picks import actions
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Delivery, SlateMessage
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.picks.tests.test_console import AT_HOME, HOST, signed_in
from apps.picks.tests.test_race_of_sends import EPOCH
from apps.tenants.tests.factories import OperatorFactory, StaffFactory

LIST = "/t/acme/admin/picks/slatemessage/"
LATER = NOON_BEFORE + timedelta(minutes=2)
GAMES = (
    ("Kansas City Chiefs", "Buffalo Bills"),
    ("Dallas Cowboys", "Chicago Bears"),
    ("Denver Broncos", "Las Vegas Raiders"),
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=1_000_000, messages_a_second=100_000)


@pytest.fixture
def slate(acme, ops, far_away) -> SlateMessage:
    """Two picks stand in the day's message, and of a third nobody knows whether it was added."""
    with telegram(far_away) as outside, tenant_scope(acme):
        opine(acme, **limits())
        enter_bot(acme, NOON_BEFORE)
        open_chat(acme, NOON_BEFORE)
        for home, away in GAMES:
            pick = make_pick(Game(home=home, away=away))
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)
        actions.deliver_due(in_slates=True, by=ops, at=LATER, most=2)
        outside.plan({"fault": "bot_entities"})
        actions.deliver_due(in_slates=True, by=ops, at=LATER)
        found: SlateMessage = SlateMessage.objects.get()
        return found


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    return signed_in(client, OperatorFactory(email="olivia@beatvegas.test"), HOST, "/admin/login/")


def read(client: Client, path: str, headers: Any = HOST) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestPages:
    def test_a_list_shows_how_many_picks_stand_in_each(self, console, slate):
        page = read(console, LIST)

        assert "12 Oct 2025 NFL Picks Sent once number" in page
        assert re.search(r"Sent once number \d+ 2 1 1 (waiting|failed)", page)

    def test_a_page_shows_every_delivery_and_how_it_is_told(self, console, slate, acme):
        page = read(console, f"{LIST}{slate.pk}/change/")

        assert "NFL, 12 October 2025" in page
        assert "Picks in it 2 sent" in page
        assert "Kansas City Chiefs -3.5 Buffalo Bills at Kansas City Chiefs opened it" in page
        assert page.count("added to it published") == 2
        with tenant_scope(acme):
            links = [str(pk) for pk in Delivery.objects.filter(slate=slate).values_list("pk")]
        assert len(links) == 3

    def test_an_edit_and_an_answer_stand_beside_what_they_change(self, console, slate, acme, ops):
        with tenant_scope(acme):
            first = Delivery.objects.filter(slate=slate).earliest("due_at", "pk").pick
            actions.withdraw_pick(pick_id=first.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)

        page = read(console, f"{LIST}{slate.pk}/change/")

        assert "edit of it withdrawn" in page
        assert "answer to it withdrawn" in page

    @pytest.mark.parametrize("by", ["pk", "opener_id"])
    def test_it_is_found_by_what_names_it(self, by, console, slate):
        assert "12 Oct 2025" in read(console, f"{LIST}?q={getattr(slate, by)}")

    def test_it_is_found_by_a_pick(self, console, slate, acme):
        with tenant_scope(acme):
            pick = slate.deliveries.latest("due_at").pick_id

        assert "12 Oct 2025" in read(console, f"{LIST}?q={pick}")

    def test_without_one_the_list_says_when_there_is(self, console):
        assert "With the roll-out slate_message a league&#x27;s day is one message" in read(
            console, LIST
        )

    def test_a_tenants_staff_looks_at_its_own(self, acme, slate, client):
        staff = StaffFactory()
        staff.user_permissions.set(Permission.objects.filter(codename="view_slatemessage"))
        browser = signed_in(client, staff, AT_HOME, "/admin/login/")

        assert "12 Oct 2025" in read(browser, "/admin/picks/slatemessage/", AT_HOME)
