"""Picks: what a tenant recommended, and everything that is kept about each recommendation."""

from apps.picks.models.change import PickChange
from apps.picks.models.delivery import Delivery
from apps.picks.models.parlay import Parlay, ParlayLeg
from apps.picks.models.pick import Pick
from apps.picks.models.round import ProposalRound
from apps.picks.models.slate import SlateMessage
from apps.picks.models.tracking import LineTracking

__all__ = [
    "Delivery",
    "LineTracking",
    "Parlay",
    "ParlayLeg",
    "Pick",
    "PickChange",
    "ProposalRound",
    "SlateMessage",
]
