"""The one classifier: from thresholds, caps and violations to a tier.

Source: docs/domain.md section 4. Tiers never depend on who is paying, and a risk flag that is no
cap never changes one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.evaluation.codes import CAPS, RiskFlag, Violation, bit
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import BlendBasis, BlendWeight, ModelConfig, OpinionConfig, Tier

Floats = NDArray[np.float64]
Bits = NDArray[np.int64]

_RANK: Final[Mapping[Tier, int]] = {
    Tier.BLOCKED: 0,
    Tier.MARKET_ALIGNED: 1,
    Tier.LEAN: 2,
    Tier.EDGE: 3,
}
_TIERS: Final = np.array([str(tier) for tier in sorted(_RANK, key=lambda tier: _RANK[tier])])


@dataclass(frozen=True, slots=True)
class Classified:
    tier: Tier
    uncapped: Tier  # what the thresholds alone would have said; never BLOCKED
    flags: tuple[RiskFlag, ...]


@dataclass(frozen=True, slots=True)
class ClassifiedMany:
    tier: NDArray[np.str_]
    uncapped: NDArray[np.str_]
    flags: Bits


@dataclass(frozen=True, slots=True)
class RatingState:
    """What is known about the two teams and their league when an event is evaluated."""

    measured: bool  # a report of the model version is stored for this market
    fewest_team_games: int  # this season, of the team that has played less
    warmup_seasons: int
    margin_variance: float  # prior variance of the home margin, points squared


def model_flags(
    config: ModelConfig,
    market_type: MarketType,
    weight: BlendWeight | None,
    state: RatingState,
) -> tuple[RiskFlag, ...]:
    """Say what is not yet known well enough for tier EDGE (docs/model.md section 3)."""
    gate = config.edge_gate
    steady = gate.margin_variance_steady
    settled = steady is not None and state.margin_variance <= float(steady) * float(
        gate.variance_ratio_max
    )
    proven = (
        weight is not None and weight.weight > 0 and (weight.games or 0) >= gate.evaluated_games_min
    )
    raw = config.basis is BlendBasis.RAW
    found = {
        RiskFlag.MODEL_UNMEASURED: not state.measured,
        RiskFlag.RAW_MODEL: raw,
        RiskFlag.WEIGHT_NOT_PROVEN: not proven and not raw,
        RiskFlag.FEW_TEAM_GAMES: state.fewest_team_games < gate.team_games_min,
        RiskFlag.SHORT_WARMUP: state.warmup_seasons < gate.warmup_seasons_min,
        RiskFlag.RATING_UNSETTLED: not settled,
        RiskFlag.INPUT_NOT_INGESTED: market_type in config.aligned_only,
    }
    return tuple(flag for flag in RiskFlag if found.get(flag))


def classify(
    opinion: OpinionConfig,
    *,
    market_type: MarketType,
    edge_prob: float,
    ev: float,
    edge_points: float,
    flags: Iterable[RiskFlag],
    violations: Iterable[Violation],
) -> Classified:
    """Say which tier an evaluation is. ``edge_points`` is NaN where the market has no line.

    EDGE needs edge, expected value and line to agree on the same selection; a violation blocks,
    whatever the numbers say. Source: docs/domain.md section 4.
    """
    found = set(flags)
    tier = Tier.MARKET_ALIGNED
    if _reaches(opinion, Tier.LEAN, edge_prob, ev):
        tier = Tier.LEAN
    if _reaches(opinion, Tier.EDGE, edge_prob, ev):
        tier = Tier.EDGE
    lined = market_type not in _UNLINED
    if lined and edge_prob > 0.0 and not edge_points > 0.0:
        found.add(RiskFlag.LINE_AGAINST_FAIR)
    capped = min([tier, *(CAPS[flag] for flag in found if flag in CAPS)], key=_RANK.__getitem__)

    threshold = opinion.points_threshold(market_type)
    if threshold is not None and capped in (Tier.LEAN, Tier.EDGE):
        least = threshold.edge_points if capped is Tier.EDGE else threshold.lean_points
        if edge_points < float(least):
            found.add(RiskFlag.SMALL_POINTS_EDGE)
    return Classified(
        tier=Tier.BLOCKED if any(True for _ in violations) else capped,
        uncapped=tier,
        flags=tuple(flag for flag in RiskFlag if flag in found),
    )


def classify_many(
    opinion: OpinionConfig,
    *,
    market_type: NDArray[np.str_],
    edge_prob: Floats,
    ev: Floats,
    edge_points: Floats,
    flags: Bits,
    violations: Bits,
) -> ClassifiedMany:
    """Say the same for arrays; flags and violations are masks (``codes``).

    Source: docs/domain.md section 4.
    """
    lean = _reach(opinion, Tier.LEAN, edge_prob, ev)
    edge = _reach(opinion, Tier.EDGE, edge_prob, ev)
    uncapped = np.where(edge, 3, np.where(lean, 2, 1))
    lined = ~np.isin(market_type, [str(one) for one in _UNLINED])
    against = lined & (edge_prob > 0.0) & ~(edge_points > 0.0)
    flags = flags | np.where(against, bit(RiskFlag.LINE_AGAINST_FAIR), 0)

    tier = uncapped
    for flag, cap in CAPS.items():
        tier = np.where(flags & bit(flag) != 0, np.minimum(tier, _RANK[cap]), tier)

    least = np.full(len(tier), np.nan)
    for threshold in opinion.points:
        mine = market_type == threshold.market_type
        least = np.where(mine & (tier == 3), float(threshold.edge_points), least)
        least = np.where(mine & (tier == 2), float(threshold.lean_points), least)
    flags = flags | np.where(edge_points < least, bit(RiskFlag.SMALL_POINTS_EDGE), 0)

    return ClassifiedMany(
        tier=_TIERS[np.where(violations != 0, 0, tier)], uncapped=_TIERS[uncapped], flags=flags
    )


def publishable(opinion: OpinionConfig, tier: Tier, ev: float) -> bool:
    """Whether a pick of this tier may be published; nothing without expected value ever is.

    Source: docs/domain.md section 4.
    """
    return tier in opinion.published_tiers and ev > 0.0


def _reaches(opinion: OpinionConfig, tier: Tier, edge_prob: float, ev: float) -> bool:
    least = opinion.threshold(tier)
    return edge_prob >= float(least.edge_prob_min) and ev >= float(least.ev_min) and ev > 0.0


def _reach(opinion: OpinionConfig, tier: Tier, edge_prob: Floats, ev: Floats) -> NDArray[np.bool_]:
    least = opinion.threshold(tier)
    return (edge_prob >= float(least.edge_prob_min)) & (ev >= float(least.ev_min)) & (ev > 0.0)


_UNLINED: Final = frozenset({MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY})
