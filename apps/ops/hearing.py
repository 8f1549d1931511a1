"""Telling Telegram where a bot hears, with a secret of its own that nobody else knows."""

import secrets
from datetime import datetime

from apps.core.actor import Actor
from apps.core.sealing import unseal
from apps.picks.telegram import Telegram
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions import BotMissing, give_bot_ears
from apps.tenants.models import Bot

PATH = "/hooks/telegram/{bot}/"


class BotStaysDeaf(RuleBroken):
    code = "BOT_STAYS_DEAF"

    def __init__(self, address: str) -> None:
        super().__init__(f"Telegram does not take {address} as the place where the bot hears.")


def let_bot_hear(*, schema: str, address: str, telegram: str = "", by: Actor, at: datetime) -> str:
    """Have updates of a tenant's bot brought to the platform from now on; return where to.

    ``address`` is the tenant's own, with its scheme. The secret is noted before Telegram is
    told, so that the first update it brings is recognised.

    Raises:
        BotMissing: the tenant has none.
        BotStaysDeaf: Telegram says no.
    """
    bot = Bot.objects.filter(tenant=schema).first()
    if bot is None:
        raise BotMissing(schema)
    where = address.rstrip("/") + PATH.format(bot=bot.pk)
    secret = secrets.token_urlsafe(32)
    give_bot_ears(bot_id=bot.pk, secret=secret, by=by, at=at)
    told = Telegram(unseal(bot.token_sealed), address=telegram).ask(
        "setWebhook", url=where, secret_token=secret, allowed_updates=["message"]
    )
    if told is None:
        raise BotStaysDeaf(where)
    return where
