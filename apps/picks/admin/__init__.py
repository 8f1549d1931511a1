"""What people see of picks, one module per noun; each button calls one action."""

from apps.picks.admin.delivery import DeliveryAdmin
from apps.picks.admin.followed import (
    LineTrackingAdmin,
    OfAPick,
    PickChangeAdmin,
    ProposalRoundAdmin,
)
from apps.picks.admin.parlay import ParlayAdmin
from apps.picks.admin.pick import PickAdmin, standing
from apps.picks.admin.slate import SlateMessageAdmin

__all__ = [
    "DeliveryAdmin",
    "LineTrackingAdmin",
    "OfAPick",
    "ParlayAdmin",
    "PickAdmin",
    "PickChangeAdmin",
    "ProposalRoundAdmin",
    "SlateMessageAdmin",
    "standing",
]
