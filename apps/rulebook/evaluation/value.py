"""What a quote is worth to us: the probability it is judged by, its edge, its expected value.

Source: docs/domain.md section 4 and docs/model.md section 3. One formula serves a single quote
and a whole board; what comes out is rounded once, so that the record can be checked later by
the same arithmetic.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.markets import MarketType, Side
from apps.rulebook.odds import expected_value
from apps.rulebook.scoring.axis import Abv

Floats = NDArray[np.float64]

# Places to which probabilities, edges and values are recorded.
PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class Valued:
    """One selection at one line and price, held against the market.

    ``a``, ``b`` and ``v`` are those the pick is judged by: a / (a + b) is ``decision_prob``, and
    the push mass is the model's own.
    """

    a: float
    b: float
    v: float
    model_prob: float
    decision_prob: float
    fair_prob: float
    weight: float
    edge_prob: float
    ev: float


@dataclass(frozen=True, slots=True)
class ValuedMany:
    """The same, an array per field; NaN where there is nothing to say."""

    a: Floats
    b: Floats
    v: Floats
    model_prob: Floats
    decision_prob: Floats
    fair_prob: Floats
    weight: Floats
    edge_prob: Floats
    ev: Floats


def decision_prob(model_prob: float, fair_prob: float, weight: float) -> float:
    """Shrink the model's probability toward the market's: sigma(logit f + w (logit p - logit f)).

    NaN where either is no probability strictly between 0 and 1; with weight 0 the market's own.
    Source: docs/model.md section 3.
    """
    if not 0.0 < fair_prob < 1.0 or not 0.0 < model_prob < 1.0:
        return math.nan
    if weight == 0.0:
        return fair_prob
    at = _logit(fair_prob) + weight * (_logit(model_prob) - _logit(fair_prob))
    return 1.0 / (1.0 + math.exp(-at))


def decision_probs(model_prob: Floats, fair_prob: Floats, weight: Floats) -> Floats:
    """Shrink many at once: ``decision_prob`` over arrays. Source: docs/domain.md section 4."""
    possible = (fair_prob > 0) & (fair_prob < 1) & (model_prob > 0) & (model_prob < 1)
    p, f = np.where(possible, model_prob, 0.5), np.where(possible, fair_prob, 0.5)
    fair_logit = np.log(f / (1.0 - f))
    at = fair_logit + weight * (np.log(p / (1.0 - p)) - fair_logit)
    judged = np.where(weight == 0.0, f, 1.0 / (1.0 + np.exp(-at)))
    return np.where(possible, judged, np.nan)


def value(abv: Abv, *, fair_prob: float, weight: float, price: float) -> Valued:
    """Value one quote: ``abv`` from the stored distribution at the quote's own line.

    Source: docs/domain.md section 4.
    """
    model_prob = _rounded(_ratio(abv.a, abv.b))
    fair = _rounded(fair_prob)
    judged = _rounded(decision_prob(model_prob, fair, weight))
    a = _rounded(judged * (1.0 - abv.v))
    b = _rounded((1.0 - judged) * (1.0 - abv.v))
    return Valued(
        a=a,
        b=b,
        v=_rounded(1.0 - a - b),
        model_prob=model_prob,
        decision_prob=judged,
        fair_prob=fair,
        weight=weight,
        edge_prob=_rounded(judged - fair),
        ev=_rounded(expected_value(a, b, price)),
    )


def value_many(abv: Floats, *, fair_prob: Floats, weight: Floats, price: Floats) -> ValuedMany:
    """Value many quotes: rows (a, b, v) and one entry each of everything else.

    Source: docs/domain.md section 4.
    """
    played = abv[:, 0] + abv[:, 1]
    ratio = np.divide(abv[:, 0], played, out=np.full(len(abv), np.nan), where=played > 0)
    model_prob, fair = ratio.round(PLACES), fair_prob.round(PLACES)
    judged = decision_probs(model_prob, fair, weight).round(PLACES)
    a = (judged * (1.0 - abv[:, 2])).round(PLACES)
    b = ((1.0 - judged) * (1.0 - abv[:, 2])).round(PLACES)
    return ValuedMany(
        a=a,
        b=b,
        v=(1.0 - a - b).round(PLACES),
        model_prob=model_prob,
        decision_prob=judged,
        fair_prob=fair,
        weight=weight,
        edge_prob=(judged - fair).round(PLACES),
        ev=expected_value(a, b, price).round(PLACES),
    )


def points_ahead(market_type: MarketType, side: Side, line: float, fair_line: float) -> float:
    """Points by which a line is better for its side than the fair line; NaN without a line.

    The fair line is the one at which the model's probability equals the market's no-vig
    probability of the quoted line, so that a good line is one with a positive edge. The two
    lines are those given to this side: HOME +5.5 against a fair +14.5 is nine points short.
    Source: docs/domain.md section 4.
    """
    if market_type in _UNLINED:
        return math.nan
    return _rounded(fair_line - line if side is Side.OVER else line - fair_line)


def points_ahead_many(
    market_type: NDArray[np.str_], side: NDArray[np.str_], line: Floats, fair_line: Floats
) -> Floats:
    """Do the same for arrays: ``points_ahead``, NaN where the market has no line.

    Source: docs/domain.md section 4.
    """
    ahead = np.where(side == Side.OVER, fair_line - line, line - fair_line).round(PLACES)
    return np.where(np.isin(market_type, [str(one) for one in _UNLINED]), np.nan, ahead)


def fair_prob_at(
    line: float | None, *, modal_line: float | None, pooled: float | None, own: float | None
) -> float | None:
    """Choose the fair probability of a quote: the books' at their line, else its own book's.

    None where there is neither (NO_FAIR_PRICE): no evaluation is made.
    Source: docs/domain.md section 4.
    """
    if pooled is not None and line == modal_line:
        return pooled
    return own


def fair_probs_at(line: Floats, *, modal_line: Floats, pooled: Floats, own: Floats) -> Floats:
    """Do the same for arrays: ``fair_prob_at``, NaN for what is missing.

    Source: docs/domain.md section 4.
    """
    same = (line == modal_line) | (np.isnan(line) & np.isnan(modal_line))
    return np.where(same & ~np.isnan(pooled), pooled, own)


_UNLINED: Final = frozenset({MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY})


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))


def _ratio(a: float, b: float) -> float:
    return a / (a + b) if a + b > 0.0 else math.nan


def _rounded(number: float) -> float:
    # numpy's rounding, which the arrays use: Python's differs from it in the last place.
    return float(np.round(number, PLACES))
