"""How bets end: one module for every grade, single and in sets, by typed rules."""

from apps.rulebook.settlement.factors import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    VOID,
    WIN,
    NotADeadHeat,
    Outcome,
    Settled,
    dead_heat,
    parlay_return,
)
from apps.rulebook.settlement.many import SettledMany, settle_many
from apps.rulebook.settlement.single import (
    GRADEABLE_MARKETS,
    FinalScore,
    NotSettled,
    Problem,
    require_line,
    require_score,
    settle,
)
from apps.rulebook.settlement.standing import (
    PLAYED_OUT,
    Play,
    Standing,
    decided,
    playable_until,
    settle_standing,
    standing,
)

__all__ = [
    "GRADEABLE_MARKETS",
    "HALF_LOSS",
    "HALF_WIN",
    "LOSS",
    "PLAYED_OUT",
    "PUSH",
    "VOID",
    "WIN",
    "FinalScore",
    "NotADeadHeat",
    "NotSettled",
    "Outcome",
    "Play",
    "Problem",
    "Settled",
    "SettledMany",
    "Standing",
    "dead_heat",
    "decided",
    "parlay_return",
    "playable_until",
    "require_line",
    "require_score",
    "settle",
    "settle_many",
    "settle_standing",
    "standing",
]
