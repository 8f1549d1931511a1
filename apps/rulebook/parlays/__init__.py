"""Several picks as one bet: which may be legs, which go together, what that is worth, how it ends.

Source: docs/domain.md section 9.
"""

from apps.rulebook.parlays.choosing import Bench, Choice, Limits, against, choose
from apps.rulebook.parlays.gate import (
    LegReason,
    ParlayStatus,
    Rejection,
    reasons_against,
    sentence_of,
)
from apps.rulebook.parlays.joint import (
    JointLeg,
    NoJoint,
    Shape,
    joint_of_game,
    leg_alone,
    shape_of,
)
from apps.rulebook.parlays.pricing import (
    METHOD_VERSION,
    JointMethod,
    PricedGame,
    PricedParlay,
    price_parlay,
)
from apps.rulebook.parlays.settling import ParlayOutcome, SettledParlay, settle_parlay
from apps.rulebook.parlays.weighing import LegWeight, weigh_leg

__all__ = [
    "METHOD_VERSION",
    "Bench",
    "Choice",
    "JointLeg",
    "JointMethod",
    "LegReason",
    "LegWeight",
    "Limits",
    "NoJoint",
    "ParlayOutcome",
    "ParlayStatus",
    "PricedGame",
    "PricedParlay",
    "Rejection",
    "SettledParlay",
    "Shape",
    "against",
    "choose",
    "joint_of_game",
    "leg_alone",
    "price_parlay",
    "reasons_against",
    "sentence_of",
    "settle_parlay",
    "shape_of",
    "weigh_leg",
]
