"""What may happen to a tenant's bot and channels: entered, narrowed, paused, closed, opened."""

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import fetch_all, refusing
from apps.core.sealing import seal
from apps.governance import audit
from apps.governance.models import Strength
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import Tier
from apps.tenants.actions.running import require_reason
from apps.tenants.kinds import BotStatus, ChannelKind, ChannelStatus, TenantType
from apps.tenants.models import Bot, Channel, Tenant

TOKEN = re.compile(r"(?P<number>\d{5,16}):[A-Za-z0-9_-]{20,80}")
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z0-9_]{4,32}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{4,32}")
_SECRET_LEAST = 16  # characters
LONGEST_PAUSE_S = 24 * 3600


class ChannelOwnerUnfit(RuleBroken):
    code = "CHANNEL_OWNER_UNFIT"

    def __init__(self, schema: str) -> None:
        super().__init__(f"{schema!r} is part of the platform: it publishes nothing.")


class BotTokenUnfit(RuleBroken):
    code = "BOT_TOKEN_UNFIT"

    def __init__(self) -> None:
        super().__init__("This is no bot's token: a number, a colon, and some 35 characters.")


class BotTaken(RuleBroken):
    code = "BOT_TAKEN"

    def __init__(self) -> None:
        super().__init__("Another tenant speaks with this bot: each has one of its own.")


class BotMissing(RuleBroken):
    code = "BOT_MISSING"

    def __init__(self, schema: str) -> None:
        super().__init__(f"{schema!r} has no bot: enter its token first.")


class ChannelAddressUnfit(RuleBroken):
    code = "CHANNEL_ADDRESS_UNFIT"


class ChannelTaken(RuleBroken):
    code = "CHANNEL_TAKEN"

    def __init__(self, address: str) -> None:
        super().__init__(f"A channel leads to {address} already: open or change that one.")


class ChannelNameMissing(RuleBroken):
    code = "CHANNEL_NAME_MISSING"

    def __init__(self) -> None:
        super().__init__("Say what people call it, in 1 to 80 characters.")


class ChannelSecretUnfit(RuleBroken):
    code = "CHANNEL_SECRET_UNFIT"

    def __init__(self) -> None:
        super().__init__(f"What messages are signed with has {_SECRET_LEAST} characters or more.")


class ChannelTierUnfit(RuleBroken):
    code = "CHANNEL_TIER_UNFIT"

    def __init__(self) -> None:
        super().__init__("A channel is for EDGE, for LEAN, or for both.")


class ChannelStands(RuleBroken):
    code = "CHANNEL_STANDS_ALREADY"

    def __init__(self, channel: Channel) -> None:
        super().__init__(f"{channel} is {channel.status} already.")


@transaction.atomic
def enter_bot(*, schema: str, token: str, username: str, by: Actor, at: datetime) -> Bot:
    """Give a tenant its bot, or the one it has another token; it works and waits for nothing.

    Raises:
        ChannelOwnerUnfit: the platform's own rows.
        BotTokenUnfit: it does not look like a token, or has no name.
        BotTaken: another tenant has it.
    """
    tenant = _customer(schema)
    form, username = TOKEN.fullmatch(token.strip()), username.strip().removeprefix("@")
    if form is None or not _USERNAME.fullmatch(username):
        raise BotTokenUnfit
    bot = Bot.objects.select_for_update().filter(tenant=tenant).first()
    entered = bot or Bot(tenant=tenant)
    before = None if bot is None else bot.audit_state()
    entered.number, entered.username = int(form["number"]), username
    entered.token_sealed = seal(token.strip())
    entered.status, entered.paused_until = BotStatus.WORKING.value, None
    with refusing({"bot_number_key": BotTaken()}):
        entered.save(force_insert=bot is None)
    _note("bot.entered", entered, before, by=by, at=at, strength=Strength.SYNC)
    return entered


@transaction.atomic
def give_bot_ears(*, bot_id: UUID, secret: str, by: Actor, at: datetime) -> Bot:
    """Note with which secret Telegram brings updates of a bot from now on; empty: with none."""
    bot = Bot.objects.select_for_update().get(pk=bot_id)
    with audit.recording("bot.hears", bot, by=by, at=at, strength=Strength.SYNC):
        bot.secret_sha256 = sha256(secret.encode()).hexdigest() if secret else ""
        bot.save(update_fields=["secret_sha256"])
    return bot


@transaction.atomic
def pause_bot(*, schema: str, seconds: int, by: Actor, at: datetime) -> Bot:
    """Send nothing with a tenant's bot for so long, by the database's clock; restarts keep to it.

    A longer pause that stands already is kept.
    """
    bot = Bot.objects.select_for_update().get(tenant=schema)
    [(until,)] = fetch_all(
        "SELECT clock_timestamp() + make_interval(secs => %s)", [min(seconds, LONGEST_PAUSE_S)]
    )
    if bot.paused_until is None or bot.paused_until < until:
        with audit.recording("bot.paused", bot, by=by, at=at, reason=f"{seconds} s"):
            bot.paused_until = until
            bot.save(update_fields=["paused_until"])
    return bot


@transaction.atomic
def refuse_bot(*, schema: str, by: Actor, at: datetime, reason: str) -> Bot:
    """Note that Telegram does not know a bot's token any more: nothing is sent until another is."""
    bot = Bot.objects.select_for_update().get(tenant=schema)
    if bot.status != BotStatus.REFUSED:
        with audit.recording(
            "bot.refused", bot, by=by, at=at, reason=reason, strength=Strength.SYNC
        ):
            bot.status = BotStatus.REFUSED.value
            bot.save(update_fields=["status"])
    return bot


@transaction.atomic
def open_chat(
    *,
    schema: str,
    name: str,
    chat: str,
    leagues: Iterable[str] = (),
    tiers: Iterable[str] = (),
    by: Actor,
    at: datetime,
) -> Channel:
    """Let a tenant's picks go to a chat of its bot from now on.

    Raises:
        ChannelOwnerUnfit, ChannelNameMissing, ChannelTierUnfit: it cannot be one.
        BotMissing: nobody could write there.
        ChannelAddressUnfit, ChannelTaken: it is no chat, or a channel leads there already.
    """
    tenant, chat = _customer(schema), chat.strip()
    if not Bot.objects.filter(tenant=tenant).exists():
        raise BotMissing(schema)
    if not _CHAT.fullmatch(chat):
        raise ChannelAddressUnfit(f"{chat!r} is no chat: its number, or its @name.")
    channel = Channel(tenant=tenant, kind=ChannelKind.TELEGRAM.value, chat=chat, opened_at=at)
    return _open(channel, name, leagues, tiers, by=by, at=at)


@transaction.atomic
def open_webhook(
    *,
    schema: str,
    name: str,
    url: str,
    secret: str,
    leagues: Iterable[str] = (),
    tiers: Iterable[str] = (),
    by: Actor,
    at: datetime,
) -> Channel:
    """Let a tenant's picks go to an address of a customer from now on, signed with a secret.

    Where the address leads is looked up at each message, not here.

    Raises:
        ChannelOwnerUnfit, ChannelNameMissing, ChannelTierUnfit: it cannot be one.
        ChannelSecretUnfit: too short to sign with.
        ChannelAddressUnfit, ChannelTaken: it is no address, or a channel leads there already.
    """
    tenant, url = _customer(schema), url.strip()
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("https", "http") or parts.username:
        raise ChannelAddressUnfit(f"{url!r} is no address: https://host/path, without a password.")
    if len(secret) < _SECRET_LEAST:
        raise ChannelSecretUnfit
    channel = Channel(
        tenant=tenant,
        kind=ChannelKind.WEBHOOK.value,
        url=url,
        secret_sealed=seal(secret),
        opened_at=at,
    )
    return _open(channel, name, leagues, tiers, by=by, at=at)


@transaction.atomic
def narrow_channel(
    *,
    channel_id: UUID,
    name: str,
    leagues: Iterable[str],
    tiers: Iterable[str],
    by: Actor,
    at: datetime,
) -> Channel:
    """Change what a channel is called and which picks go there from now on.

    Raises:
        ChannelNameMissing, ChannelTierUnfit: it cannot be so.
    """
    channel = Channel.objects.locked().get(pk=channel_id)
    with audit.recording("channel.narrowed", channel, by=by, at=at):
        _fill(channel, name, leagues, tiers)
        channel.save(update_fields=["name", "leagues", "tiers"])
    return channel


@transaction.atomic
def close_channel(*, channel_id: UUID, by: Actor, at: datetime, reason: str) -> Channel:
    """Send nothing there any more, not even what is owed already.

    Raises:
        ReasonMissing: nobody says why.
        ChannelStands: it is closed.
    """
    require_reason(reason)
    channel = Channel.objects.locked().get(pk=channel_id)
    if not channel.is_open:
        raise ChannelStands(channel)
    with audit.recording("channel.closed", channel, by=by, at=at, reason=reason):
        channel.status, channel.closed_reason = ChannelStatus.CLOSED.value, reason[:200]
        channel.save(update_fields=["status", "closed_reason"])
    return channel


@transaction.atomic
def reopen_channel(*, channel_id: UUID, by: Actor, at: datetime) -> Channel:
    """Send there again, what is published from now on.

    Raises:
        ChannelStands: it is open.
    """
    channel = Channel.objects.locked().get(pk=channel_id)
    if channel.is_open:
        raise ChannelStands(channel)
    with audit.recording("channel.reopened", channel, by=by, at=at):
        channel.status, channel.closed_reason = ChannelStatus.OPEN.value, ""
        channel.opened_at = at
        channel.save(update_fields=["status", "closed_reason", "opened_at"])
    return channel


@transaction.atomic
def move_chat(*, channel_id: UUID, chat: str, by: Actor, at: datetime) -> Channel:
    """Follow a chat that Telegram gave another number."""
    channel = Channel.objects.locked().get(pk=channel_id)
    if channel.chat != chat:
        with audit.recording("channel.moved", channel, by=by, at=at, reason=f"to {chat}"):
            channel.chat = chat
            with refusing({"channel_address_is_used_once": ChannelTaken(chat)}):
                channel.save(update_fields=["chat"])
    return channel


def _customer(schema: str) -> Tenant:
    tenant: Tenant = Tenant.objects.locked().get(pk=schema)
    if tenant.is_platform or tenant.type == TenantType.TEMPLATE:
        raise ChannelOwnerUnfit(schema)
    return tenant


def _fill(channel: Channel, name: str, leagues: Iterable[str], tiers: Iterable[str]) -> None:
    channel.name, channel.leagues = name.strip(), sorted(set(leagues))
    channel.tiers = sorted(set(tiers))
    if not 0 < len(channel.name) <= 80:
        raise ChannelNameMissing
    if not set(channel.tiers) <= {Tier.EDGE.value, Tier.LEAN.value}:
        raise ChannelTierUnfit


def _open(
    channel: Channel,
    name: str,
    leagues: Iterable[str],
    tiers: Iterable[str],
    *,
    by: Actor,
    at: datetime,
) -> Channel:
    _fill(channel, name, leagues, tiers)
    with refusing({"channel_address_is_used_once": ChannelTaken(channel.address)}):
        channel.save(force_insert=True)
    _note("channel.opened", channel, None, by=by, at=at, strength=Strength.SYNC)
    return channel


def _note(
    action: str,
    row: Bot | Channel,
    before: dict[str, object] | None,
    *,
    by: Actor,
    at: datetime,
    strength: Strength,
) -> None:
    audit.record_set(
        [
            audit.Row(
                action=action,
                object_type=type(row).__name__,
                object_id=str(row.pk),
                before=before,
                after=row.audit_state(),
            )
        ],
        by=by,
        at=at,
        strength=strength,
    )
