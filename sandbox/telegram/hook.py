"""Brings updates to where a bot wants them: one after the other, and again until they are taken.

The same update comes more than once where the other side was slow to say that it has it: who is
told has to know an update by its id.
"""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Lock, Thread
from typing import Any, Final
from urllib.parse import urlsplit

_PATIENCE_S: Final = 5.0
_LONGEST_ANSWER: Final = 64 * 1024
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0
SECRET: Final = "X-Telegram-Bot-Api-Secret-Token"

Waiting = Callable[[], tuple[Mapping[str, Any], Mapping[str, Any]] | None]


class Hook:
    """One thread for one bot, begun with the first webhook that is set.

    ``waiting`` gives the webhook and the oldest update, ``taken`` and ``failed`` are told how an
    attempt ended. What the other side answers with is a call of the bot: ``called`` gets it.
    """

    def __init__(
        self,
        waiting: Waiting,
        taken: Callable[[int], None],
        failed: Callable[[str], None],
        called: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._waiting, self._taken, self._failed = waiting, taken, failed
        self._called = called
        self._woken = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """There may be something to bring."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True)
                self._thread.start()
        self._woken.set()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            work = self._waiting()
            if work is None:
                self._woken.wait()
                self._woken.clear()
                continue
            webhook, update = work
            trouble, answer = _brought(webhook, update)
            if not trouble:
                self._taken(update["update_id"])
                if answer:
                    self._called(answer)
                pause = _FIRST_PAUSE_S
                continue
            self._failed(trouble)
            # Another address may be set meanwhile.
            self._woken.wait(pause)
            self._woken.clear()
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def _brought(
    webhook: Mapping[str, Any], update: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any]]:
    """Bring one update; return what went wrong, nothing where it was taken, and the answer."""
    parts = urlsplit(webhook["url"])
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    headers = {"Content-Type": "application/json"}
    if webhook.get("secret_token"):
        headers[SECRET] = webhook["secret_token"]
    line = kind(parts.hostname or "", parts.port, timeout=_PATIENCE_S)
    try:
        where = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        line.request("POST", where, json.dumps(update).encode(), headers)
        reply = line.getresponse()
        status, said = reply.status, reply.read(_LONGEST_ANSWER)
    except (OSError, HTTPException) as broken:
        return f"Connection failed: {type(broken).__name__}", {}
    finally:
        line.close()
    if not 200 <= status < 300:
        return f"Wrong response from the webhook: {status}", {}
    return "", _call_in(said)


def _call_in(said: bytes) -> Mapping[str, Any]:
    """Read an answer that is a call of the bot; any other one is nothing."""
    try:
        answer = json.loads(said or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and "method" in answer else {}
