"""What people are told to do, as a pure function of the record (docs/domain.md section 5)."""

from dataclasses import dataclass
from enum import StrEnum

from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.thresholds import Tier

_STANDING = frozenset({PickStatus.PUBLISHED})


class Action(StrEnum):
    TAKE_THIS = "TAKE_THIS"
    TAKE_OPPOSITE = "TAKE_OPPOSITE"
    NO_PLAY = "NO_PLAY"


class ActionReason(StrEnum):
    RECOMMENDED = "RECOMMENDED"
    OTHER_SIDE_RECOMMENDED = "OTHER_SIDE_RECOMMENDED"
    BLOCKED = "BLOCKED"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    INVALIDATED = "INVALIDATED"
    NO_EDGE = "NO_EDGE"


@dataclass(frozen=True, slots=True)
class Advice:
    action: Action
    reason: ActionReason


def advise(
    *,
    asked: object,
    recommended: object,
    tier: Tier,
    status: PickStatus,
    validity: Validity | None,
) -> Advice:
    """Say what the holder of the selection ``asked`` should do about the pick.

    ``recommended`` is the pick's own selection; the two are compared as identities, never by
    favourite, sign or name. Source: docs/domain.md section 5.
    """
    if tier is Tier.BLOCKED or status is PickStatus.BLOCKED:
        return Advice(Action.NO_PLAY, ActionReason.BLOCKED)
    if status not in _STANDING:
        return Advice(Action.NO_PLAY, ActionReason.NOT_PUBLISHED)
    if validity is Validity.INVALIDATED:
        return Advice(Action.NO_PLAY, ActionReason.INVALIDATED)
    if tier is Tier.MARKET_ALIGNED:
        return Advice(Action.NO_PLAY, ActionReason.NO_EDGE)
    if asked == recommended:
        return Advice(Action.TAKE_THIS, ActionReason.RECOMMENDED)
    return Advice(Action.TAKE_OPPOSITE, ActionReason.OTHER_SIDE_RECOMMENDED)
