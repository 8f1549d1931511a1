"""The words of this room: gates of the funnel, reasons, channels, what is asked of a switch."""

from enum import StrEnum


class Gate(StrEnum):
    """What an evaluation passes on its way to a proposal, in this order.

    A round counts how many evaluations reached each gate and why others stopped there.
    """

    BOOK = "BOOK"  # one of the tenant's books quotes it
    CURRENT = "CURRENT"  # it values what that book quotes now, on a game still ahead
    INTEGRITY = "INTEGRITY"  # no check fails; what stops here names the violation
    BEST = "BEST"  # the best quote of the best side of its idea
    TIER = "TIER"  # its tier is one that the tenant publishes
    IDEA = "IDEA"  # no published pick stands on the idea, and none that says the same waits
    PROPOSED = "PROPOSED"  # it became a pick that waits for publication


class Stop(StrEnum):
    """Why an evaluation stopped at a gate; at INTEGRITY the first violation says it."""

    NOT_OUR_BOOK = "NOT_OUR_BOOK"
    QUOTE_MOVED = "QUOTE_MOVED"
    QUOTE_SUSPENDED = "QUOTE_SUSPENDED"
    EVENT_STARTED = "EVENT_STARTED"
    EVENT_NOT_AHEAD = "EVENT_NOT_AHEAD"  # postponed, cancelled, or merged into another
    EVENT_FROZEN = "EVENT_FROZEN"
    NOT_THE_BEST = "NOT_THE_BEST"
    NO_EDGE = "NO_EDGE"  # tier MARKET_ALIGNED
    TIER_NOT_PUBLISHED = "TIER_NOT_PUBLISHED"
    IDEA_PUBLISHED = "IDEA_PUBLISHED"
    ALREADY_PROPOSED = "ALREADY_PROPOSED"


class WithdrawReason(StrEnum):
    INJURY_UPDATE = "INJURY_UPDATE"
    LINEUP_CHANGE = "LINEUP_CHANGE"
    MARKET_SUSPENSION = "MARKET_SUSPENSION"
    GAME_POSTPONED = "GAME_POSTPONED"
    DATA_INTEGRITY = "DATA_INTEGRITY"
    MANUAL = "MANUAL"


class Channel(StrEnum):
    APP = "APP"
    TELEGRAM = "TELEGRAM"
    WEBHOOK = "WEBHOOK"


class DeliveryKind(StrEnum):
    NEW = "NEW"  # a message of its own
    EDIT = "EDIT"  # changes an earlier message
    REPLY = "REPLY"  # a new message that answers an earlier one


class DeliveryStatus(StrEnum):
    """Retries once sent three copies: what was not acknowledged is UNKNOWN, never sent again."""

    PENDING = "PENDING"
    LEASED = "LEASED"
    SENT = "SENT"
    RETRY = "RETRY"  # certainly not delivered; due again at not_before
    REJECTED = "REJECTED"
    DEAD = "DEAD"  # attempts are spent
    UNKNOWN = "UNKNOWN"  # may have been delivered; a person decides
    VOID = "VOID"  # a person decided that it is not sent, or there is nothing left to say


# What waits, or is being sent.
OWED = (DeliveryStatus.PENDING.value, DeliveryStatus.RETRY.value, DeliveryStatus.LEASED.value)
# What certainly never arrived, and never will.
FAILED = (DeliveryStatus.REJECTED.value, DeliveryStatus.DEAD.value, DeliveryStatus.VOID.value)


def publish_scopes(schema: str, league: str, market_type: str) -> list[str]:
    """Where every switch must be open for a tenant's pick on a market to go out."""
    return ["GLOBAL", f"tenant:{schema}", f"league:{league}", f"market:{market_type}"]
