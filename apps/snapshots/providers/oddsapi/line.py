"""One GET at the provider, with its key in the address: the line is the platform's own."""

from collections.abc import Mapping

from apps.core import line
from apps.core.line import CONNECT_S, SILENCE_S, CallBroke, Flaw, Reply, is_loopback
from apps.snapshots.providers.oddsapi.secrets import Key

__all__ = ["CONNECT_S", "SILENCE_S", "CallBroke", "Flaw", "Reply", "get", "is_loopback"]


def get(url: str, parameters: Mapping[str, str | Key], *, ends: float, most: int) -> Reply:
    """Ask once: never on after ``ends``, never keeping more than ``most`` bytes."""
    return line.ask(
        "GET",
        url,
        params={
            name: value.reveal() if isinstance(value, Key) else value
            for name, value in parameters.items()
        },
        ends=ends,
        most=most,
    )
