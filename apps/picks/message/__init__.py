"""What a channel is told of a pick: a pure function of its record, checked before it goes out.

``compose`` writes the text, ``payload`` the same for programs. Every number in a text is held
against the record that it was made from; a text that says anything else is refused.
"""

from apps.picks.message.checking import MessageRefused, require_true
from apps.picks.message.composing import TEMPLATE_VERSION, Message, compose
from apps.picks.message.payload import payload
from apps.picks.message.subject import Cause, House, Subject

__all__ = [
    "TEMPLATE_VERSION",
    "Cause",
    "House",
    "Message",
    "MessageRefused",
    "Subject",
    "compose",
    "payload",
    "require_true",
]
