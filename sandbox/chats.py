"""The page of the bot's chats: what was sent there, as its readers see it now. No script."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from sandbox.telegram import Bot

_STYLE: Final = Path(__file__).with_name("page.css").read_text()
_SHOWN: Final = 60  # messages, the newest first


def chats_page(bot: Bot) -> str:
    """Write every message that stands, the newest first, under the chat that it is in."""
    messages = [one for one in bot.state()["messages"] if not one["deleted"]]
    newest = sorted(messages, key=lambda one: (one["date"], one["message_id"]), reverse=True)
    told = "".join(_message(one) for one in newest[:_SHOWN])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chats of the bot, the sandbox</title>
<style>{_STYLE}</style>
</head>
<body>
<header><p>Sandbox<span>The outside world, made up. Nobody reads these chats.</span></p>
</header>
<main>
<nav class="quiet" aria-label="Pages"><a href="/sandbox/">Games</a> <b>Chats</b></nav>
<h1>Chats of the bot</h1>
<p class="lead"><b>{len(messages)} message{"" if len(messages) == 1 else "s"}.</b> One for each
pick, edited when something changes; a reply where somebody has to act.</p>
{told or "<p>None yet.</p>"}
</main>
</body>
</html>
"""


def _message(message: dict[str, Any]) -> str:
    chat = message["chat"]
    place = escape(str(chat.get("title") or chat.get("first_name")))
    when = _time(message["date"])
    if "edit_date" in message:
        when += f", edited {_time(message['edit_date'])}"
    answers = message.get("reply_to_message")
    reply = f", in reply to {answers['message_id']}" if answers else ""
    text = "<br>".join(escape(line) for line in message["text"].splitlines())
    return (
        f'<section><h2>{place} <span class="quiet">{message["message_id"]}{reply}</span></h2>'
        f'<p>{text}</p><p class="quiet">{when} UTC</p></section>\n'
    )


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%a %-d %b, %H:%M")
