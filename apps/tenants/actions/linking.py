"""Recognising a person on Telegram: a token that they send to the bot, once and soon."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit
from apps.governance.models import Strength
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions.people import AddressTaken, PersonErased
from apps.tenants.kinds import UserStatus
from apps.tenants.logins import login_name
from apps.tenants.models import Bot, BotUpdate, LinkToken, User

GOOD_FOR: Final = timedelta(minutes=10)
_START: Final = "/start"
_BYTES: Final = 24  # 192 bits, in 32 characters that an address may carry


class Heard(StrEnum):
    """What came of an update."""

    LINKED = "LINKED"
    TOKEN_UNKNOWN = "TOKEN_UNKNOWN"  # nobody was given it, or it was used, or it is too old
    PERSON_LINKED = "PERSON_LINKED"  # this Telegram account is another person's here
    STARTED = "STARTED"  # without a token
    IGNORED = "IGNORED"  # nothing that concerns us


@dataclass(frozen=True, slots=True)
class Taken:
    """An update as it was taken; one that came before is not ``new`` and has no effect."""

    heard: Heard
    new: bool
    chat: int | None = None  # whom to answer


class TokenUnknown(RuleBroken):
    code = "LINK_TOKEN_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("This link was used, is too old, or was never given out: ask for another.")


@transaction.atomic
def make_link_token(*, user_id: UUID, by: Actor, at: datetime) -> tuple[LinkToken, str]:
    """Make a token for a person and return it with its text, which is nowhere kept.

    Earlier ones of the same person are good for nothing from then on.

    Raises:
        PersonErased: there is nobody left.
    """
    user = User.across_tenants.locked().get(pk=user_id)
    if user.status != UserStatus.ACTIVE:
        raise PersonErased
    for earlier in LinkToken.objects.locked().filter(user=user, used_at=None, expires_at__gt=at):
        with audit.recording("link_token.replaced", earlier, by=by, at=at):
            earlier.expires_at = max(at, earlier.made_at + timedelta(microseconds=1))
            earlier.save(update_fields=["expires_at"])
    text = secrets.token_urlsafe(_BYTES)
    token = LinkToken(user=user, hashed=_hash(text), made_at=at, expires_at=at + GOOD_FOR)
    token.save(force_insert=True)
    audit.record("link_token.made", token, by=by, at=at, strength=Strength.SYNC)
    return token, text


@transaction.atomic
def link_telegram(
    *, schema: str, text: str, telegram_user_id: int, by: Actor, at: datetime
) -> User:
    """Bind a Telegram account to the person whom a token of this tenant was made for.

    Raises:
        TokenUnknown: no such token, or it was used, or it is too old.
        AddressTaken: the account belongs to another person of the tenant.
    """
    token = (
        LinkToken.objects.locked().of_tenant(schema).filter(hashed=_hash(text), used_at=None)
    ).first()
    if token is None or token.expires_at <= at:
        raise TokenUnknown
    user: User = User.across_tenants.locked().get(pk=token.user_id)
    if user.status != UserStatus.ACTIVE:
        raise TokenUnknown
    taken = AddressTaken(schema)
    with audit.recording("user.linked", user, by=by, at=at, strength=Strength.SYNC):
        user.telegram_user_id = telegram_user_id
        user.login = login_name(schema, email=user.email, telegram_user_id=telegram_user_id)
        with refusing({"user_telegram_is_unique_in_its_tenant": taken, "user_login_key": taken}):
            user.save(update_fields=["telegram_user_id", "login"])
    with audit.recording("link_token.used", token, by=by, at=at):
        token.used_at = at
        token.save(update_fields=["used_at"])
    return user


@transaction.atomic
def unlink_telegram(*, user_id: UUID, by: Actor, at: datetime) -> User:
    """Forget somebody's Telegram account; who has no other address keeps it."""
    user: User = User.across_tenants.locked().get(pk=user_id)
    if user.email is not None and user.telegram_user_id is not None:
        with audit.recording("user.unlinked", user, by=by, at=at, strength=Strength.SYNC):
            user.telegram_user_id = None
            user.save(update_fields=["telegram_user_id"])
    return user


@transaction.atomic
def take_update(*, bot_id: UUID, update: Mapping[str, Any], by: Actor, at: datetime) -> Taken:
    """Act on one update of Telegram's, once, however often it is brought.

    The receipt is written with what came of it, so that an update whose work was lost is taken
    again when it is brought again.
    """
    bot = Bot.objects.select_for_update(of=["self"]).get(pk=bot_id)
    number = int(update["update_id"])
    if BotUpdate.objects.filter(bot=bot, update_id=number).exists():
        return Taken(Heard.IGNORED, new=False)
    heard, chat = _heard(bot, update, by=by, at=at)
    receipt = BotUpdate(bot=bot, update_id=number, received_at=at, outcome=heard.value)
    receipt.save(force_insert=True)
    audit.record("bot_update.taken", receipt, by=by, at=at)
    return Taken(heard, new=True, chat=chat)


def _heard(
    bot: Bot, update: Mapping[str, Any], *, by: Actor, at: datetime
) -> tuple[Heard, int | None]:
    """Only what a person writes to the bot alone counts, and only its number names the person."""
    message = update.get("message")
    match message:
        case {
            "chat": {"type": "private", "id": int(chat)},
            "from": {"id": int(person), "is_bot": False},
            "text": str(text),
        } if text.partition(" ")[0] == _START:
            token = text.partition(" ")[2].strip()
            if not token:
                return Heard.STARTED, chat
            try:
                with transaction.atomic():
                    link_telegram(
                        schema=bot.tenant_id, text=token, telegram_user_id=person, by=by, at=at
                    )
            except TokenUnknown:
                return Heard.TOKEN_UNKNOWN, chat
            except AddressTaken:
                return Heard.PERSON_LINKED, chat
            return Heard.LINKED, chat
    return Heard.IGNORED, None


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
