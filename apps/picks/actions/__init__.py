"""Everything that may happen to a pick. The only modules that write this room's tables."""

from apps.picks.actions.amend import supersede_pick, withdraw_pick
from apps.picks.actions.close import ClosedStarted, close_started
from apps.picks.actions.delivering import (
    Delivered,
    NotInDoubt,
    SweptDeliveries,
    confirm_delivered,
    deliver_due,
    give_up,
    send_again,
    sweep_deliveries,
)
from apps.picks.actions.fill import FilledCloses, fill_closes
from apps.picks.actions.owing import owe_results
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
from apps.picks.actions.settled import close_graded, graded_from
from apps.picks.actions.watch import WatchedLive, watch_live

__all__ = [
    "ClosedStarted",
    "Delivered",
    "FilledCloses",
    "NotInDoubt",
    "NotWithdrawable",
    "NothingBetter",
    "ParlayKeyReused",
    "ParlayMisasked",
    "PickUnknown",
    "ProposedDue",
    "PublicationHeld",
    "PublishedReady",
    "SideChanged",
    "SweptDeliveries",
    "WatchedLive",
    "close_graded",
    "close_graded_parlays",
    "close_started",
    "confirm_delivered",
    "deliver_due",
    "fill_closes",
    "generate_parlay",
    "give_up",
    "graded_from",
    "owe_results",
    "propose_due",
    "publish_pick",
    "publish_ready",
    "send_again",
    "supersede_pick",
    "sweep_deliveries",
    "watch_live",
    "withdraw_pick",
]
