"""What a reply means: one outcome and the provider's code for it.

The envelope of an error is not documented, so its code is looked for in the text, the longest
first. Source: the provider's list of codes.
"""

import json
from typing import Final

from apps.snapshots.providers.oddsapi.line import Flaw, Reply
from apps.snapshots.providers.ports import Outcome

LONGEST_DETAIL: Final = 300
_LOOKED_AT: Final = 4096  # bytes of an error in which its code is looked for

# The longest first: some are the beginning of others.
CODES: Final = (
    "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN",
    "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE",
    "INVALID_HISTORICAL_TIMESTAMP",
    "MISSING_HISTORICAL_TIMESTAMP",
    "INVALID_COMMENCE_TIME_RANGE",
    "INVALID_INCLUDE_MULTIPLIERS",
    "INVALID_COMMENCE_TIME_FROM",
    "INVALID_INCLUDE_BET_LIMITS",
    "INVALID_ALL_SPORTS_PARAM",
    "INVALID_COMMENCE_TIME_TO",
    "INVALID_SCORES_DAYS_FROM",
    "INVALID_PARTICIPANT_ID",
    "INVALID_INCLUDE_LINKS",
    "INVALID_INCLUDE_SIDS",
    "INVALID_MARKET_COMBO",
    "OUT_OF_USAGE_CREDITS",
    "EXCEEDED_FREQ_LIMIT",
    "INVALID_DATE_FORMAT",
    "INVALID_ODDS_FORMAT",
    "INVALID_BOOKMAKERS",
    "INVALID_EVENT_IDS",
    "INVALID_EVENT_ID",
    "DEACTIVATED_KEY",
    "EVENT_NOT_FOUND",
    "INVALID_MARKET",
    "INVALID_REGION",
    "INVALID_STATUS",
    "MISSING_MARKET",
    "MISSING_REGION",
    "INVALID_SPORT",
    "UNKNOWN_SPORT",
    "INVALID_KEY",
    "MISSING_KEY",
)

_OF_A_FLAW: Final = {
    Flaw.NOT_CONNECTED: Outcome.NETWORK,
    Flaw.BROKEN: Outcome.NETWORK,
    Flaw.DEADLINE: Outcome.NETWORK,
    Flaw.CUT: Outcome.UNREADABLE,
    Flaw.TOO_LARGE: Outcome.UNREADABLE,
    Flaw.ENCODING: Outcome.UNREADABLE,
}
_OF_A_CODE: Final = {
    # Both come with the status of a wrong key, and mean something else.
    "OUT_OF_USAGE_CREDITS": Outcome.OUT_OF_CREDITS,
    "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN": Outcome.BAD_REQUEST,
    "EXCEEDED_FREQ_LIMIT": Outcome.FREQUENCY,
}
_OF_A_STATUS: Final = {
    401: Outcome.AUTH,
    403: Outcome.AUTH,
    404: Outcome.GONE,
    408: Outcome.SERVER,
    410: Outcome.GONE,
    429: Outcome.FREQUENCY,
}
_WORDS: Final = {
    Flaw.NOT_CONNECTED: "No connection came about.",
    Flaw.BROKEN: "The connection ended before there was an answer.",
    Flaw.DEADLINE: "No whole answer within the time for one call.",
    Flaw.CUT: "The body ended before its end.",
    Flaw.TOO_LARGE: "The body is larger than any board can be.",
    Flaw.ENCODING: "The body is compressed in a way that was not asked for.",
}

# Worth another try at once; everything else says the same when asked again.
PASSING: Final = frozenset({Outcome.FREQUENCY, Outcome.SERVER, Outcome.NETWORK, Outcome.UNREADABLE})
_LASTING: Final = frozenset({Flaw.TOO_LARGE, Flaw.ENCODING})


def meaning_of(reply: Reply) -> tuple[Outcome, str]:
    """Return the one outcome of a reply and its code; a good answer has none."""
    status = reply.status
    if reply.flaw is not None and (status is None or status == 200):
        return _OF_A_FLAW[reply.flaw], reply.flaw.value
    if status == 200:
        return Outcome.OK, ""
    assert status is not None
    code = _code_in(reply.body)
    if code in _OF_A_CODE and 400 <= status < 500:
        return _OF_A_CODE[code], code
    return _of_status(status), code or f"HTTP_{status}"


def worth_repeating(reply: Reply, outcome: Outcome) -> bool:
    """Whether the same question may be answered differently in a moment."""
    redirected = reply.status is not None and 300 <= reply.status < 400
    return outcome in PASSING and reply.flaw not in _LASTING and not redirected


def detail_of(reply: Reply, outcome: Outcome) -> str:
    """Return what went wrong in words; the provider's own where it has any."""
    if outcome is Outcome.OK:
        return ""
    if outcome in (Outcome.NETWORK, Outcome.UNREADABLE) and reply.flaw is not None:
        return _WORDS[reply.flaw]
    if reply.status is not None and 300 <= reply.status < 400:
        return "It points elsewhere, and redirects are not followed."
    return _message_in(reply.body) or f"Status {reply.status}."


def _of_status(status: int) -> Outcome:
    if status in _OF_A_STATUS:
        return _OF_A_STATUS[status]
    if 400 <= status < 500:
        return Outcome.BAD_REQUEST
    return Outcome.UNREADABLE if 200 <= status < 300 else Outcome.SERVER


def _code_in(body: bytes) -> str:
    text = body[:_LOOKED_AT].decode("utf-8", "replace")
    return next((code for code in CODES if code in text), "")


def _message_in(body: bytes) -> str:
    try:
        told = json.loads(body[:_LOOKED_AT])
    except ValueError:
        return ""
    message = told.get("message") if isinstance(told, dict) else None
    return message if isinstance(message, str) else ""
