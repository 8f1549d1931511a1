"""The words of an evaluation: why it is blocked, what to read it with, how far it may go.

Flags and violations of many evaluations travel as one integer each, a bit per word in the order
of the enum; ``names`` turns it back. The order is part of what is stored: words are appended.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from apps.rulebook.thresholds import Tier


class Violation(StrEnum):
    """Why a pick is BLOCKED: all that apply are reported together."""

    SELECTION_ID_MISSING = "SELECTION_ID_MISSING"
    SELECTION_NOT_IN_EVENT = "SELECTION_NOT_IN_EVENT"
    OPPOSITE_SELECTION_MISSING = "OPPOSITE_SELECTION_MISSING"
    SNAPSHOT_IDENTITY_MISSING = "SNAPSHOT_IDENTITY_MISSING"
    SNAPSHOT_STALE = "SNAPSHOT_STALE"
    SNAPSHOT_AFTER_START = "SNAPSHOT_AFTER_START"
    PROBABILITY_MISMATCH = "PROBABILITY_MISMATCH"
    PROBABILITY_INCOHERENT = "PROBABILITY_INCOHERENT"
    DIRECTION_MISMATCH = "DIRECTION_MISMATCH"
    EDGE_INCOHERENT = "EDGE_INCOHERENT"
    PROVIDER_ID_MISSING = "PROVIDER_ID_MISSING"
    CONFIG_VERSION_MISSING = "CONFIG_VERSION_MISSING"
    SIMULATION_MISSING = "SIMULATION_MISSING"
    MARKET_NOT_GRADEABLE = "MARKET_NOT_GRADEABLE"
    OVERROUND_OUT_OF_RANGE = "OVERROUND_OUT_OF_RANGE"
    LEAGUE_RANGE = "LEAGUE_RANGE"
    SIMS_BELOW_MINIMUM = "SIMS_BELOW_MINIMUM"
    BOOKS_BELOW_MINIMUM = "BOOKS_BELOW_MINIMUM"
    PRICE_MISSING = "PRICE_MISSING"


class RiskFlag(StrEnum):
    """What a reader of the pick should know; some of them hold its tier down (``CAPS``)."""

    MODEL_UNMEASURED = "MODEL_UNMEASURED"  # no stored out-of-sample report
    RAW_MODEL = "RAW_MODEL"  # judged by the model alone, not shrunk toward the market
    WEIGHT_NOT_PROVEN = "WEIGHT_NOT_PROVEN"  # w is zero, or too few games stand behind it
    FEW_TEAM_GAMES = "FEW_TEAM_GAMES"  # this season, of either team
    SHORT_WARMUP = "SHORT_WARMUP"  # the ratings have seen too few seasons
    RATING_UNSETTLED = "RATING_UNSETTLED"  # prior variance of the margin above its steady value
    INPUT_NOT_INGESTED = "INPUT_NOT_INGESTED"  # as probable pitchers in baseball
    LINE_AGAINST_FAIR = "LINE_AGAINST_FAIR"  # the price is good and the line is not
    SMALL_POINTS_EDGE = "SMALL_POINTS_EDGE"  # fewer points than the league's threshold
    INJURY_REPORTED = "INJURY_REPORTED"  # a player of either team is out or in doubt


CAPS: Final[Mapping[RiskFlag, Tier]] = {
    RiskFlag.MODEL_UNMEASURED: Tier.LEAN,
    RiskFlag.RAW_MODEL: Tier.LEAN,
    RiskFlag.WEIGHT_NOT_PROVEN: Tier.LEAN,
    RiskFlag.FEW_TEAM_GAMES: Tier.LEAN,
    RiskFlag.SHORT_WARMUP: Tier.LEAN,
    RiskFlag.RATING_UNSETTLED: Tier.LEAN,
    RiskFlag.LINE_AGAINST_FAIR: Tier.LEAN,
    RiskFlag.INPUT_NOT_INGESTED: Tier.MARKET_ALIGNED,
}

Word = TypeVar("Word", Violation, RiskFlag)


def mask(words: Iterable[Word]) -> int:
    """Write words as one integer. Source: docs/domain.md sections 4 and 5."""
    total = 0
    for word in words:
        total |= bit(word)
    return total


def bit(word: Violation | RiskFlag) -> int:
    """Return the bit of one word. Source: docs/domain.md sections 4 and 5."""
    return 1 << _POSITION[word]


def violations_of(bits: int) -> tuple[Violation, ...]:
    """Read a mask of violations back, in the order of the codes.

    Source: docs/domain.md section 5.
    """
    return tuple(word for word in Violation if bits & bit(word))


def flags_of(bits: int) -> tuple[RiskFlag, ...]:
    """Read a mask of risk flags back, in the order of the enum.

    Source: docs/domain.md section 4.
    """
    return tuple(word for word in RiskFlag if bits & bit(word))


_POSITION: Final[Mapping[Violation | RiskFlag, int]] = {
    **{word: position for position, word in enumerate(Violation)},
    **{word: position for position, word in enumerate(RiskFlag)},
}
