"""The envelope around a board of the past: which moment it is of, and its neighbours."""

from datetime import datetime

import msgspec


class EnvelopeBroken(ValueError):
    """What came is no envelope; its bytes are kept all the same."""


class Envelope(msgspec.Struct, frozen=True):
    """A board of the past. ``data`` is the board's own bytes, as a live call would bring them."""

    timestamp: datetime
    data: msgspec.Raw
    previous_timestamp: datetime | None = None
    next_timestamp: datetime | None = None

    @property
    def board(self) -> bytes:
        """The board in bytes; one event alone is given the list that boards come in."""
        body = bytes(self.data)
        return body if body.lstrip().startswith(b"[") else b"[" + body + b"]"


def opened(body: bytes) -> Envelope:
    """Open what ``fetch_history`` brought.

    Raises:
        EnvelopeBroken: it is none, or does not say of which moment it is.
    """
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnvelopeBroken("The body is no envelope of a moment of the past.") from error
    stamps = (envelope.timestamp, envelope.previous_timestamp, envelope.next_timestamp)
    if any(stamp is not None and stamp.tzinfo is None for stamp in stamps):
        raise EnvelopeBroken("The envelope's times name no offset.")
    return envelope
