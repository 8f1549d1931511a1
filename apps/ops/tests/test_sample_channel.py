"""What `make up` gives the first sample tenant: a bot that writes and hears, at the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from apps.core.sealing import unseal
from apps.ops.hearing import BotStaysDeaf, let_bot_hear
from apps.ops.sample_channel import CHAT, SCHEMA, close_sandbox_channel, ensure_channel
from apps.picks.tests.channels import TOKEN
from apps.tenants.actions import BotMissing
from apps.tenants.models import Bot, Channel

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=NOW)


class TestChannel:
    def test_is_there_once_however_often_it_is_asked_for(self, ops):
        for minute in range(3):
            ensure_channel(TOKEN, by=ops, at=NOW + timedelta(minutes=minute))

        channel, bot = Channel.objects.get(), Bot.objects.get()
        assert (channel.tenant_id, channel.chat, channel.opened_at) == (SCHEMA, CHAT, NOW)
        assert unseal(bot.token_sealed) == TOKEN

    def test_follows_another_world(self, ops):
        ensure_channel(TOKEN, by=ops, at=NOW)
        other = f"7000000001:{'z' * 35}"

        ensure_channel(other, by=ops, at=NOW)

        assert unseal(Bot.objects.get().token_sealed) == other

    def test_is_closed_where_the_world_is_the_real_one(self, ops):
        ensure_channel(TOKEN, by=ops, at=NOW)

        close_sandbox_channel(by=ops, at=NOW)
        close_sandbox_channel(by=ops, at=NOW)

        assert Channel.objects.get().status == "CLOSED"


class TestHearing:
    def test_is_told_to_telegram_with_a_secret_that_only_it_knows(self, ops, far_away):
        ensure_channel(TOKEN, by=ops, at=NOW)

        where = let_bot_hear(
            **{"schema": SCHEMA, "address": "http://127.0.0.1:1", "telegram": far_away.address},
            **{"by": ops, "at": NOW},
        )

        bot = Bot.objects.get()
        told = requests.get(f"{far_away.address}/bot{TOKEN}/getWebhookInfo", timeout=10).json()
        assert told["result"]["url"] == where == f"http://127.0.0.1:1/hooks/telegram/{bot.pk}/"
        assert len(bot.secret_sha256) == 64

    def test_is_refused_where_telegram_cannot_bring_anything(self, ops, far_away):
        ensure_channel(TOKEN, by=ops, at=NOW)

        with pytest.raises(BotStaysDeaf):
            let_bot_hear(
                **{"schema": SCHEMA, "address": "ftp://nowhere", "telegram": far_away.address},
                **{"by": ops, "at": NOW},
            )

    def test_takes_a_bot(self, ops, far_away):
        with pytest.raises(BotMissing):
            let_bot_hear(
                **{"schema": SCHEMA, "address": "http://127.0.0.1:1", "telegram": far_away.address},
                **{"by": ops, "at": NOW},
            )
