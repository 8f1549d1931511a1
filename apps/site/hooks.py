"""What comes in from outside: updates of Telegram, which say who is who, and nothing else yet.

Runs on the login role: whoever is recognised is a person of the platform's own table. Anything
but an update with the bot's secret is told nothing.
"""

import hmac
import json
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.actor import Actor, ActorType
from apps.tenants.actions import Heard, take_update
from apps.tenants.middleware import on_login_role
from apps.tenants.models import Bot

SECRET: Final = "X-Telegram-Bot-Api-Secret-Token"
_MOST_BYTES: Final = 64 * 1024
_SAID: Final = {
    Heard.LINKED: "You are recognised now. Your page shows it, too.",
    Heard.TOKEN_UNKNOWN: "This link was used or is older than ten minutes: ask for another one.",
    Heard.PERSON_LINKED: "This account belongs to somebody else here already.",
    Heard.STARTED: "To be recognised here, open the link that your own page shows.",
}


@csrf_exempt
@require_POST
@on_login_role
def telegram(request: HttpRequest, bot: UUID) -> HttpResponse:
    """Take one update of a bot, once however often it is brought, and answer the person."""
    found = _bot_that_may_hear(request, bot)
    if found is None:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    update = _update_of(request)
    if update is None:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    by = Actor(
        type=ActorType.SYSTEM,
        id=f"telegram bot {found.number}",
        auth_method="bot_secret",
        ip=request.META.get("REMOTE_ADDR") or None,
    )
    taken = take_update(bot_id=found.pk, update=update, by=by, at=clock.now())
    if not taken.new or taken.chat is None:
        return HttpResponse()
    # Telegram takes an answer to the update as a call of the bot: no connection of our own.
    return JsonResponse(
        {"method": "sendMessage", "chat_id": taken.chat, "text": _SAID[taken.heard]}
    )


def _bot_that_may_hear(request: HttpRequest, bot_id: UUID) -> Bot | None:
    """Find the bot if this is its tenant's host, or the operators', and the secret is its own."""
    bot: Bot | None = Bot.objects.filter(pk=bot_id).first()
    sent = sha256(request.headers.get(SECRET, "").encode()).hexdigest()
    # Compared also where there is no bot, so that neither answer is quicker.
    same = hmac.compare_digest(sent, bot.secret_sha256 if bot else "0" * 64)
    if bot is None or not bot.secret_sha256 or not same:
        return None
    host = request.host_tenant  # type: ignore[attr-defined]
    return bot if host.is_platform or host.schema_name == bot.tenant_id else None


def _update_of(request: HttpRequest) -> dict[str, Any] | None:
    if int(request.headers.get("Content-Length") or 0) > _MOST_BYTES:
        return None
    try:
        update = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(update, dict):
        return None
    number = update.get("update_id")
    return update if isinstance(number, int) and 0 <= number < 2**63 else None
