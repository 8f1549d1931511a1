"""The Telegram Bot API as a channel: what is sent, and what each of its answers means."""

from apps.picks.telegram.client import Telegram, TelegramUnplugged

__all__ = ["Telegram", "TelegramUnplugged"]
