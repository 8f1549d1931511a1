"""How much of a bankroll a price is worth: the stake that makes it grow fastest.

Nobody is told to stake this; it sizes research, and the unit in which a record is kept stays one.
"""

import numpy as np

from apps.rulebook.odds.margin import FloatArray
from apps.rulebook.odds.value import expected_value


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
