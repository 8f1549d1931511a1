"""Which picks may be legs: every reason against one, in the order in which it is asked.

Source: docs/domain.md section 9.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from apps.rulebook.evaluation.action import Action
from apps.rulebook.lifecycle import Validity
from apps.rulebook.thresholds import Tier


class ParlayStatus(StrEnum):
    MADE = "MADE"  # its legs were found; written once
    NO_VALID_PARLAY = "NO_VALID_PARLAY"  # they were not, and it says what was missing; final
    GRADED = "GRADED"  # settled; later revisions are grades, not moves


class LegReason(StrEnum):
    """Why a pick is no leg: the first four are the gate, the others follow from the profile."""

    INTEGRITY_VIOLATION = "INTEGRITY_VIOLATION"
    NO_PLAY = "NO_PLAY"
    TIER_BLOCKED = "TIER_BLOCKED"
    NOT_VALID = "NOT_VALID"  # its validity is another than VALID
    EVENT_STARTED = "EVENT_STARTED"
    SWITCH_OFF = "SWITCH_OFF"  # publishing is closed in one of its scopes, or to its tier
    NO_QUOTE = "NO_QUOTE"  # no book shows its line now at a price that is worth it
    BELOW_PROFILE = "BELOW_PROFILE"  # its weight is below the profile's threshold
    NOT_AT_THIS_BOOK = "NOT_AT_THIS_BOOK"  # a parlay is one bet at one book
    SAME_GAME = "SAME_GAME"  # a heavier leg of its game stands in the parlay
    TEAM_LIMIT = "TEAM_LIMIT"
    TOTALS_LIMIT = "TOTALS_LIMIT"
    OUTWEIGHED = "OUTWEIGHED"  # the legs chosen weigh more
    NOT_PRICEABLE = "NOT_PRICEABLE"  # beside the others it has no price, or one not worth it


_SENTENCES: Final[Mapping[LegReason, str]] = {
    LegReason.INTEGRITY_VIOLATION: "a check of its record fails",
    LegReason.NO_PLAY: "it is not recommended",
    LegReason.TIER_BLOCKED: "its tier is blocked",
    LegReason.NOT_VALID: "it is not playable as it was published",
    LegReason.EVENT_STARTED: "its game has begun",
    LegReason.SWITCH_OFF: "publishing is stopped where it belongs",
    LegReason.NO_QUOTE: "no book shows its line at a price that is worth it",
    LegReason.BELOW_PROFILE: "it weighs less than the profile asks for",
    LegReason.NOT_AT_THIS_BOOK: "the parlay's book does not show it at a price that is worth it",
    LegReason.SAME_GAME: "another leg stands for its game",
    LegReason.TEAM_LIMIT: "its team has its legs already",
    LegReason.TOTALS_LIMIT: "the parlay has its totals already",
    LegReason.OUTWEIGHED: "the legs that were chosen weigh more",
    LegReason.NOT_PRICEABLE: "beside the others it has no price that is worth it",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """One pick that is no leg, and everything that speaks against it; the first decides."""

    pick: UUID
    reasons: tuple[LegReason, ...]
    details: tuple[str, ...] = ()  # codes: which check, which validity

    @property
    def reason(self) -> LegReason:
        return self.reasons[0]


def reasons_against(
    *,
    violations: Sequence[object],
    action: Action,
    tier: Tier,
    validity: Validity | None,
) -> tuple[LegReason, ...]:
    """Name everything that keeps a pick from being a leg, in the gate's order; empty: nothing.

    Source: docs/domain.md section 9.
    """
    found = {
        LegReason.INTEGRITY_VIOLATION: bool(violations),
        LegReason.NO_PLAY: action is Action.NO_PLAY,
        LegReason.TIER_BLOCKED: tier is Tier.BLOCKED,
        LegReason.NOT_VALID: validity is not Validity.VALID,
    }
    return tuple(reason for reason in LegReason if found.get(reason))


def sentence_of(*, asked: int, found: int, rejections: Iterable[Rejection]) -> str:
    """Say what was missing for a parlay, in words that name every reason with its count.

    Source: docs/domain.md section 9.
    """
    counted = Counter(rejection.reason for rejection in rejections)
    looked_at = counted.total() + found
    said = [f"{asked} legs were asked for and {found} of {looked_at} picks may stand together"]
    said += [f"{counted[reason]}: {_SENTENCES[reason]}" for reason in LegReason if counted[reason]]
    return "; ".join(said) + "."
