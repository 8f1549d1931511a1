"""Moves a run's axis to where a market puts it, and leaves the key numbers where they are.

The score models are a base times margin weights, re-tilted to the means they are asked for
(docs/model.md section 2). Exponential tilting, ``p(k) exp(t k)``, is that same move on one axis:
it shifts a bell curve along without changing its width, and multiplies whatever sits on 3 and 7
together with it.

A shift along the axis would carry the key numbers with it: the push at the closing line is then
always the one at the run's own median, wherever the line is. Measured on the football model at
-110 and a close of -3, taking -2.5 comes out between -4.4 % and +3.1 % as the run's mean goes from
0 to 9, and exactly the same before a close of -5; tilted it is +3.2 to +3.4 % before -3 and -2.9 %
before -5. With the pushes of past seasons in place of this model's it would be +4.1 % and -2.1 %.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from apps.rulebook.markets import MarketType, Side
from apps.rulebook.scoring.axis import AxisDistribution, Line, TargetOutOfReach

_FIRST_TILT: Final = 0.5  # in standard deviations of the axis
_DOUBLINGS: Final = 8
_STEEPEST: Final = 600.0  # largest exponent; exp overflows at 709
_TOLERANCE: Final = 1e-13  # of the probability
_STEPS: Final = 60


def tilted(
    axis: AxisDistribution,
    market_type: MarketType,
    side: Side,
    line: Line | None,
    target_prob: float,
) -> AxisDistribution:
    """Return the axis on which this side at this line has ``model_prob == target_prob``.

    model_prob rises with a tilt toward the side, so there is one answer, found by bracketing. A
    draw lies neither way along the axis: it is made likelier by drawing all margins together.
    Source: docs/domain.md section 6.

    Raises:
        TargetOutOfReach: the target is no probability strictly between 0 and 1, or no tilt gives
            it, as where one side has never been simulated.
        LineNotPriceable: the market, side and line do not name a bet on this axis.
    """
    if not 0.0 < target_prob < 1.0:
        raise TargetOutOfReach(f"{target_prob} is not strictly between 0 and 1.")
    offset = -abs(axis.support) if side is Side.DRAW else axis.support - axis.mean
    farthest = _STEEPEST / max(float(np.abs(offset).max()), 1.0)

    def at(tilt: float) -> AxisDistribution:
        return AxisDistribution(axis.axis, axis.low, axis.pmf * np.exp(tilt * offset))

    def excess(tilt: float) -> float:
        price = at(tilt).price(market_type, side, line)
        played = price.a + price.b
        return price.a / played - target_prob if played > 0.0 else 0.0 - target_prob

    if excess(0.0) == 0.0:
        return axis
    reach = _FIRST_TILT / max(axis.sd, 1e-9)
    for _ in range(_DOUBLINGS):
        reach = min(reach, farthest)
        if excess(-reach) * excess(reach) < 0.0:
            return at(_root(excess, -reach, reach))
        reach *= 2.0
    raise TargetOutOfReach(
        f"No tilt of this run gives {side} {line} the probability {target_prob}."
    )


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Find where a function that rises or falls passes nought between ``low`` and ``high``.

    The Illinois form of the false position: bracketed like bisection, and as fast as the secant
    because an end that stays is given half its weight.
    """
    at_low, at_high = function(low), function(high)
    middle = low
    for _ in range(_STEPS):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = function(middle)
        if abs(at_middle) <= _TOLERANCE:
            break
        if at_middle * at_high < 0.0:
            low, at_low = high, at_high
        else:
            at_low /= 2.0
        high, at_high = middle, at_middle
    return middle
