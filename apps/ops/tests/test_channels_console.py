"""Bots, channels, links and doubtful messages, as an operator's browser sees them."""

import re
from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.sealing import unseal
from apps.core.tenancy import tenant_scope
from apps.ops.tests.test_console import signed_in
from apps.picks import actions as picks
from apps.picks.models import Delivery
from apps.picks.tests.channels import PICKS_CHAT, TOKEN, enter_bot, open_chat
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.tenants import hosts
from apps.tenants.models import Bot, Channel, LinkToken
from apps.tenants.tests.factories import OPERATORS_HOST, OperatorFactory, StaffFactory

BOTS, CHANNELS = "/admin/tenants/bot/", "/admin/tenants/channel/"
LATER = NOON_BEFORE + timedelta(minutes=2)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    hosts.forget()
    monkeypatch.setattr(clock, "now", lambda: LATER)
    yield
    hosts.forget()


@pytest.fixture
def browser(acme):
    return signed_in(OperatorFactory(), OPERATORS_HOST)


class TestBots:
    ASKED = {"tenant": "acme", "username": "@acme_picks_bot", "token": TOKEN}

    def test_are_entered_with_a_token_that_no_page_shows_again(self, browser):
        browser.post(f"{BOTS}add/", self.ASKED)

        bot = Bot.objects.get()
        assert (bot.username, bot.number) == ("acme_picks_bot", 7000000001)
        assert unseal(bot.token_sealed) == TOKEN
        pages = [browser.get(page).content.decode() for page in (BOTS, f"{BOTS}{bot.pk}/change/")]
        assert all("@acme_picks_bot" in page or "acme_picks_bot" in page for page in pages)
        assert not [page for page in pages if TOKEN in page or bot.token_sealed in page]

    def test_keep_a_refusal_on_the_form(self, browser):
        page = browser.post(f"{BOTS}add/", {**self.ASKED, "token": "nonsense"}, follow=True)

        assert "BOT_TOKEN_UNFIT" in page.content.decode()
        assert not Bot.objects.exists()

    def test_get_another_token(self, browser, acme):
        bot = enter_bot(acme, NOON_BEFORE)
        other = f"7000000002:{'B' * 35}"

        browser.post(f"{BOTS}{bot.pk}/change/", {**self.ASKED, "token": other})

        assert unseal(Bot.objects.get().token_sealed) == other


class TestChannels:
    def test_to_a_chat_are_opened_narrowed_closed_and_opened_again(self, browser, acme):
        enter_bot(acme, NOON_BEFORE)
        asked = {"tenant": acme, "kind": "TELEGRAM", "name": "NFL", "chat": PICKS_CHAT}

        browser.post(f"{CHANNELS}add/", {**asked, "leagues": "NFL", "tiers": ["EDGE"]})

        channel = Channel.objects.get()
        assert (channel.leagues, channel.tiers, channel.opened_at) == (["NFL"], ["EDGE"], LATER)
        page = f"{CHANNELS}{channel.pk}/"
        browser.post(f"{page}change/", {"name": "All", "leagues": "", "tiers": []})
        browser.post(f"{page}close/", {"reason": "It moved."})
        channel.refresh_from_db()
        assert (channel.name, channel.leagues, channel.tiers) == ("All", [], [])
        assert (channel.status, channel.closed_reason) == ("CLOSED", "It moved.")
        browser.post(f"{page}reopen/", {})
        channel.refresh_from_db()
        assert channel.status == "OPEN"

    def test_to_an_address_show_their_secret_once(self, browser, acme):
        asked = {"tenant": acme, "kind": "WEBHOOK", "name": "Theirs", "url": "https://x.example/"}

        made = browser.post(f"{CHANNELS}add/", asked)

        channel = Channel.objects.get()
        secret = unseal(channel.secret_sealed)
        assert secret in made.content.decode()
        assert "no-store" in made.headers["Cache-Control"]
        later = browser.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
        assert secret not in later
        assert channel.secret_sealed not in later

    def test_without_a_bot_lead_to_no_chat(self, browser, acme):
        asked = {"tenant": acme, "kind": "TELEGRAM", "name": "NFL", "chat": PICKS_CHAT}

        page = browser.post(f"{CHANNELS}add/", asked, follow=True).content.decode()

        assert "BOT_MISSING" in page
        assert not Channel.objects.exists()


class TestLinks:
    def test_are_shown_on_one_page_only(self, browser, acme):
        enter_bot(acme, NOON_BEFORE)
        person = StaffFactory(schema=acme)
        page = f"/admin/tenants/user/{person.pk}/link/"

        asked = browser.get(page).content.decode()
        shown = browser.post(page, {})

        assert "within ten" in asked
        assert not LinkToken.objects.filter(hashed=asked).exists()
        link = re.search(
            r"https://t\.me/beatvegas_sandbox_bot\?start=([\w-]{32})", shown.content.decode()
        )
        assert link
        assert "no-store" in shown.headers["Cache-Control"]
        assert LinkToken.objects.get().user == person


class TestDoubts:
    @pytest.fixture
    def doubt(self, acme, ops) -> Delivery:
        """A message whose sender died."""
        from apps.picks.actions.delivering.outcomes import doubt

        with tenant_scope(acme):
            enter_bot(acme, NOON_BEFORE)
            open_chat(acme, NOON_BEFORE)
            picks.publish_pick(pick_id=make_pick(Game()).pk, by=ops, at=LATER)
            row = Delivery.objects.select_related("pick").get(channel="TELEGRAM")
            doubt(row, "LEASE_EXPIRED", by=ops, at=LATER)
        return row

    def test_stand_on_the_overview_with_both_answers(self, browser, doubt):
        page = browser.get("/admin/").content.decode()

        there = f"/t/acme/admin/picks/delivery/{doubt.pk}/"
        assert "Did this message of acme arrive?" in page
        assert f'href="{there}arrived/"' in page
        assert f'href="{there}send-again/"' in page

    def test_are_ended_by_each_answer(self, browser, acme, doubt):
        there = f"/t/acme/admin/picks/delivery/{doubt.pk}/"
        listed = browser.get("/t/acme/admin/picks/delivery/").content.decode()
        assert "It did not: send" in listed

        asked = browser.get(f"{there}send-again/").content.decode()
        browser.post(f"{there}send-again/", {})

        assert "its readers get it twice" in asked
        with tenant_scope(acme):
            doubt.refresh_from_db()
            assert doubt.status == "PENDING"
        page = browser.get("/admin/").content.decode()
        assert "Did this message" not in page

    def test_that_arrived_keep_their_number(self, browser, acme, doubt):
        browser.post(f"/t/acme/admin/picks/delivery/{doubt.pk}/arrived/", {"number": "77"})

        with tenant_scope(acme):
            doubt.refresh_from_db()
            assert (doubt.status, doubt.message_id) == ("SENT", 77)

    def test_may_be_let_be(self, browser, acme, doubt):
        browser.post(f"/t/acme/admin/picks/delivery/{doubt.pk}/give-up/", {"reason": "Old."})

        with tenant_scope(acme):
            doubt.refresh_from_db()
            assert doubt.status == "VOID"
