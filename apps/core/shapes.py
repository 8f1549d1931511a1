"""What a state looks like: a drawn shape and a word, the colour last.

Circles are conditions, squares are results and switches, diamonds are tiers, triangles and
octagons ask for a person. The word is always there; the shape alone carries colour, so that a
page reads without any. Every state of every kind stands in ``STATES`` once.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.rulebook.errors import RuleBroken


class StateUnknown(RuleBroken):
    code = "STATE_UNKNOWN"

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"Nobody has drawn the state {value!r} of {kind!r}.")


class Tone(StrEnum):
    """A colour of the token file, by what it says."""

    OK = "ok"
    ACCENT = "accent"
    WARN = "warn"
    CRIT = "crit"
    INK = "ink"
    QUIET = "ink3"


class Look(NamedTuple):
    """How one state is shown: which shape, which word, which tone."""

    shape: str
    word: str
    tone: Tone


# On a grid of 14 px. What is cut out of a filled shape carries the class bv-cut.
_LINE = 'fill="none" stroke="currentColor" stroke-width="1.5"'
_CUT = 'class="bv-cut" fill="none" stroke-width="1.6"'
_RING = f'<circle cx="7" cy="7" r="5.75" {_LINE}/>'
_DISC = '<circle cx="7" cy="7" r="6.5" fill="currentColor"/>'
_SQUARE = f'<rect x="1.25" y="1.25" width="11.5" height="11.5" rx="2" {_LINE}/>'
_BLOCK = '<rect x=".5" y=".5" width="13" height="13" rx="2.5" fill="currentColor"/>'
_CHECK = "M4 7.3l2.1 2.1 4-4.4"
_CROSS = "M4.8 4.8l4.4 4.4m0-4.4L4.8 9.2"
_DRAWN: Mapping[str, str] = {
    "arrow_ring": f'<path d="M12.2 8.4A5.4 5.4 0 1 1 11 3.4" {_LINE}/>'
    f'<path d="M11.6.8v3.2H8.4" {_LINE}/>',
    "bar": f'<path d="M1.5 7h11" {_LINE}/>',
    "bars": f'<path d="M2.5 4.8h9M2.5 9.2h9" {_LINE}/>',
    "chevrons": f'<path d="M2.5 3l4 4-4 4M7.5 3l4 4-4 4" {_LINE}/>',
    "diamond": '<path d="M7 .5L13.5 7 7 13.5.5 7z" fill="currentColor"/>',
    "diamond_open": f'<path d="M7 1.6L12.4 7 7 12.4 1.6 7z" {_LINE}/>',
    "disc_check": f'{_DISC}<path d="{_CHECK}" {_CUT}/>',
    "half_disc": f'{_RING}<path d="M7 1.25a5.75 5.75 0 0 1 0 11.5z" fill="currentColor"/>',
    "octagon": '<path d="M4.2.5h5.6l3.7 3.7v5.6l-3.7 3.7H4.2L.5 9.8V4.2z" fill="currentColor"/>'
    f'<path d="{_CROSS}" {_CUT}/>',
    "ring": _RING,
    "ring_arrow": f'{_RING}<path d="M3.9 7h5.6M7.3 4.7L9.6 7 7.3 9.3" {_LINE}/>',
    "ring_slash": f'{_RING}<path d="M3.1 10.9l7.8-7.8" {_LINE}/>',
    "square_bars": f'{_SQUARE}<path d="M4.2 5.5h5.6M4.2 8.5h5.6" {_LINE}/>',
    "square_check": f'{_BLOCK}<path d="{_CHECK}" {_CUT}/>',
    "square_cross": f'{_SQUARE}<path d="{_CROSS}" {_LINE}/>',
    "square_dashed": '<rect x="1.25" y="1.25" width="11.5" height="11.5" rx="2" fill="none"'
    ' stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 1.9"/>',
    "square_pause": f'{_BLOCK}<path d="M5.2 4.4v5.2M8.8 4.4v5.2" {_CUT}/>',
    "triangle": '<path d="M7 .8l6.6 12H.4z" fill="currentColor" stroke="currentColor"'
    ' stroke-width=".8" stroke-linejoin="round"/>'
    f'<path d="M7 5v3.4M7 9.7v1.6" {_CUT}/>',
}

SHAPES: Mapping[str, SafeString] = {name: SafeString(svg) for name, svg in _DRAWN.items()}

_OK, _ACCENT, _WARN, _CRIT, _INK, _QUIET = Tone

# kind -> value, as it is stored -> how it looks.
STATES: Mapping[str, Mapping[str, Look]] = {
    "tier": {
        "EDGE": Look("diamond", "EDGE", _ACCENT),
        "LEAN": Look("diamond_open", "LEAN", _ACCENT),
        "MARKET_ALIGNED": Look("bars", "NO PLAY", _QUIET),
        "BLOCKED": Look("octagon", "Blocked", _CRIT),
    },
    "pick": {
        "PROPOSED": Look("ring", "Proposed", _QUIET),
        "BLOCKED": Look("octagon", "Blocked", _CRIT),
        "EXPIRED": Look("bar", "Expired", _QUIET),
        "PUBLISHED": Look("diamond", "Published", _ACCENT),
        "SUPERSEDED": Look("chevrons", "Superseded", _QUIET),
        "GRADED": Look("disc_check", "Graded", _QUIET),
    },
    "parlay": {
        "MADE": Look("diamond", "Made", _ACCENT),
        "NO_VALID_PARLAY": Look("ring_slash", "No valid parlay", _QUIET),
        "GRADED": Look("disc_check", "Graded", _QUIET),
    },
    "validity": {
        "VALID": Look("disc_check", "Playable", _OK),
        "MOVED_BUT_OK": Look("ring_arrow", "Moved, still playable", _WARN),
        "REFRESH_RECOMMENDED": Look("arrow_ring", "Refresh due", _WARN),
        "INVALIDATED": Look("ring_slash", "No longer playable", _CRIT),
    },
    "outcome": {
        "WIN": Look("square_check", "Win", _OK),
        "HALF_WIN": Look("square_check", "Half win", _OK),
        "LOSS": Look("square_cross", "Loss", _INK),
        "HALF_LOSS": Look("square_cross", "Half loss", _INK),
        "PUSH": Look("square_bars", "Push", _QUIET),
        "VOID": Look("square_dashed", "Void", _QUIET),
        "UNGRADEABLE": Look("triangle", "Ungradeable", _WARN),
    },
    "parlay_outcome": {
        "WIN": Look("square_check", "Win", _OK),
        "PART_LOSS": Look("square_cross", "Part loss", _INK),
        "LOSS": Look("square_cross", "Loss", _INK),
        "PUSH": Look("square_bars", "Push", _QUIET),
        "VOID": Look("square_dashed", "Void", _QUIET),
        "UNGRADEABLE": Look("triangle", "Ungradeable", _WARN),
    },
    # What a stage, a job or a feed is doing.
    "work": {
        "OK": Look("disc_check", "OK", _OK),
        "FRESH": Look("disc_check", "Fresh", _OK),
        "BUSY": Look("half_disc", "Busy", _ACCENT),
        "LATE": Look("triangle", "Late", _WARN),
        "STALE": Look("octagon", "Stale", _CRIT),
        "STOPPED": Look("square_pause", "Stopped", _CRIT),
        "NOT_DUE": Look("bar", "Not due", _QUIET),
        "NOT_BUILT": Look("bar", "Not yet", _QUIET),
    },
    "switch": {
        "ON": Look("disc_check", "On", _OK),
        "OFF": Look("square_pause", "Stopped", _CRIT),
        "NOT_YET": Look("square_pause", "Stopped", _CRIT),
        "MISSING": Look("square_pause", "Stopped", _CRIT),
        "TURNING": Look("square_pause", "Stopping", _CRIT),
        "EDGE_ONLY": Look("triangle", "EDGE only", _WARN),
        "NONE": Look("square_pause", "Held back", _CRIT),
        "UNWATCHED": Look("square_pause", "Unwatched", _CRIT),
        "UNREADABLE": Look("square_pause", "Unreadable", _CRIT),
    },
    "delivery": {
        "PENDING": Look("ring", "Waiting", _QUIET),
        "RETRY": Look("ring", "Waiting", _QUIET),
        "LEASED": Look("half_disc", "Sending", _ACCENT),
        "SENT": Look("disc_check", "Sent once", _OK),
        "UNKNOWN": Look("triangle", "No answer", _WARN),
        "REJECTED": Look("octagon", "Failed", _CRIT),
        "DEAD": Look("octagon", "Failed", _CRIT),
        "VOID": Look("bar", "Not to be sent", _QUIET),
    },
    "channel": {
        "OPEN": Look("disc_check", "Open", _OK),
        "CLOSED": Look("square_pause", "Closed", _WARN),
    },
    "bot": {
        "WORKING": Look("disc_check", "Working", _OK),
        "REFUSED": Look("octagon", "Token refused", _CRIT),
    },
    "severity": {
        "INFO": Look("ring", "note", _QUIET),
        "WARN": Look("triangle", "warning", _WARN),
        "CRIT": Look("octagon", "critical", _CRIT),
    },
    "alert": {
        "OPEN": Look("half_disc", "Open", _ACCENT),
        "ACKNOWLEDGED": Look("ring", "Acknowledged", _QUIET),
        "RESOLVED": Look("disc_check", "Resolved", _OK),
    },
    "approval": {
        "REQUESTED": Look("triangle", "Waits for a second person", _WARN),
        "APPROVED": Look("disc_check", "Approved", _OK),
        "REFUSED": Look("ring_slash", "Refused", _QUIET),
        "EXPIRED": Look("bar", "Expired", _QUIET),
        "USED": Look("disc_check", "Done", _OK),
    },
    "job": {
        "RUNNING": Look("half_disc", "Running", _ACCENT),
        "DONE": Look("disc_check", "Done", _OK),
        "FAILED": Look("octagon", "Failed", _CRIT),
        "DROPPED": Look("bar", "Dropped", _QUIET),
    },
    "poll": {
        "OK": Look("disc_check", "OK", _OK),
        "UNCHANGED": Look("disc_check", "Unchanged", _OK),
        "EMPTY": Look("triangle", "Empty", _WARN),
        "NOT_DUE": Look("bar", "Not due", _QUIET),
        "AUTH": Look("octagon", "Key refused", _CRIT),
        "OUT_OF_CREDITS": Look("octagon", "Out of credits", _CRIT),
        "FREQUENCY": Look("triangle", "Asked too often", _WARN),
        "BAD_REQUEST": Look("octagon", "Bad request", _CRIT),
        "GONE": Look("octagon", "Gone", _CRIT),
        "SERVER": Look("octagon", "Server error", _CRIT),
        "NETWORK": Look("octagon", "No connection", _CRIT),
        "UNREADABLE": Look("octagon", "Unreadable", _CRIT),
    },
    "run": {
        "DONE": Look("disc_check", "Done", _OK),
        "BLOCKED": Look("octagon", "Blocked", _CRIT),
        "FAILED": Look("octagon", "Failed", _CRIT),
    },
    "review": {
        "OPEN": Look("triangle", "Open", _WARN),
        "APPROVED": Look("disc_check", "Approved", _OK),
        "REJECTED": Look("ring_slash", "Rejected", _QUIET),
    },
    "user": {
        "ACTIVE": Look("disc_check", "Active", _OK),
        "DISABLED": Look("square_pause", "Disabled", _WARN),
        "ANONYMISED": Look("bar", "Anonymised", _QUIET),
    },
    "event": {
        "SCHEDULED": Look("ring", "Scheduled", _QUIET),
        "LIVE": Look("half_disc", "Live", _ACCENT),
        "FINAL": Look("disc_check", "Final", _QUIET),
        "POSTPONED": Look("triangle", "Postponed", _WARN),
        "CANCELED": Look("square_dashed", "Cancelled", _QUIET),
    },
    "quote": {
        "OPEN": Look("disc_check", "Open", _OK),
        "SUSPENDED": Look("square_pause", "Suspended", _WARN),
        "ABSENT": Look("ring_slash", "Absent", _CRIT),
    },
    "config": {
        "IN_FORCE": Look("disc_check", "In force", _OK),
        "TO_COME": Look("ring", "To come", _QUIET),
        "REPLACED": Look("bar", "Replaced", _QUIET),
    },
    "model": {
        "MEASURED": Look("disc_check", "Measured", _OK),
        "UNMEASURED": Look("triangle", "Unmeasured", _WARN),
    },
    "tenant": {
        "ACTIVE": Look("disc_check", "Active", _OK),
        "SUSPENDED": Look("square_pause", "Suspended", _CRIT),
    },
}

# What stands for a shape where there is text only.
_SIGNS: Mapping[str, str] = {
    "diamond": "◆",
    "diamond_open": "◇",
    "square_check": "✓",
    "square_cross": "✗",
    "square_bars": "=",
}


def look(kind: str, value: str) -> Look:
    """Find how a state is shown.

    Raises:
        StateUnknown: nobody has drawn it.
    """
    try:
        return STATES[kind][value]
    except KeyError:
        raise StateUnknown(kind, value) from None


def shape(name: str, tone: str = Tone.QUIET) -> SafeString:
    """Draw a shape alone, for a page that says the word itself."""
    return format_html(
        '<svg class="bv-shape bv-tone-{}" viewBox="0 0 14 14" width="14" height="14"'
        ' aria-hidden="true" focusable="false">{}</svg>',
        tone,
        SHAPES[name],
    )


def state(kind: str, value: str, word: str = "") -> SafeString:
    """Show a state in a table or a sentence: its shape and its word, or a more exact word."""
    seen = look(kind, value)
    return format_html(
        '<span class="bv-state">{}<span>{}</span></span>',
        shape(seen.shape, seen.tone),
        word or seen.word,
    )


def pill(kind: str, value: str, word: str = "") -> SafeString:
    """Show the one state of a page's subject, on soft ground; never in a table."""
    seen = look(kind, value)
    return format_html(
        '<span class="bv-pill bv-pill-{}">{}<span>{}</span></span>',
        seen.tone,
        shape(seen.shape, seen.tone),
        word or seen.word,
    )


def tier(value: str) -> SafeString:
    """Show a tier as the label that it is: EDGE filled, LEAN outlined, no play in grey."""
    seen = look("tier", value)
    return format_html(
        '<span class="bv-tier bv-tier-{}">{}<span>{}</span></span>',
        value.lower().replace("_", "-"),
        shape(seen.shape, "none"),
        seen.word,
    )


def text_state(kind: str, value: str, word: str = "") -> str:
    """Write a state where nothing can be drawn; tiers and results keep a sign of their own."""
    seen = look(kind, value)
    sign = _SIGNS.get(seen.shape, "")
    said = word or seen.word
    return f"{sign} {said}" if sign else said
