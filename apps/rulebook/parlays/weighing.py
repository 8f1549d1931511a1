"""What a leg weighs: its tier, confidence, expected value and a market at rest, as one share."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.rulebook.thresholds import LegWeights, Tier

_PLACES: Final = 6
_STEP: Final = Decimal(1).scaleb(-_PLACES)


@dataclass(frozen=True, slots=True)
class LegWeight:
    """A weight between 0 and 1 and what each part earned; None: the part is not known."""

    weight: Decimal
    tier: Decimal
    confidence: Decimal | None
    ev: Decimal
    volatility: Decimal | None


def weigh_leg(
    weights: LegWeights,
    *,
    tier: Tier,
    confidence: float | None,
    ev: float,
    volatility: float | None,
) -> LegWeight:
    """Weigh one leg by a profile's configuration. It never depends on how many legs there are.

    Each part earns a share of 1: the tier all or ``lean_share`` of it, the expected value in
    proportion up to ``ev_full``, volatility what is left up to ``volatility_most``. What is not
    known earns nothing. Source: docs/domain.md section 9.
    """
    of_tier = {Tier.EDGE: Decimal(1), Tier.LEAN: weights.lean_share}.get(tier, Decimal(0))
    of_ev = _share(_decimal(ev) / weights.ev_full)
    of_confidence = None if confidence is None else _share(_decimal(confidence))
    at_rest = (
        None if volatility is None else _share(1 - _decimal(volatility) / weights.volatility_most)
    )
    earned = (
        weights.tier * of_tier
        + weights.confidence * (of_confidence or 0)
        + weights.ev * of_ev
        + weights.volatility * (at_rest or 0)
    )
    whole = weights.tier + weights.confidence + weights.ev + weights.volatility
    return LegWeight(
        weight=(earned / whole).quantize(_STEP),
        tier=of_tier,
        confidence=of_confidence,
        ev=of_ev,
        volatility=at_rest,
    )


def _decimal(number: float) -> Decimal:
    return Decimal(f"{number:.10f}")


def _share(number: Decimal) -> Decimal:
    return min(max(number, Decimal(0)), Decimal(1)).quantize(_STEP)
