"""One bot that writes: a call, one connection, one answer, never a second try of its own."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from apps.core import line
from apps.picks.reached import Reached
from apps.picks.telegram.meaning import meaning_of
from apps.rulebook.errors import RuleBroken

TOTAL_S: Final = 8.0  # the gate is held meanwhile, so that a kill waits no longer than that
_MOST_BYTES: Final = 1_000_000
_NO_PREVIEW: Final = {"is_disabled": True}


class TelegramUnplugged(RuleBroken):
    code = "TELEGRAM_UNPLUGGED"

    def __init__(self) -> None:
        super().__init__("No Telegram hangs on this process: nothing is sent from it.")


class TelegramUnprotected(RuleBroken):
    code = "TELEGRAM_UNPROTECTED"

    def __init__(self) -> None:
        super().__init__("A bot's token travels in the address: over https, or on this machine.")


class Telegram:
    """A bot with its token. Neither shows the token, whatever happens to a call."""

    __slots__ = ("_base",)

    def __init__(self, token: str, *, address: str = "") -> None:
        """Raises: TelegramUnplugged, TelegramUnprotected."""
        address = address or settings.TELEGRAM_URL
        if not address:
            raise TelegramUnplugged
        parts = urlsplit(address)
        if parts.scheme != "https" and not line.is_loopback(parts.hostname or ""):
            raise TelegramUnprotected
        self._base = f"{address.rstrip('/')}/bot{token}"

    def __repr__(self) -> str:
        return "Telegram(***)"

    def send(self, chat: str, text: str, *, marked: bool, answers: int | None = None) -> Reached:
        """Write a message to a chat, in reply to an earlier one where that is still there."""
        told: dict[str, Any] = {"chat_id": chat, "text": text, "link_preview_options": _NO_PREVIEW}
        if answers is not None:
            told["reply_parameters"] = {
                "message_id": answers,
                "allow_sending_without_reply": True,
            }
        return self._write("sendMessage", told, marked=marked)

    def edit(self, chat: str, message_id: int, text: str, *, marked: bool) -> Reached:
        """Make an earlier message say something else; saying it again is no harm."""
        told = {
            "chat_id": chat,
            "message_id": message_id,
            "text": text,
            "link_preview_options": _NO_PREVIEW,
        }
        return self._write("editMessageText", told, marked=marked, edited=message_id)

    def ask(self, method: str, **told: Any) -> Mapping[str, Any] | None:
        """Ask for something that writes nothing anywhere; None where there is no good answer."""
        reply = self._post(method, told)
        try:
            answer = json.loads(reply.body) if reply.status == 200 and reply.flaw is None else {}
        except ValueError:
            return None
        result = answer.get("result") if isinstance(answer, dict) and answer.get("ok") else None
        return {"result": result} if result is not None else None

    def _write(
        self, method: str, told: dict[str, Any], *, marked: bool, edited: int | None = None
    ) -> Reached:
        if marked:
            told["parse_mode"] = "HTML"
        return meaning_of(self._post(method, told), edited=edited)

    def _post(self, method: str, told: Mapping[str, Any]) -> line.Reply:
        return line.ask(
            "POST",
            f"{self._base}/{method}",
            body=json.dumps(told).encode(),
            headers={"Content-Type": "application/json"},
            ends=time.monotonic() + TOTAL_S,
            most=_MOST_BYTES,
        )
