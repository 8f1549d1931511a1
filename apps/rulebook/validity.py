"""Whether a published pick may still be taken, and down to which price and line it could be.

Source: docs/domain.md section 5. The first rule that matches decides, INVALIDATED is final, and
every decision carries its reason. ``picks.sweeping`` says the same in SQL, for a sweep of all live
picks; a property test holds the two equal.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final

import numpy as np

from apps.rulebook.evaluation.value import PLACES
from apps.rulebook.lifecycle import Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.rulebook.scoring.axis import AxisDistribution
from apps.rulebook.scoring.tilt import tilted

PRICE_STEP: Final = Decimal("0.000001")  # of canonical decimal odds
FARTHEST_POINTS: Final = 40  # how far from the taken line a playable one is looked for


class ValidityReason(StrEnum):
    MAPPING_DRIFT = "MAPPING_DRIFT"  # people said that its game is another, or has other sides
    MARKET_SUSPENDED = "MARKET_SUSPENDED"
    MARKET_ABSENT = "MARKET_ABSENT"
    NO_VALUE = "NO_VALUE"  # expected value now is nought or less
    BEYOND_PLAYABLE = "BEYOND_PLAYABLE"  # line or price is worse than playable_to
    INPUTS_CHANGED = "INPUTS_CHANGED"  # a new run, a new rating, a moved start
    QUOTE_STALE = "QUOTE_STALE"
    VALUE_UNKNOWN = "VALUE_UNKNOWN"  # the current quote has not been evaluated
    AS_GOOD = "AS_GOOD"
    LESS_VALUE = "LESS_VALUE"  # still positive, below the tier's minimum


@dataclass(frozen=True, slots=True)
class Now:
    """The current market for a pick's own selection and book, and what the pick may fall to.

    ``line`` is as given to the pick's side; None where the market has none. ``out_s`` counts the
    seconds for which the market has not been open; 0 where it is. ``ev`` is of the current line
    and price with the newest evaluation, NaN where there is none. ``is_another_game``: the event
    was merged into another one, or its sides are not those that the pick was made on.
    """

    side: Side
    status: QuoteStatus
    out_s: float
    age_s: float
    line: float | None
    price: float
    ev: float
    inputs_changed: bool
    taken_line: float | None
    playable_price: float
    playable_line: float | None
    is_another_game: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    validity: Validity
    reason: ValidityReason


def judge(now: Now, *, max_quote_age_s: float, ev_min: float) -> Judged:
    """Say how a published pick stands; ``ev_min`` is its tier's minimum expected value.

    Source: docs/domain.md section 5.
    """
    if now.is_another_game:
        return Judged(Validity.INVALIDATED, ValidityReason.MAPPING_DRIFT)
    if now.status is not QuoteStatus.OPEN and now.out_s > max_quote_age_s:
        absent = now.status is QuoteStatus.ABSENT
        return Judged(
            Validity.INVALIDATED,
            ValidityReason.MARKET_ABSENT if absent else ValidityReason.MARKET_SUSPENDED,
        )
    if now.ev <= 0.0:
        return Judged(Validity.INVALIDATED, ValidityReason.NO_VALUE)
    if _beyond(now):
        return Judged(Validity.INVALIDATED, ValidityReason.BEYOND_PLAYABLE)
    if now.inputs_changed:
        return Judged(Validity.REFRESH_RECOMMENDED, ValidityReason.INPUTS_CHANGED)
    if now.age_s > max_quote_age_s:
        return Judged(Validity.REFRESH_RECOMMENDED, ValidityReason.QUOTE_STALE)
    if math.isnan(now.ev):
        return Judged(Validity.REFRESH_RECOMMENDED, ValidityReason.VALUE_UNKNOWN)
    if now.ev >= ev_min:
        return Judged(Validity.VALID, ValidityReason.AS_GOOD)
    return Judged(Validity.MOVED_BUT_OK, ValidityReason.LESS_VALUE)


def _beyond(now: Now) -> bool:
    """At the taken line the price decides; at another one the line does."""
    if now.line is None or now.taken_line is None or now.line == now.taken_line:
        return now.price < now.playable_price
    if now.playable_line is None:
        return False
    if now.side is Side.OVER:
        return now.line > now.playable_line
    return now.line < now.playable_line


def worst_price(a: float, b: float) -> Decimal:
    """Return the lowest price, in canonical steps, at which the pick still has value.

    EV = a (d - 1) - b is positive above 1 + b / a; the answer is the first step above it. The two
    are taken as they are recorded, to ten places. Source: docs/domain.md section 5.
    """
    level = 1 + Decimal(f"{b:.{PLACES}f}") / Decimal(f"{a:.{PLACES}f}")
    return level.quantize(PRICE_STEP, rounding=ROUND_FLOOR) + PRICE_STEP


def worst_line(
    distribution: AxisDistribution,
    *,
    market_type: MarketType,
    side: Side,
    line: Decimal,
    price: Decimal,
    decision_prob: float,
) -> Decimal:
    """Return the worst line at which the pick still has value at the price that was taken.

    The model's axis is tilted until it gives the taken line the probability the pick is judged
    by, and read at every line of the taken one's kind: quarters where that is a quarter, else
    halves and wholes. The taken line itself has value, or there would be no pick.
    Source: docs/domain.md section 5.
    """
    judged = tilted(distribution, market_type, side, line, decision_prob)
    quarter = line * 2 != (line * 2).to_integral_value()
    step = Decimal("0.25") if quarter else Decimal("0.5")
    worse = step if side is Side.OVER else -step
    lines = [line + worse * count for count in range(int(FARTHEST_POINTS / step) + 1)]
    prices = judged.price_lines(market_type, side, lines)
    ev = prices[:, 0] * (float(price) - 1.0) - prices[:, 1]
    gone = np.flatnonzero(ev <= 0.0)
    last = int(gone[0]) - 1 if len(gone) else len(lines) - 1
    return lines[max(last, 0)]
