"""What a price is worth against a probability, and how several books' probabilities become one."""

from decimal import Decimal
from typing import TypeVar

import numpy as np

from apps.rulebook.odds.margin import FloatArray

# One formula for a single exact quote, a single float and a whole board.
Number = TypeVar("Number", Decimal, float, FloatArray)


def expected_value(a: Number, b: Number, price: Number) -> Number:
    """Return the expected profit per unit staked, a (d - 1) - b (docs/domain.md section 1).

    ``a`` and ``b`` leave out what is returned on a push, so a + b may be less than one.
    """
    return a * (price - 1) - b


def model_prob(a: Number, b: Number) -> Number:
    """Return a / (a + b): the number comparable with a no-vig price, given that nothing pushes.

    Source: docs/domain.md section 1.
    """
    return a / (a + b)


def pool(fair: FloatArray) -> FloatArray:
    """Return one distribution out of several, (books, outcomes) -> (outcomes,), in log-odds.

    The normalised geometric mean: for every two outcomes the log of their ratio is the mean of
    the books' logs, which for two-way markets is the mean log-odds (Genest and Zidek 1986,
    logarithmic opinion pool). Unlike a mean of probabilities it treats .98 and .99 as far apart.
    """
    logs = np.log(fair).mean(axis=0)
    weights = np.exp(logs - logs.max())
    pooled: FloatArray = weights / weights.sum()
    return pooled
