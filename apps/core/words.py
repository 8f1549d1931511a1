"""Codes of the record as words for people; a code without a better word is written by itself."""

from collections.abc import Mapping

from apps.core.formats import words

MARKETS: Mapping[str, str] = {
    "SPREAD": "spread",
    "MONEYLINE": "moneyline",
    "MONEYLINE_3WAY": "three-way moneyline",
    "TOTAL": "total",
    "TEAM_TOTAL": "team total",
    "PROP": "prop",
}
PERIODS: Mapping[str, str] = {
    "FULL_GAME": "full game",
    "REGULATION": "regulation time",
    "H1": "first half",
}


def market(code: str) -> str:
    return MARKETS.get(code, words(code).lower())


def period(code: str) -> str:
    return PERIODS.get(code, words(code).lower())


def sentence(code: str) -> str:
    """A code inside a sentence: ``QUOTE_STALE`` is "quote stale"."""
    return words(code).lower()


# Small counts in a sentence are words.
COUNTS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)


def counted(number: int) -> str:
    """A count at the beginning of a sentence: ``Six``, ``14``."""
    return COUNTS[number].capitalize() if number < len(COUNTS) else str(number)


# What stands below everything that recommends a bet.
AGE = "21+"
HELP_LINE = "1-800-GAMBLER"
