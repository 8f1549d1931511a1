"""The outbox is worked off: leased, sent under the gate, and in doubt a person is asked.

A row is leased, and that committed, before a socket opens. The send itself holds the switches, so
that a kill waits for it and nothing is sent after it. A row whose lease ran out may have been
sent: if saying it again would be a second message, it is UNKNOWN, and only a person decides.
"""

from apps.picks.actions.delivering.resolving import (
    NotInDoubt,
    confirm_delivered,
    give_up,
    send_again,
)
from apps.picks.actions.delivering.sending import Delivered, deliver_due
from apps.picks.actions.delivering.sweeping import SweptDeliveries, sweep_deliveries

__all__ = [
    "Delivered",
    "NotInDoubt",
    "SweptDeliveries",
    "confirm_delivered",
    "deliver_due",
    "give_up",
    "send_again",
    "sweep_deliveries",
]
