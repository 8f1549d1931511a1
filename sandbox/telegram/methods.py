"""The methods of the Bot API, each as its documentation has it."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from sandbox.telegram.bot import LONGEST, Body, Bot, BotRefused, Chat, Message
from sandbox.telegram.entities import CannotParse, length, parsed

Asked = Mapping[str, Any]
Method = Callable[[Bot, Asked, int], Any]

_MODIFIED: Final = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)
_DELETABLE_FOR: Final = 48 * 3600  # seconds
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
# Beyond Telegram's four ports, plain HTTP to this machine or a neighbour: for tests.
_HOOK: Final = re.compile(
    r"https://[^/:\s]+(:(443|80|88|8443))?(/\S*)?|http://([a-z0-9-]+|127\.0\.0\.1)(:\d+)?(/\S*)?"
)


def call(bot: Bot, token: str, method: str, asked: Asked, at: int) -> Body:
    """Do what a bot asks.

    Raises:
        BotRefused: the token is another's, there is no such method, or it is not done.
    """
    if token != bot.token:
        raise BotRefused(401, "Unauthorized")
    found = METHODS.get(method.lower())
    if found is None:
        raise BotRefused(404, "Not Found")
    with bot.lock:
        bot.calls[found.__name__] += 1
        return {"ok": True, "result": found(bot, asked, at)}


def getMe(bot: Bot, asked: Asked, at: int) -> Body:
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }
    return {**bot.me(), **abilities}


def getChat(bot: Bot, asked: Asked, at: int) -> Body:
    return bot.writable(asked.get("chat_id")).body()


def getChatMember(bot: Bot, asked: Asked, at: int) -> Body:
    chat, user = bot.writable(asked.get("chat_id")), _user(bot, asked)
    status = bot.members.get((chat.id, user), "left")
    return {"user": _person(bot, user), "status": "left" if status == "asking" else status}


def sendMessage(bot: Bot, asked: Asked, at: int) -> Body:
    chat = bot.writable(asked.get("chat_id"))
    text, entities = _content(asked)
    more: Body = {}
    answered = _object(asked.get("reply_parameters")).get("message_id")
    if answered is not None:
        before = _message(bot, chat, answered, "Bad Request: message to be replied not found")
        more["reply_to_message"] = before.body(bot.me())
    if str(asked.get("protect_content", "")).lower() == "true":
        more["has_protected_content"] = True
    if markup := _object(asked.get("reply_markup")):
        more["reply_markup"] = markup
    # Last of all: what is refused for another reason was never counted.
    bot.hold_back(chat)
    message = Message(chat, bot.next_message(chat), at, text, entities, str(asked["text"]), more)
    bot.messages[chat.id, message.id] = message
    return message.body(bot.me())


def editMessageText(bot: Bot, asked: Asked, at: int) -> Body:
    chat = bot.writable(asked.get("chat_id"))
    message = _message(bot, chat, asked.get("message_id"), "Bad Request: message to edit not found")
    text, entities = _content(asked)
    markup = _object(asked.get("reply_markup"))
    same = (text, entities, markup) == (
        message.text,
        message.entities,
        message.more.get("reply_markup", {}),
    )
    if same:
        raise BotRefused(400, _MODIFIED)
    bot.hold_back(chat)
    message.text, message.entities, message.sent_as = text, entities, str(asked["text"])
    message.edited = at
    message.more.pop("reply_markup", None)
    message.more |= {"reply_markup": markup} if markup else {}
    return message.body(bot.me())


def deleteMessage(bot: Bot, asked: Asked, at: int) -> bool:
    chat = bot.writable(asked.get("chat_id"))
    message = _message(
        bot, chat, asked.get("message_id"), "Bad Request: message to delete not found"
    )
    if at - message.date > _DELETABLE_FOR and chat.kind != "channel":
        raise BotRefused(400, "Bad Request: message can't be deleted for everyone")
    message.deleted = True
    return True


def pinChatMessage(bot: Bot, asked: Asked, at: int) -> bool:
    chat = bot.writable(asked.get("chat_id"))
    message = _message(bot, chat, asked.get("message_id"), "Bad Request: message to pin not found")
    chat.pinned = message.id
    return True


def createChatInviteLink(bot: Bot, asked: Asked, at: int) -> Body:
    chat = _shared(bot, asked)
    name, most = str(asked.get("name", "")), asked.get("member_limit")
    asks = str(asked.get("creates_join_request", "")).lower() == "true"
    if len(name) > 32:
        raise BotRefused(400, "Bad Request: invite link name is too long")
    if most is not None and asks:
        raise BotRefused(
            400,
            "Bad Request: member limit can't be specified for links requiring administrator"
            " approval",
        )
    if most is not None and not 1 <= _whole(most) <= 99_999:
        raise BotRefused(400, "Bad Request: invalid member limit specified")
    code = sha256(f"{chat.id}|{len(bot.links)}".encode()).hexdigest()[:16]
    link: Body = {
        "invite_link": f"https://t.me/+{code}",
        "creator": bot.me(),
        "creates_join_request": asks,
        "is_primary": False,
        "is_revoked": False,
        **({"name": name} if name else {}),
        **({"member_limit": _whole(most)} if most is not None else {}),
        **({"expire_date": _whole(asked["expire_date"])} if "expire_date" in asked else {}),
    }
    bot.links[link["invite_link"]] = {**link, "chat_id": chat.id}
    return link


def approveChatJoinRequest(bot: Bot, asked: Asked, at: int) -> bool:
    return _decided(bot, asked, "member")


def declineChatJoinRequest(bot: Bot, asked: Asked, at: int) -> bool:
    return _decided(bot, asked, "left")


def banChatMember(bot: Bot, asked: Asked, at: int) -> bool:
    bot.members[_shared(bot, asked).id, _user(bot, asked)] = "kicked"
    return True


def unbanChatMember(bot: Bot, asked: Asked, at: int) -> bool:
    place = _shared(bot, asked).id, _user(bot, asked)
    if bot.members.get(place) == "kicked" or str(asked.get("only_if_banned")).lower() != "true":
        bot.members[place] = "left"
    return True


def setWebhook(bot: Bot, asked: Asked, at: int) -> bool:
    url, secret = str(asked.get("url", "")), asked.get("secret_token")
    if url and not _HOOK.fullmatch(url):
        raise BotRefused(
            400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
        )
    if secret is not None and not _SECRET.fullmatch(str(secret)):
        raise BotRefused(400, "Bad Request: secret token contains unallowed characters")
    connections = _whole(asked.get("max_connections", 40))
    if not 1 <= connections <= 100:
        raise BotRefused(400, "Bad Request: max_connections must be from 1 to 100")
    bot.webhook = {
        "url": url,
        "has_custom_certificate": False,
        "max_connections": connections,
        **({"secret_token": str(secret)} if secret else {}),
    }
    if str(asked.get("drop_pending_updates", "")).lower() == "true":
        bot.updates(offset=2**62, limit=1)
    bot.hook.wake()
    return True


def deleteWebhook(bot: Bot, asked: Asked, at: int) -> bool:
    bot.webhook = {"url": "", "has_custom_certificate": False}
    return True


def getWebhookInfo(bot: Bot, asked: Asked, at: int) -> Body:
    told = {name: value for name, value in bot.webhook.items() if name != "secret_token"}
    return {**told, "pending_update_count": len(bot.updates(0, 1000))}


def getUpdates(bot: Bot, asked: Asked, at: int) -> list[Body]:
    """Never waits: a test asks again."""
    if bot.webhook["url"]:
        raise BotRefused(
            409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
        )
    limit = _whole(asked.get("limit", 100))
    return bot.updates(_whole(asked.get("offset", 0)), min(max(limit, 1), 100))


METHODS: Final[Mapping[str, Method]] = {
    method.__name__.lower(): method
    for method in (
        *(getMe, getChat, getChatMember, sendMessage, editMessageText, deleteMessage),
        *(pinChatMessage, createChatInviteLink, approveChatJoinRequest, declineChatJoinRequest),
        *(banChatMember, unbanChatMember, setWebhook, deleteWebhook, getWebhookInfo, getUpdates),
    )
}


def _content(asked: Asked) -> tuple[str, list[Body]]:
    try:
        text, entities = parsed(str(asked.get("text") or ""), str(asked.get("parse_mode") or ""))
    except CannotParse as trouble:
        raise BotRefused(400, f"Bad Request: can't parse entities: {trouble}") from None
    if not text.strip():
        raise BotRefused(400, "Bad Request: message text is empty")
    if length(text) > LONGEST:
        raise BotRefused(400, "Bad Request: message is too long")
    return text, entities


def _message(bot: Bot, chat: Chat, asked: Any, otherwise: str) -> Message:
    message = bot.messages.get((chat.id, _whole(asked)))
    if message is None or message.deleted:
        raise BotRefused(400, otherwise)
    return message


def _shared(bot: Bot, asked: Asked) -> Chat:
    chat = bot.writable(asked.get("chat_id"))
    if not chat.is_shared:
        raise BotRefused(400, "Bad Request: there are no members in a private chat")
    return chat


def _decided(bot: Bot, asked: Asked, status: str) -> bool:
    place = _shared(bot, asked).id, _user(bot, asked)
    if bot.members.get(place) != "asking":
        raise BotRefused(400, "Bad Request: HIDE_REQUESTER_MISSING")
    bot.members[place] = status
    return True


def _user(bot: Bot, asked: Asked) -> int:
    user = _whole(asked.get("user_id"))
    if user not in bot.chats or bot.chats[user].is_shared:
        raise BotRefused(400, "Bad Request: user not found")
    return user


def _person(bot: Bot, user: int) -> Body:
    return {"id": user, "is_bot": False, "first_name": bot.chats[user].name}


def _whole(asked: Any) -> int:
    try:
        return int(asked)
    except (TypeError, ValueError):
        raise BotRefused(400, f"Bad Request: {asked!r} is not a number") from None


def _object(asked: Any) -> Body:
    """Read what a form carries as a text and JSON as itself."""
    if isinstance(asked, str) and asked:
        try:
            asked = json.loads(asked)
        except ValueError:
            raise BotRefused(400, "Bad Request: can't parse JSON object") from None
    return asked if isinstance(asked, dict) else {}
