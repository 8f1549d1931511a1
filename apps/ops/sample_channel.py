"""A bot and a channel at the sandbox for the first sample tenant: messages to look at."""

from datetime import datetime
from typing import Final

from apps.core.actor import Actor
from apps.core.sealing import SealBroken, unseal
from apps.tenants.actions import close_channel, enter_bot, open_chat
from apps.tenants.models import Bot, Channel

SCHEMA: Final = "acme"
CHAT: Final = "@sandbox_picks"
_NAME: Final = "Sandbox picks"
_USERNAME: Final = "beatvegas_sandbox_bot"


def ensure_channel(token: str, *, by: Actor, at: datetime) -> None:
    """Have the sandbox's bot and its channel, open; what was published before is not sent there."""
    bot = Bot.objects.filter(tenant=SCHEMA).first()
    if bot is None or _token_of(bot) != token:
        enter_bot(schema=SCHEMA, token=token, username=_USERNAME, by=by, at=at)
    if not Channel.objects.of_tenant(SCHEMA).filter(chat=CHAT).exists():
        open_chat(schema=SCHEMA, name=_NAME, chat=CHAT, by=by, at=at)


def close_sandbox_channel(*, by: Actor, at: datetime) -> None:
    """Send nothing to the sandbox any more, where the world outside is the real one."""
    for channel in Channel.objects.of_tenant(SCHEMA).open().filter(chat=CHAT):
        close_channel(channel_id=channel.pk, by=by, at=at, reason="The sandbox does not run.")


def _token_of(bot: Bot) -> str:
    try:
        return unseal(bot.token_sealed)
    except SealBroken:
        return ""
