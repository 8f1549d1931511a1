"""Updates of Telegram: who may bring them, what one is good for, and that it counts once."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.governance.models import AuditEntry
from apps.picks.tests.channels import enter_bot
from apps.site.hooks import SECRET
from apps.tenants import actions, hosts
from apps.tenants.actions import linking
from apps.tenants.models import Bot, BotUpdate, LinkToken, User
from apps.tenants.tests.factories import OPERATORS_HOST, StaffFactory

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GOOD = "a-secret-of-this-bot"
ADA = 2000000001
HOST = "acme.localhost"


@pytest.fixture(autouse=True)
def at_a_standing_clock(monkeypatch):
    hosts.forget()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    hosts.forget()


@pytest.fixture
def bot(acme, ops) -> Bot:
    made = enter_bot(acme, NOW)
    return actions.give_bot_ears(bot_id=made.pk, secret=GOOD, by=ops, at=NOW)


@pytest.fixture
def person(acme) -> User:
    return StaffFactory(schema=acme)


def said(text: str, *, number: int = 1, person: int = ADA, kind: str = "private") -> dict:
    return {
        "update_id": number,
        "message": {
            "message_id": 1,
            "from": {"id": person, "is_bot": False, "first_name": "Ada", "username": "ops"},
            "chat": {"id": person, "type": kind},
            "date": 0,
            "text": text,
        },
    }


def bring(bot: Bot, update: object, *, secret: str = GOOD, host: str = ""):
    body = update if isinstance(update, (bytes, str)) else json.dumps(update)
    return Client().post(
        f"/hooks/telegram/{bot.pk}/",
        body,
        content_type="application/json",
        headers={"host": host or HOST, SECRET: secret},
    )


@pytest.mark.django_db
class TestLinking:
    def test_binds_the_account_that_sent_the_token(self, bot, person, ops):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)
        assert re.fullmatch(r"[A-Za-z0-9_-]{32,64}", text)

        answer = bring(bot, said(f"/start {text}"))

        person.refresh_from_db()
        assert person.telegram_user_id == ADA
        assert person.login == f"acme/{person.email.lower()}"
        assert answer.json()["method"] == "sendMessage"
        assert answer.json()["chat_id"] == ADA
        assert "recognised" in answer.json()["text"]
        entry = AuditEntry.across_tenants.get(action="user.linked")
        assert entry.actor_id == "telegram bot 7000000001"
        assert entry.diff == {"has_telegram": [False, True]}

    def test_keeps_nothing_of_the_token_but_its_hash(self, person, ops):
        token, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)

        assert token.hashed != text
        assert not LinkToken.objects.filter(hashed=text).exists()

    def test_counts_an_update_once_however_often_it_comes(self, bot, person, ops):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)

        answers = [bring(bot, said(f"/start {text}")) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert [bool(answer.content) for answer in answers] == [True, False, False]
        assert BotUpdate.objects.count() == 1

    def test_works_once(self, bot, person, ops):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)
        bring(bot, said(f"/start {text}"))

        again = bring(bot, said(f"/start {text}", number=2, person=ADA + 1))

        person.refresh_from_db()
        assert person.telegram_user_id == ADA
        assert "ask for another" in again.json()["text"]
        assert BotUpdate.objects.get(update_id=2).outcome == "TOKEN_UNKNOWN"

    def test_ends_after_ten_minutes(self, bot, person, ops, monkeypatch):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)
        assert timedelta(minutes=10) == linking.GOOD_FOR
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=10))

        bring(bot, said(f"/start {text}"))

        person.refresh_from_db()
        assert person.telegram_user_id is None

    def test_with_a_newer_token_the_older_is_good_for_nothing(self, bot, person, ops):
        _, old = actions.make_link_token(user_id=person.pk, by=ops, at=NOW - timedelta(minutes=1))
        actions.make_link_token(user_id=person.pk, by=ops, at=NOW)

        bring(bot, said(f"/start {old}"))

        person.refresh_from_db()
        assert person.telegram_user_id is None

    def test_of_one_account_to_two_people_is_refused(self, bot, acme, person, ops):
        first, second = person, StaffFactory(schema=acme)
        _, text = actions.make_link_token(user_id=first.pk, by=ops, at=NOW)
        bring(bot, said(f"/start {text}"))
        _, text = actions.make_link_token(user_id=second.pk, by=ops, at=NOW)

        answer = bring(bot, said(f"/start {text}", number=2))

        second.refresh_from_db()
        assert second.telegram_user_id is None
        assert "somebody else" in answer.json()["text"]

    def test_of_another_tenants_token_is_refused(self, bot, rival, ops):
        stranger = StaffFactory(schema=rival)
        _, text = actions.make_link_token(user_id=stranger.pk, by=ops, at=NOW)

        bring(bot, said(f"/start {text}"))

        stranger.refresh_from_db()
        assert stranger.telegram_user_id is None

    def test_of_somebody_who_may_not_come_in_is_refused(self, bot, person, ops):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)
        actions.disable_user(user_id=person.pk, by=ops, at=NOW, reason="Left.")

        bring(bot, said(f"/start {text}"))

        person.refresh_from_db()
        assert person.telegram_user_id is None

    def test_can_be_undone(self, bot, person, ops):
        _, text = actions.make_link_token(user_id=person.pk, by=ops, at=NOW)
        bring(bot, said(f"/start {text}"))

        actions.unlink_telegram(user_id=person.pk, by=ops, at=NOW)

        person.refresh_from_db()
        assert person.telegram_user_id is None


@pytest.mark.django_db
class TestDoor:
    @pytest.mark.parametrize("secret", ["", "wrong", f"{GOOD} "[:-2]])
    def test_is_closed_without_the_bots_secret(self, secret, bot):
        assert bring(bot, said("/start"), secret=secret).status_code == 401
        assert not BotUpdate.objects.exists()

    def test_is_closed_while_the_bot_does_not_hear(self, bot, ops):
        actions.give_bot_ears(bot_id=bot.pk, secret="", by=ops, at=NOW)

        assert bring(bot, said("/start"), secret="").status_code == 401

    def test_is_closed_on_another_tenants_host_and_open_on_the_operators(self, bot, rival):
        assert bring(bot, said("/start"), host="rival.localhost").status_code == 401
        assert bring(bot, said("/start"), host=OPERATORS_HOST).status_code == 200

    @pytest.mark.parametrize(
        "body", ["", "[]", "{}", "nonsense", '{"update_id": "1"}', '{"update_id": -1}', "[" * 9000]
    )
    def test_takes_nothing_that_is_no_update(self, body, bot):
        assert bring(bot, body).status_code == 400

    def test_takes_nothing_larger_than_an_update(self, bot):
        assert bring(bot, said("/start " + "x" * 70_000)).status_code == 400

    def test_takes_no_other_method(self, bot):
        assert Client().get(f"/hooks/telegram/{bot.pk}/", headers={"host": HOST}).status_code == 405

    @pytest.mark.parametrize(
        "update",
        [
            said("hello"),
            said("/start x", kind="group"),
            {"update_id": 9, "edited_message": {"text": "/start x"}},
            {"update_id": 9, "message": {"from": {"id": "1"}, "text": "/start x"}},
            {"update_id": 9, "message": None},
        ],
    )
    def test_makes_nothing_of_what_does_not_concern_us(self, update, bot):
        answer = bring(bot, update)

        assert (answer.status_code, answer.content) == (200, b"")
        assert BotUpdate.objects.get().outcome == "IGNORED"

    def test_tells_who_comes_without_a_token_where_to_find_one(self, bot):
        assert "your own page" in bring(bot, said("/start")).json()["text"]
