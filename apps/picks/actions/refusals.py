"""How this room says no."""

from uuid import UUID

from apps.picks.limits import Hold
from apps.picks.models import Pick
from apps.rulebook.errors import RuleBroken

_SENTENCES = {
    Hold.ALERT_OPEN: "an alert holds its tier back",
    Hold.TIER_NOT_PUBLISHED: "its tier is not published under the opinion in force",
    Hold.QUIET_HOURS: "these are quiet hours",
    Hold.COOL_DOWN: "something was published on its game a moment ago",
    Hold.LIMIT_PER_DAY: "today's limit is reached",
    Hold.LIMIT_PER_MARKET: "today's limit of its market is reached",
    Hold.LIMIT_PER_EVENT: "the limit of its game is reached",
    Hold.LIMIT_PER_TEAM: "the limit of one of its teams is reached",
}


class PickUnknown(RuleBroken):
    code = "PICK_UNKNOWN"

    def __init__(self, pick_id: UUID) -> None:
        super().__init__(f"This tenant has no pick {pick_id}.")


class PublicationHeld(RuleBroken):
    code = "PUBLICATION_HELD"

    def __init__(self, hold: Hold) -> None:
        super().__init__(f"The pick waits: {_SENTENCES[hold]}.")
        self.hold = hold


class NothingBetter(RuleBroken):
    code = "SUPERSEDE_NOTHING_BETTER"

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing can take this pick's place: {why}.")


class SideChanged(RuleBroken):
    code = "SUPERSEDE_OTHER_SIDE"

    def __init__(self, old: Pick, side: str) -> None:
        super().__init__(
            f"The better idea is {side}, and {old.side} is still playable: withdraw it first."
        )


class NotWithdrawable(RuleBroken):
    code = "PICK_NOT_WITHDRAWABLE"

    def __init__(self, pick: Pick) -> None:
        super().__init__(f"Only a published, playable pick can be withdrawn, and this is {pick}.")


class DuplicatePublication(RuleBroken):
    code = "PUBLISH_DUPLICATE"

    def __init__(self) -> None:
        super().__init__("One of these ideas has a published pick: a second one does not go out.")
