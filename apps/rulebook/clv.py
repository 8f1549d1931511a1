"""Closing line value: what a taken line and price were worth against the last market.

Source: docs/domain.md section 6. Three measures, of which expected value is the primary one,
because the other two say nothing, or the wrong thing, about a line that moved; and the choice of
the close they are measured against.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.markets import LINED_MARKETS, MarketType, Side
from apps.rulebook.odds import expected_value
from apps.rulebook.scoring.axis import TargetOutOfReach
from apps.rulebook.scoring.distribution import ScoreDistribution
from apps.rulebook.scoring.tilt import tilted

# Stored with every value. A change of any rule below is a new version, never an edited past.
CLV_VERSION: Final = "clv-1"

PLACES: Final = 6  # of expected value and price change

Number = TypeVar("Number", float, NDArray[np.float64])


class CloseSource(StrEnum):
    SAME_BOOK = "SAME_BOOK"
    SHARP_BOOK = "SHARP_BOOK"
    CONSENSUS = "CONSENSUS"
    MISSING = "MISSING"


class CloseGap(StrEnum):
    """Why there is no close, or none that a value could be computed from."""

    MAPPING_DRIFT = "MAPPING_DRIFT"  # its sides are not those that the pick was made on
    NO_PREGAME_QUOTE = "NO_PREGAME_QUOTE"  # nobody was seen quoting the selection before the start
    TOO_OLD = "TOO_OLD"  # last seen longer before the start than max_close_age
    MARGIN_NOT_REMOVABLE = "MARGIN_NOT_REMOVABLE"  # or a side is missing
    TOO_FEW_BOOKS = "TOO_FEW_BOOKS"  # for a consensus, where nobody else had a close
    NO_DISTRIBUTION = "NO_DISTRIBUTION"  # the line moved, and there is no run to move it with


@dataclass(frozen=True, slots=True)
class LastQuote:
    """The last quote of one book for one selection before the start, with its own no-vig price."""

    book: str
    line: Decimal | None  # as given to the selection
    price: Decimal
    fair_prob: float | None  # None: its other side is missing, or the margin cannot be removed
    observed_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class LastConsensus:
    """The last consensus before the start, as given to the selection."""

    line: Decimal | None
    fair_prob: float
    books: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Close:
    source: CloseSource
    book: str  # empty for a consensus
    line: Decimal | None
    price: Decimal | None  # None for a consensus: it has no price that could have been taken
    fair_prob: float
    seen_at: datetime
    age: timedelta  # at the start


def choose_close(
    quotes: Sequence[LastQuote],
    consensus: LastConsensus | None,
    *,
    book: str,
    sharp_books: Sequence[str],
    consensus_books_min: int,
    start: datetime,
    max_age: timedelta,
) -> Close | CloseGap:
    """Return the close of a selection, or the reason why it has none.

    The book the pick was taken at first, then the sharp books in their order of trust, then a
    consensus of enough books. Nothing seen or observed at or after the start is ever a close,
    and nothing last seen longer than ``max_age`` before it. Source: docs/domain.md section 6.
    """
    before = {
        quote.book: quote for quote in quotes if max(quote.observed_at, quote.last_seen_at) < start
    }
    gap = CloseGap.NO_PREGAME_QUOTE
    for key, source in [
        (book, CloseSource.SAME_BOOK),
        *((sharp, CloseSource.SHARP_BOOK) for sharp in sharp_books if sharp != book),
    ]:
        quote = before.get(key)
        if quote is None:
            continue
        age = start - quote.last_seen_at
        if age > max_age:
            gap = _worse(gap, CloseGap.TOO_OLD)
        elif quote.fair_prob is None:
            gap = _worse(gap, CloseGap.MARGIN_NOT_REMOVABLE)
        else:
            return Close(
                source, key, quote.line, quote.price, quote.fair_prob, quote.last_seen_at, age
            )
    if consensus is None or consensus.seen_at >= start:
        return gap
    age = start - consensus.seen_at
    if age > max_age:
        return _worse(gap, CloseGap.TOO_OLD)
    if consensus.books < consensus_books_min:
        return _worse(gap, CloseGap.TOO_FEW_BOOKS)
    return Close(
        CloseSource.CONSENSUS,
        "",
        consensus.line,
        None,
        consensus.fair_prob,
        consensus.seen_at,
        age,
    )


def _worse(first: CloseGap, second: CloseGap) -> CloseGap:
    """Keep the first reason met, once there is one: it is about the better source."""
    return second if first is CloseGap.NO_PREGAME_QUOTE else first


def points(
    market_type: MarketType, side: Side, taken: Decimal | None, close: Decimal | None
) -> Decimal | None:
    """Points by which the taken line beat the close; None on a market without lines.

    Spread: taken - close, as given to the selection. Total: over close - taken, under the
    reverse, because a lower total is the better one to be over. Source: docs/domain.md section 6.
    """
    if taken is None or close is None or market_type not in LINED_MARKETS:
        return None
    return close - taken if side is Side.OVER else taken - close


def price_percent(
    *,
    taken_price: Decimal,
    close_price: Decimal | None,
    taken_line: Decimal | None,
    close_line: Decimal | None,
) -> float | None:
    """d_taken / d_close - 1; None unless both prices are of one line.

    Source: docs/domain.md section 6.
    """
    if close_price is None or taken_line != close_line:
        return None
    return round(float(taken_price / close_price - 1), PLACES)


def ev_at(fair_prob: Number, push: Number, price: Number) -> Number:
    """Expected value at the close's own line: ``fair_prob`` is conditional on no push.

    One formula for a bet and for arrays of them. Source: docs/domain.md section 6.
    """
    return (1.0 - push) * (fair_prob * (price - 1.0) - (1.0 - fair_prob))


def expected(
    *,
    market_type: MarketType,
    side: Side,
    price: Decimal,
    taken_line: Decimal | None,
    close_line: Decimal | None,
    fair_prob: float,
    distribution: ScoreDistribution | None,
) -> float | CloseGap:
    """Expected value of the taken line and price, were the close the truth.

    The run's axis is moved until it gives the closing line the close's no-vig probability, and
    read at the taken line (``scoring.tilt`` says how, and why not by a plain shift). Without a run
    an unmoved line is still worth what its no-vig price says, its pushes left out; a moved one
    has no value that anybody knows. Source: docs/domain.md section 6.
    """
    odds = float(price)
    if taken_line == close_line and (
        distribution is None or market_type is MarketType.MONEYLINE_3WAY
    ):
        return _rounded(ev_at(fair_prob, 0.0, odds))
    if distribution is None:
        return CloseGap.NO_DISTRIBUTION
    try:
        closing = tilted(distribution.axis(market_type), market_type, side, close_line, fair_prob)
    except TargetOutOfReach:
        return CloseGap.MARGIN_NOT_REMOVABLE
    taken = closing.price(market_type, side, taken_line)
    return _rounded(expected_value(taken.a, taken.b, odds))


def _rounded(number: float) -> float:
    return math.nan if math.isnan(number) else round(number, PLACES)
