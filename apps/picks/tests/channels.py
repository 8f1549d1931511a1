"""A tenant's bot and channels at the sandbox, and what the sandbox has accepted from them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from django.test import override_settings

from apps.core.actor import Actor
from apps.picks.tests.factories import facts
from apps.tenants import actions as tenants
from apps.tenants.models import Bot, Channel

TOKEN = "7000000001:AAsandbox-sandbox-sandbox-sandbox-00"
PICKS_CHAT = "-1001000000001"  # a channel of the sandbox
BY = Actor.system("tests")


@dataclass(frozen=True)
class Outside:
    """The sandbox's Telegram, as a test looks at it."""

    address: str
    plan: Callable[..., None]

    def messages(self) -> list[dict[str, Any]]:
        return list(self._told()["messages"])

    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages()]

    def calls(self, method: str) -> int:
        return int(self._told()["calls"].get(method, 0))

    def delete(self, message_id: int | None, chat: str = PICKS_CHAT) -> None:
        told = requests.post(
            f"{self.address}/bot{TOKEN}/deleteMessage",
            json={"chat_id": chat, "message_id": message_id},
            timeout=10,
        )
        told.raise_for_status()

    def person(self, user: int, **deed: Any) -> None:
        told = requests.post(
            f"{self.address}/sandbox/telegram", json={"user": user, **deed}, timeout=10
        )
        told.raise_for_status()

    def _told(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.address}/sandbox/telegram", timeout=10).json()
        return answer


@contextmanager
def telegram(sandbox: Any) -> Iterator[Outside]:
    """Let the process write to the sandbox's Telegram, from which every fault is taken."""
    sandbox.plan()
    with override_settings(TELEGRAM_URL=sandbox.address):
        yield Outside(sandbox.address, sandbox.plan)
    sandbox.plan()


@facts()
def enter_bot(schema: str, at: datetime, token: str = TOKEN) -> Bot:
    return tenants.enter_bot(
        schema=schema, token=token, username="beatvegas_sandbox_bot", by=BY, at=at
    )


@facts()
def open_chat(
    schema: str, at: datetime, chat: str = PICKS_CHAT, name: str = "Picks", **narrowed: Any
) -> Channel:
    return tenants.open_chat(schema=schema, name=name, chat=chat, by=BY, at=at, **narrowed)
