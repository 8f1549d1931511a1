"""Everything that may happen to a pick. The only modules that write this room's tables."""

from apps.picks.actions.amend import supersede_pick, withdraw_pick
from apps.picks.actions.close import ClosedStarted, close_started
from apps.picks.actions.parlays import (
    ParlayKeyReused,
    ParlayMisasked,
    close_graded_parlays,
    generate_parlay,
)
from apps.picks.actions.propose import ProposedDue, propose_due
from apps.picks.actions.publish import PublishedReady, publish_pick, publish_ready
from apps.picks.actions.refusals import (
    NothingBetter,
    NotWithdrawable,
    PickUnknown,
    PublicationHeld,
    SideChanged,
)
from apps.picks.actions.settled import close_graded
from apps.picks.actions.watch import WatchedLive, watch_live

__all__ = [
    "ClosedStarted",
    "NotWithdrawable",
    "NothingBetter",
    "ParlayKeyReused",
    "ParlayMisasked",
    "PickUnknown",
    "ProposedDue",
    "PublicationHeld",
    "PublishedReady",
    "SideChanged",
    "WatchedLive",
    "close_graded",
    "close_graded_parlays",
    "close_started",
    "generate_parlay",
    "propose_due",
    "publish_pick",
    "publish_ready",
    "supersede_pick",
    "watch_live",
    "withdraw_pick",
]
