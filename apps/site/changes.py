"""Why a published pick is not what it was, in a sentence for the people who follow it."""

from datetime import datetime
from typing import Final

from apps.core import formats, words
from apps.core.local import Place
from apps.picks.models import Pick, PickChange
from apps.rulebook.lifecycle import Validity
from apps.rulebook.validity import ValidityReason

STAYS: Final = "It stays in the record and will be graded."
_WITHOUT_A_QUOTE: Final = {
    ValidityReason.INPUTS_CHANGED: "What the estimate was made from has changed since",
    ValidityReason.QUOTE_STALE: "Its book's price has not been seen again since",
    ValidityReason.VALUE_UNKNOWN: "Its book's new price has not been weighed yet; it changed",
}


def said_now(pick: Pick, change: PickChange | None, place: Place, now: datetime) -> str:
    """Say what changed since it was published; empty where nothing did."""
    if pick.validity_state == Validity.VALID or pick.validity_at is None:
        return ""
    since = place.moment(pick.validity_at, now)
    if pick.withdrawn_reason:
        return f"Withdrawn at {since}: {words.sentence(pick.withdrawn_reason)}. {STAYS}"
    if pick.validity_state == Validity.INVALIDATED:
        return f"{_gone(pick, change, since)} {STAYS}"
    if pick.validity_state == Validity.MOVED_BUT_OK:
        return f"At {since} it was {quoted(pick, change)}: less value than a new pick would need."
    begun = _WITHOUT_A_QUOTE.get(ValidityReason(pick.validity_reason), "It is being looked at")
    return f"{begun} ({since}). It is due for a refresh."


def quoted(pick: Pick, change: PickChange | None) -> str:
    """What the pick's book showed then, and what the pick was worth at that: ``47 at −112``."""
    if change is None or change.price is None:
        return "not on offer"
    line = formats.line(pick.market_type, change.line)
    price = formats.odds(change.price).partition(" ")[0]
    there = f"{line} at {price}" if line else f"at {price}"
    return f"{there}, {formats.named_ev(change.ev)}" if change.ev is not None else there


def _gone(pick: Pick, change: PickChange | None, since: str) -> str:
    reason = pick.validity_reason
    if reason == ValidityReason.MARKET_SUSPENDED:
        return f"Its book has suspended the market ({since})."
    if reason == ValidityReason.MARKET_ABSENT:
        return f"Its book has taken the market down ({since})."
    past = " past what it was playable to" if reason == ValidityReason.BEYOND_PLAYABLE else ""
    return f"At {since} it was {quoted(pick, change)},{past or ' and no value is left'}."
