"""How far a model may pull a probability away from the market's: fitted on what happened."""

import math
from dataclasses import dataclass

import numpy as np

from apps.rulebook.statistics.samples import FloatArray, NotASample, Numbers, forecasts

_MOST_STEPS = 50
_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class BlendFit:
    """sigma(logit f + w (logit p - logit f)): w as fitted, and how sure that is."""

    weight: float  # 0 is the market's own, 1 the model's own; not clipped
    error: float  # standard error
    n: int

    @property
    def lower_bound(self) -> float:
        """What may be used of it: two standard errors below the fit, never below nought.

        Source: docs/model.md section 3.
        """
        return max(self.weight - 2 * self.error, 0.0)


def blend_weight(model: Numbers, market: Numbers, outcomes: Numbers) -> BlendFit:
    """Fit the weight of the model against the market by maximum likelihood.

    Source: docs/model.md section 3.

    Raises:
        NotASample: a forecast of 0 or 1, or a model that never differs from the market.
    """
    p, y = forecasts(model, outcomes)
    f, _ = forecasts(market, outcomes)
    if min(p.min(), f.min()) <= 0 or max(p.max(), f.max()) >= 1:
        raise NotASample("A forecast of 0 or 1 has no log-odds.")
    start, away = _logit(f), _logit(p) - _logit(f)
    if not np.abs(away).max() > 0:
        raise NotASample("A model that says what the market says has no weight of its own.")
    weight = 0.0
    for _ in range(_MOST_STEPS):
        expected = 1.0 / (1.0 + np.exp(-(start + weight * away)))
        information = float((expected * (1.0 - expected) * away**2).sum())
        if information < _FLAT:
            break  # certain everywhere: the likelihood rises towards infinity
        step = float((away * (y - expected)).sum()) / information
        weight += step
        if abs(step) < 1e-10:
            return BlendFit(weight=weight, error=1.0 / math.sqrt(information), n=len(y))
    raise NotASample("No weight fits the outcomes best.")


def blended(model: Numbers, market: Numbers, weight: float) -> FloatArray:
    """Return the probabilities that a weight makes of the model's and the market's.

    Source: docs/model.md section 3.
    """
    p, f = np.asarray(model, dtype=np.float64), np.asarray(market, dtype=np.float64)
    scores = _logit(f) + weight * (_logit(p) - _logit(f))
    result: FloatArray = 1.0 / (1.0 + np.exp(-scores))
    return result


def _logit(p: FloatArray) -> FloatArray:
    result: FloatArray = np.log(p) - np.log1p(-p)
    return result
