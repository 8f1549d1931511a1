"""How much of a bankroll a price is worth: the stake that makes it grow fastest.

What people are shown is a part of it with a limit (``suggested_share``), because probabilities are
themselves unsure; the unit in which a record is kept stays one, whatever was suggested.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import Final

import numpy as np

from apps.rulebook.odds.margin import FloatArray
from apps.rulebook.odds.value import expected_value

STEP: Final = Decimal("0.001")  # of a suggested share: a tenth of a percent of the bankroll


def suggested_share(
    a: float, b: float, price: Decimal, *, fraction: Decimal, most: Decimal
) -> Decimal:
    """Return the share of a bankroll to name beside a pick: part of Kelly, limited, rounded down.

    Zero means less than a step, or no value at this price. Source: docs/domain.md section 4.
    """
    whole = Decimal(repr(kelly_share(a, b, float(price), fraction=float(fraction))))
    return min(whole, most).quantize(STEP, rounding=ROUND_FLOOR)


def kelly_share(a: float, b: float, price: float, *, fraction: float = 1.0) -> float:
    """Return the share of a bankroll to stake on one bet, 0 where it has no value.

    Maximises ``a log(1 + f (d - 1)) + b log(1 - f)`` (Kelly 1956, *A new interpretation of
    information rate*): ``f = (a (d - 1) - b) / ((a + b)(d - 1))``; what a push returns does not
    count. ``fraction`` of it is staked, one half where the probabilities are themselves unsure.
    On quarter lines ``a`` and ``b`` carry half stakes, and the answer is the one of a bet that
    wins or loses them whole: never too large. Source: docs/domain.md section 1.
    """
    return float(
        kelly_shares(np.array([a]), np.array([b]), np.array([price]), fraction=fraction)[0]
    )


def kelly_shares(
    a: FloatArray, b: FloatArray, price: FloatArray, *, fraction: float = 1.0
) -> FloatArray:
    """Do the same for many bets, each as if it were the only one; NaN where nothing is known.

    Source: docs/domain.md section 1.
    """
    odds = price - 1.0
    growth = expected_value(a, b, price)
    stakes: FloatArray = fraction * np.maximum(growth, 0.0) / ((a + b) * odds)
    return stakes
