"""The Telegram Bot API, as far as a bot that sends, edits and lets people in can see it."""

from sandbox.telegram.bot import Bot, BotRefused, Chat

__all__ = ["Bot", "BotRefused", "Chat"]
