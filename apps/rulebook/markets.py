"""What can be bet on: market types, periods, sides, and how two sides mirror each other.

Vocabulary of the product (docs/glossary.md). Sides and markets are enums validated at the
boundary, so that ``home`` can never be compared with ``HOME``.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from apps.rulebook.errors import RuleBroken

# Positive when the home team wins. Never mixed with a spread: the two have opposite signs.
HomeMargin = NewType("HomeMargin", float)
# Added to the home score. Negative when the home team is favoured.
HomeSpread = NewType("HomeSpread", float)


class MarketType(StrEnum):
    SPREAD = "SPREAD"
    MONEYLINE = "MONEYLINE"
    MONEYLINE_3WAY = "MONEYLINE_3WAY"
    TOTAL = "TOTAL"
    TEAM_TOTAL = "TEAM_TOTAL"
    PROP = "PROP"


class Period(StrEnum):
    FULL_GAME = "FULL_GAME"  # overtime counts
    REGULATION = "REGULATION"  # it does not; league football is this
    H1 = "H1"


class Side(StrEnum):
    HOME = "HOME"
    AWAY = "AWAY"
    DRAW = "DRAW"
    OVER = "OVER"
    UNDER = "UNDER"


class EventStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    LIVE = "LIVE"
    FINAL = "FINAL"
    POSTPONED = "POSTPONED"
    CANCELED = "CANCELED"


class QuoteStatus(StrEnum):
    OPEN = "OPEN"
    SUSPENDED = "SUSPENDED"  # the book is there, the market is gone
    ABSENT = "ABSENT"  # the whole book is gone from the event


class BookKind(StrEnum):
    SPORTSBOOK = "SPORTSBOOK"
    EXCHANGE = "EXCHANGE"
    DFS = "DFS"


MARKET_SIDES: Mapping[MarketType, tuple[Side, ...]] = {
    MarketType.SPREAD: (Side.HOME, Side.AWAY),
    MarketType.MONEYLINE: (Side.HOME, Side.AWAY),
    MarketType.MONEYLINE_3WAY: (Side.HOME, Side.AWAY, Side.DRAW),
    MarketType.TOTAL: (Side.OVER, Side.UNDER),
    MarketType.TEAM_TOTAL: (Side.OVER, Side.UNDER),
    MarketType.PROP: (Side.OVER, Side.UNDER),
}

# Markets whose quotes carry a line; on the others a line is NULL, never 0.
LINED_MARKETS = frozenset(
    {MarketType.SPREAD, MarketType.TOTAL, MarketType.TEAM_TOTAL, MarketType.PROP}
)

_OPPOSITES: Mapping[Side, Side] = {
    Side.HOME: Side.AWAY,
    Side.AWAY: Side.HOME,
    Side.OVER: Side.UNDER,
    Side.UNDER: Side.OVER,
}


class NoOpposite(RuleBroken):
    code = "OPPOSITE_SELECTION_MISSING"

    def __init__(self, side: Side) -> None:
        super().__init__(f"{side} has no single opposite side.")


def opposite(side: Side) -> Side:
    """Return the other side of a two-way market; ``opposite(opposite(x)) is x``.

    Source: docs/domain.md section 1.

    Raises:
        NoOpposite: for DRAW, whose opposite is two sides.
    """
    try:
        return _OPPOSITES[side]
    except KeyError:
        raise NoOpposite(side) from None


def mirror_line(market_type: MarketType, line: Decimal | None) -> Decimal | None:
    """Return the line as given to the opposite side: negated for a spread, equal for a total.

    Source: docs/domain.md section 4.
    """
    if line is None or market_type is not MarketType.SPREAD:
        return line
    return -line if line else line  # -Decimal(0) would print as "-0"


def written_line(market_type: MarketType, line: Decimal | None) -> str:
    """Write a line for people: a spread with its sign (``+3``, ``-1.5``), a total without.

    Empty where there is none, ``0`` for a pick'em; see docs/domain.md section 1.
    """
    if line is None:
        return ""
    plain = format(line.normalize() if line else Decimal(0), "f")
    return f"+{plain}" if market_type is MarketType.SPREAD and line > 0 else plain
