"""What Telegram's answers mean for a message: delivered, certainly not, or nobody knows."""

import json
from collections.abc import Mapping
from typing import Any, Final

from apps.core.line import Flaw, Reply
from apps.picks.reached import Fate, Reached, Trouble

_WAIT_WITHOUT_A_WORD: Final = 30  # seconds, where a 429 does not say how long
_NOT_HEARD: Final = frozenset({Flaw.NOT_CONNECTED, Flaw.NOT_ADMITTED})
# How descriptions of 400 begin, in small letters, after "bad request: ".
_SAME: Final = "message is not modified"
_UNREADABLE: Final = "can't parse entities"
_NO_SUCH_PLACE: Final = ("chat not found", "peer_id_invalid", "chat_id is empty")


def meaning_of(reply: Reply, *, edited: int | None) -> Reached:
    """Judge an answer to sendMessage, or to the edit of a message.

    Only an answer that says no is a no: a call that was written and not answered may have been
    heard, and so may one that was answered by something between us and Telegram.
    """
    if reply.flaw in _NOT_HEARD:
        return Reached(Fate.NOT_SENT, str(reply.flaw))
    if reply.status is None:
        return Reached(Fate.UNCLEAR, str(reply.flaw or "NO_ANSWER"))
    answer = _read(reply)
    if reply.status == 200:
        return _accepted(answer, edited)
    if answer.get("ok") is not False:
        return Reached(Fate.UNCLEAR, f"HTTP_{reply.status}")
    return _refused(reply.status, answer, edited)


def _read(reply: Reply) -> Mapping[str, Any]:
    if reply.flaw is not None:
        return {}
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _accepted(answer: Mapping[str, Any], edited: int | None) -> Reached:
    match answer:
        case {"ok": True, "result": {"message_id": int(number)}} if not isinstance(number, bool):
            return Reached(Fate.SENT, message_id=number)
        case {"ok": True, "result": True} if edited is not None:
            return Reached(Fate.SENT, message_id=edited)
    return Reached(Fate.UNCLEAR, "ANSWER_UNREADABLE")


def _refused(status: int, answer: Mapping[str, Any], edited: int | None) -> Reached:
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    said = str(answer.get("description", "")).lower()
    said = said.removeprefix("bad request: ").removeprefix("forbidden: ")
    match status:
        case 429:
            return Reached(
                Fate.NOT_SENT,
                "TOO_MANY_REQUESTS",
                Trouble.WAIT,
                wait_s=_seconds(parameters.get("retry_after")),
            )
        case 401 | 404:
            return Reached(Fate.NOT_SENT, "UNAUTHORIZED", Trouble.UNAUTHORIZED)
        case 403:
            return Reached(Fate.REFUSED, _code(said), Trouble.GONE)
        case 400:
            return _bad_request(said, parameters, edited)
    if 400 <= status < 500:
        return Reached(Fate.REFUSED, f"HTTP_{status}")
    return Reached(Fate.UNCLEAR, f"HTTP_{status}")


def _bad_request(said: str, parameters: Mapping[str, Any], edited: int | None) -> Reached:
    if said.startswith(_SAME) and edited is not None:
        return Reached(Fate.SENT, "NOT_MODIFIED", message_id=edited)
    if parameters.get("migrate_to_chat_id") is not None:
        moved_to = str(parameters["migrate_to_chat_id"])
        return Reached(Fate.NOT_SENT, "CHAT_MOVED", Trouble.MOVED, moved_to=moved_to)
    if said.startswith(_UNREADABLE):
        return Reached(Fate.NOT_SENT, "ENTITIES_UNREADABLE", Trouble.UNREADABLE)
    if said.startswith(_NO_SUCH_PLACE):
        return Reached(Fate.REFUSED, "CHAT_NOT_FOUND", Trouble.GONE)
    return Reached(Fate.REFUSED, _code(said) or "BAD_REQUEST")


def _seconds(asked: Any) -> int:
    if isinstance(asked, int) and not isinstance(asked, bool) and asked > 0:
        return asked
    return _WAIT_WITHOUT_A_WORD


def _code(said: str) -> str:
    """A description as a code: ``bot was blocked by the user`` is BOT_WAS_BLOCKED_BY_THE_USER."""
    letters = "".join(mark if mark.isascii() and mark.isalnum() else " " for mark in said)
    return "_".join(letters.upper().split())[:64]
