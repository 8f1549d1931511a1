"""How one attempt to tell somebody something ended, whatever the channel."""

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    SENT = "SENT"
    NOT_SENT = "NOT_SENT"  # certainly not delivered: it may be tried again
    REFUSED = "REFUSED"  # certainly not delivered, and never will be
    UNCLEAR = "UNCLEAR"  # it may have been delivered


class Trouble(StrEnum):
    """What stands behind a fate that is not SENT, where somebody has to act on it."""

    WAIT = "WAIT"  # too much: the sender is to wait, with everything
    MOVED = "MOVED"  # the place has another address now
    GONE = "GONE"  # the place does not want to hear from us, or is not there
    UNAUTHORIZED = "UNAUTHORIZED"  # the sender is not known any more
    UNREADABLE = "UNREADABLE"  # the marks of the text were refused


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of an attempt. ``code`` is for people and for the row."""

    fate: Fate
    code: str = ""
    trouble: Trouble | None = None
    message_id: int | None = None
    wait_s: int | None = None
    moved_to: str = ""
