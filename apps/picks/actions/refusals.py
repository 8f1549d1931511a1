"""How this room says no."""

from uuid import UUID

from apps.picks.limits import Held, Hold
from apps.picks.models import Pick
from apps.rulebook.errors import RuleBroken

_SENTENCES = {
    Hold.ALERT_OPEN: "an alert holds its tier back",
    Hold.TIER_NOT_PUBLISHED: "its tier is not published under the opinion in force",
    Hold.QUIET_HOURS: "these are quiet hours",
    Hold.COOL_DOWN: "something was published on its game within {most} min",
    Hold.LIMIT_PER_DAY: "today's limit of {most} picks is reached",
    Hold.LIMIT_PER_MARKET: "today's limit of {most} {market} is reached",
    Hold.LIMIT_PER_EVENT: "the limit of {most} for its game is reached",
    Hold.LIMIT_PER_TEAM: "the limit of {most} for one of its teams is reached",
    Hold.LEAGUE_QUIET_HOURS: "these are quiet hours of the {league}",
    Hold.LEAGUE_COOL_DOWN: "something was published on its {league} game within {most} min",
    Hold.LEAGUE_LIMIT_PER_DAY: "today's limit of {most} {league} picks is reached",
    Hold.LEAGUE_LIMIT_PER_MARKET: "today's limit of {most} {league} {market} is reached",
    Hold.LEAGUE_LIMIT_PER_EVENT: "the {league} limit of {most} for its game is reached",
    Hold.LEAGUE_LIMIT_PER_TEAM: "the {league} limit of {most} for one of its teams is reached",
}


class PickUnknown(RuleBroken):
    code = "PICK_UNKNOWN"

    def __init__(self, pick_id: UUID) -> None:
        super().__init__(f"This tenant has no pick {pick_id}.")


class PublicationHeld(RuleBroken):
    code = "PUBLICATION_HELD"

    def __init__(self, held: Held) -> None:
        why = _SENTENCES[held.hold].format(most=held.most, league=held.league, market=held.market)
        super().__init__(f"The pick waits: {why} ({held.hold}).")
        self.hold = held.hold


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
