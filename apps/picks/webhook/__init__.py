"""A customer's own address as a channel: signed, guarded, and told again until it says yes."""

from apps.picks.webhook.client import signature, tell

__all__ = ["signature", "tell"]
