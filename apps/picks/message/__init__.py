"""What a channel is told of a pick: a pure function of its record, checked before it goes out.

``compose`` writes the text, ``compose_slate`` that of a whole day, ``payload`` the same for
programs. Every number in a text is held against the record that it was made from; a text that
says anything else is refused.
"""

from apps.picks.message.checking import MessageRefused, require_slate_true, require_true
from apps.picks.message.composing import TEMPLATE_VERSION, Message, compose
from apps.picks.message.payload import payload
from apps.picks.message.slate import PICKS_OF_A_PART, SlateSubject, compose_slate
from apps.picks.message.subject import Cause, House, Subject

__all__ = [
    "PICKS_OF_A_PART",
    "TEMPLATE_VERSION",
    "Cause",
    "House",
    "Message",
    "MessageRefused",
    "SlateSubject",
    "Subject",
    "compose",
    "compose_slate",
    "payload",
    "require_slate_true",
    "require_true",
]
