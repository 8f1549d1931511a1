"""How far publishing is held back by what is wrong now. Source: docs/domain.md section 10.

Computed from the effects of open alerts, every time anew: a mode that is stored could outlive
its reason.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from apps.rulebook.thresholds import Tier


class Effect(StrEnum):
    """What an open alert takes away at its scope; the last takes most."""

    NOTHING = "NOTHING"  # somebody should look
    EDGE_ONLY = "EDGE_ONLY"  # the best picks only
    NONE = "NONE"  # no pick, until the alert is over
    LATCH = "LATCH"  # no pick, and the switch goes off: on again takes two people


class Mode(StrEnum):
    """What may be published, from everything to nothing."""

    FULL = "FULL"
    EDGE_ONLY = "EDGE_ONLY"
    NONE = "NONE"


_ORDER = (Mode.FULL, Mode.EDGE_ONLY, Mode.NONE)

MODE_UNDER: Mapping[Effect, Mode] = {
    Effect.NOTHING: Mode.FULL,
    Effect.EDGE_ONLY: Mode.EDGE_ONLY,
    Effect.NONE: Mode.NONE,
    Effect.LATCH: Mode.NONE,
}


def mode_under(effects: Iterable[str]) -> Mode:
    """Return the strictest mode that one of the effects asks for; without any it is FULL.

    Source: docs/domain.md section 10.
    """
    return strictest(MODE_UNDER[Effect(effect)] for effect in effects)


def strictest(modes: Iterable[Mode]) -> Mode:
    """Return the mode that takes most away; without any it is FULL.

    Source: docs/domain.md section 10.
    """
    return max(modes, key=_ORDER.index, default=Mode.FULL)


def lets_through(mode: Mode, tier: str) -> bool:
    """Answer whether a pick of this tier may go out in this mode; what has no tier is none.

    Source: docs/domain.md section 10.
    """
    if mode is Mode.EDGE_ONLY:
        return tier == Tier.EDGE
    return mode is Mode.FULL
