"""One bot, the chats it may write to, and every message that was accepted from it."""

from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from time import monotonic
from typing import Any, Final

from sandbox.telegram.hook import Hook

TOKEN: Final = "7000000001:AAsandbox-sandbox-sandbox-sandbox-00"
MESSAGES_A_SECOND: Final = 30  # of the whole bot
MESSAGES_A_MINUTE: Final = 20  # to one group or channel
PEOPLE_A_SECOND: Final = 1  # to one person, a burst passing
_BURST: Final = 5
LONGEST: Final = 4096  # UTF-16 units, once the marks are taken out
_UPDATES_KEPT: Final = 1000

Body = dict[str, Any]


class BotRefused(Exception):
    """What was asked is not done; the answer says why."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> Body:
        told: Body = {"ok": False, "error_code": self.status, "description": self.description}
        return {**told, "parameters": self.parameters} if self.parameters else told


@dataclass(slots=True)
class Chat:
    """Somebody or some place to write to. ``refuses`` is what happens to who tries."""

    id: int
    kind: str  # private, group, supergroup, channel
    name: str
    username: str = ""
    refuses: str = ""  # a description beginning with Forbidden
    moved_to: int | None = None
    pinned: int | None = None

    @property
    def is_shared(self) -> bool:
        return self.kind != "private"

    def body(self) -> Body:
        named = {"title": self.name} if self.is_shared else {"first_name": self.name}
        user = {"username": self.username} if self.username else {}
        group = {"all_members_are_administrators": True} if self.kind == "group" else {}
        return {"id": self.id, **named, **user, "type": self.kind, **group}


def first_chats() -> list[Chat]:
    """Who is there: one chat for each way in which a message may fare."""
    return [
        Chat(-1001000000001, "channel", "Sandbox Picks", "sandbox_picks"),
        Chat(-1001000000002, "supergroup", "Sandbox Members"),
        Chat(-1000000003, "group", "Sandbox Old Group", moved_to=-1001000000003),
        Chat(-1001000000003, "supergroup", "Sandbox Old Group"),
        Chat(-1000000005, "group", "Sandbox Logging"),
        Chat(
            -1001000000004,
            "channel",
            "Somebody's Channel",
            refuses="Forbidden: bot is not a member of the channel chat",
        ),
        Chat(2000000001, "private", "Ada", "sandbox_ada"),
        Chat(2000000002, "private", "Bo", refuses="Forbidden: bot was blocked by the user"),
        Chat(2000000003, "private", "Cy", refuses="Forbidden: user is deactivated"),
        Chat(
            2000000004,
            "private",
            "Di",
            refuses="Forbidden: bot can't initiate conversation with a user",
        ),
    ]


@dataclass(slots=True)
class Message:
    """What was accepted, and everything that happened to it since."""

    chat: Chat
    id: int
    date: int
    text: str
    entities: list[Body]
    sent_as: str  # before its marks were read
    more: Body = field(default_factory=dict)
    edited: int | None = None
    deleted: bool = False

    def body(self, sender: Body) -> Body:
        told: Body = {
            "message_id": self.id,
            **(
                {"sender_chat": self.chat.body()}
                if self.chat.kind == "channel"
                else {"from": sender}
            ),
            "chat": self.chat.body(),
            "date": self.date,
            **({"edit_date": self.edited} if self.edited else {}),
            "text": self.text,
        }
        return {**told, **({"entities": self.entities} if self.entities else {}), **self.more}


class Bot:
    """Everything one token knows. Safe for threads; whoever calls a method holds ``lock``."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        a_second: int = MESSAGES_A_SECOND,
        a_minute: int = MESSAGES_A_MINUTE,
        first_message: int = 1,
    ) -> None:
        self.token = token
        self.id = int(token.partition(":")[0])
        self.lock = Lock()
        self.chats = {chat.id: chat for chat in first_chats()}
        self.messages: dict[tuple[int, int], Message] = {}
        self.calls: Counter[str] = Counter()
        self.members: dict[tuple[int, int], str] = {}
        self.links: dict[str, Body] = {}
        self.webhook: Body = {"url": "", "has_custom_certificate": False}
        self.hook = Hook(self._to_bring, self._was_taken, self._was_not_taken, self._was_called)
        self._acted_at = 0
        self._updates: deque[Body] = deque(maxlen=_UPDATES_KEPT)
        self._update_ids = count(1)
        self._first_message = first_message
        self._message_ids: Counter[int] = Counter()
        self._limits = (a_second, a_minute)
        self._sent: dict[int | None, deque[float]] = {}

    def me(self) -> Body:
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": "BeatVegas Sandbox",
            "username": "beatvegas_sandbox_bot",
        }

    def chat(self, asked: Any) -> Chat:
        """Find a chat by id or @name.

        Raises:
            BotRefused: there is none, or it has another id now.
        """
        for chat in self.chats.values():
            if str(asked) in (str(chat.id), f"@{chat.username}"):
                if chat.moved_to is not None:
                    raise BotRefused(
                        400,
                        "Bad Request: group chat was upgraded to a supergroup chat",
                        migrate_to_chat_id=chat.moved_to,
                    )
                return chat
        raise BotRefused(400, "Bad Request: chat not found")

    def writable(self, asked: Any) -> Chat:
        """Find a chat that a message reaches.

        Raises:
            BotRefused: there is none, or it does not want to hear from this bot.
        """
        chat = self.chat(asked)
        if chat.refuses:
            raise BotRefused(403, chat.refuses)
        return chat

    def hold_back(self, chat: Chat) -> None:
        """Count a message against what may be sent.

        Raises:
            BotRefused: too many; the answer says how many seconds to wait, for the whole bot.
        """
        a_second, a_minute = self._limits
        spans: list[tuple[int | None, float, int]] = [(None, 1.0, a_second)]
        spans.append(
            (chat.id, 60.0, a_minute) if chat.is_shared else (chat.id, float(_BURST), _BURST)
        )
        now = monotonic()
        for key, span, most in spans:
            sent = self._sent.setdefault(key, deque())
            while sent and sent[0] <= now - span:
                sent.popleft()
            if len(sent) >= most:
                seconds = max(int(sent[0] + span - now) + 1, 1)
                raise BotRefused(
                    429, f"Too Many Requests: retry after {seconds}", retry_after=seconds
                )
        for key, _, _ in spans:
            self._sent[key].append(now)

    def next_message(self, chat: Chat) -> int:
        self._message_ids[chat.id] += 1
        return self._first_message - 1 + self._message_ids[chat.id]

    def happened(self, update: Body) -> Body:
        """Tell the bot of something that people did."""
        told = {"update_id": next(self._update_ids), **update}
        self._updates.append(told)
        if self.webhook["url"]:
            self.hook.wake()
        return told

    def updates(self, offset: int, limit: int) -> list[Body]:
        """Return what has happened from an update on; what lies before it is forgotten."""
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        return list(self._updates)[:limit]

    def _to_bring(self) -> tuple[Body, Body] | None:
        with self.lock:
            if not self.webhook["url"] or not self._updates:
                return None
            return dict(self.webhook), self._updates[0]

    def _was_taken(self, update_id: int) -> None:
        with self.lock:
            self.updates(update_id + 1, 1)

    def _was_not_taken(self, why: str) -> None:
        with self.lock:
            self.webhook["last_error_message"] = why

    def _was_called(self, asked: Mapping[str, Any]) -> None:
        """Do what an update was answered with; nobody is told how that went."""
        from sandbox.telegram.methods import call

        with suppress(BotRefused):
            call(self, self.token, str(asked["method"]), asked, self._acted_at)

    def state(self) -> Body:
        """Say what a test wants to know: every message as it stands, and every call."""
        with self.lock:
            return {
                "messages": [
                    {
                        **message.body(self.me()),
                        "sent_as": message.sent_as,
                        "deleted": message.deleted,
                    }
                    for message in self.messages.values()
                ],
                "chats": [
                    {**chat.body(), "refuses": chat.refuses, "pinned": chat.pinned}
                    for chat in self.chats.values()
                ],
                "members": [
                    {"chat": chat, "user": user, "status": status}
                    for (chat, user), status in self.members.items()
                ],
                "links": list(self.links.values()),
                "calls": dict(self.calls),
            }

    def acted(self, deed: Mapping[str, Any], at: int) -> Body:
        """Let a person do something: write, block the bot, or ask to join a chat.

        Raises:
            BotRefused: nobody does that.
        """
        with self.lock:
            self._acted_at = at
            chat = self.chats.get(deed.get("user", 0))
            if chat is None or chat.is_shared:
                raise BotRefused(400, "Name a user by id")
            person = {"id": chat.id, "is_bot": False, "first_name": chat.name}
            match deed:
                case {"text": str(text)}:
                    chat.refuses = "" if text.startswith("/start") else chat.refuses
                    message = {
                        "message_id": self.next_message(chat),
                        "from": person,
                        "chat": chat.body(),
                        "date": at,
                        "text": text,
                    }
                    return self.happened({"message": message})
                case {"blocks": bool(blocks)}:
                    chat.refuses = "Forbidden: bot was blocked by the user" if blocks else ""
                    states = [
                        {"user": self.me(), "status": "member"},
                        {"user": self.me(), "status": "kicked", "until_date": 0},
                    ]
                    old, new = states if blocks else reversed(states)
                    change = {"chat": chat.body(), "from": person, "date": at}
                    return self.happened(
                        {
                            "my_chat_member": {
                                **change,
                                "old_chat_member": old,
                                "new_chat_member": new,
                            }
                        }
                    )
                case {"joins": joins}:
                    place = self.chat(joins)
                    self.members[place.id, chat.id] = "asking"
                    link = next(
                        (one for one in self.links.values() if one["chat_id"] == place.id), None
                    )
                    told = {
                        "chat": place.body(),
                        "from": person,
                        "user_chat_id": chat.id,
                        "date": at,
                    }
                    return self.happened(
                        {"chat_join_request": {**told, **({"invite_link": link} if link else {})}}
                    )
            raise BotRefused(400, "A person writes text, blocks or joins")
