"""The first parlay profiles, as data: what a fresh installation stores."""

from collections.abc import Mapping
from decimal import Decimal as D
from typing import Final, NamedTuple

from apps.rulebook.thresholds.parlay import LegCounts, LegWeights, ParlayConfig, ParlayLimits


class _First(NamedTuple):
    leg_weight_min: str
    usual: int
    most: int
    per_game: int
    slate_h: int
    choices: int


# Confidence is not measured yet and earns nothing, so nobody reaches more than .80 today: a LEAN
# at 4 % in a calm market has about .42, an EDGE at 6 % about .69.
_FIRST: Final[Mapping[str, _First]] = {
    "premium": _First("0.55", usual=3, most=4, per_game=1, slate_h=48, choices=1),
    "balanced": _First("0.35", usual=3, most=5, per_game=2, slate_h=48, choices=3),
    "speculative": _First("0.20", usual=4, most=6, per_game=3, slate_h=96, choices=5),
}
PARLAY_PROFILES: Final = tuple(_FIRST)


def parlay_config(profile: str) -> ParlayConfig:
    """Return how a profile's parlays are put together at first. Source: docs/domain.md section 9.

    Raises:
        KeyError: there is no such first profile.
    """
    first = _FIRST[profile]
    return ParlayConfig(
        league="",
        legs=LegCounts(fewest=3, usual=first.usual, most=first.most),
        leg_weight_min=D(first.leg_weight_min),
        weights=LegWeights(
            tier=D("0.4"),
            confidence=D("0.2"),
            ev=D("0.25"),
            volatility=D("0.15"),
            lean_share=D("0.5"),
            ev_full=D("0.1"),
            volatility_most=D("0.3"),
        ),
        limits=ParlayLimits(per_team=2, totals=3, per_game=first.per_game),
        slate_h=first.slate_h,
        choices=first.choices,
    )
