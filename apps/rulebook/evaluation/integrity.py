"""Whether a record may be shown at all: every check, each with its code, all reported together.

Source: docs/domain.md section 5. A violation blocks; nothing is ever clamped or repaired.
``integrity_many.py`` says the same about arrays; a property test holds the two equal.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from apps.rulebook.evaluation.codes import Violation
from apps.rulebook.evaluation.value import decision_prob, points_ahead
from apps.rulebook.markets import LINED_MARKETS, MarketType, Side, mirror_line
from apps.rulebook.thresholds import LineRange, OpinionConfig, OverroundLimits, Tier

SUM_TOLERANCE: Final = 1e-9  # of a + b + v, and between the two sides of a market
MATCH_TOLERANCE: Final = 1e-4  # between a probability and what it is computed from
# Below these a probability and a line are level, and their signs mean nothing.
LEVEL_PROB: Final = 1e-4
LEVEL_POINTS: Final = 0.25

# A three-way market has no single opposite, and is held to the rest.
PAIRED: Final = frozenset(
    {MarketType.SPREAD, MarketType.MONEYLINE, MarketType.TOTAL, MarketType.TEAM_TOTAL}
)


@dataclass(frozen=True, slots=True)
class Opposite:
    """The other side of the same book, line and poll."""

    line: Decimal | None
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Record:
    """Everything a pick claims, and what it claims it from. Missing is None, or NaN in a float."""

    # Who and what.
    event: UUID
    selection: UUID | None
    selection_event: UUID | None
    market_type: MarketType
    side: Side
    opposite: Opposite | None
    provider_event_id: str | None
    config_version: str | None
    gradeable: bool  # settlement rules exist for its league, market and period

    # The quote.
    snapshot: UUID | None
    observed_at: datetime
    last_seen_at: datetime
    start_time: datetime
    line: Decimal | None
    price: float
    overround: float  # of the quote's own book, line and poll
    fresh_books: int

    # The run.
    run: UUID | None
    sims: int
    model_prob: float
    fair_line: float  # as given to this side; see ``value.points_ahead``; a moneyline's own spread

    # The claim.
    a: float
    b: float
    v: float
    decision_prob: float
    fair_prob: float
    weight: float
    edge_prob: float
    ev: float
    edge_points: float
    tier: Tier


@dataclass(frozen=True, slots=True)
class Limits:
    """What the configuration allows, and the instant at which it is asked."""

    at: datetime
    max_quote_age: timedelta
    overround: OverroundLimits
    line_range: LineRange | None
    sims_min: int
    books_min: int

    @classmethod
    def of(
        cls,
        opinion: OpinionConfig,
        *,
        overround: OverroundLimits,
        line_range: LineRange | None,
        max_quote_age: timedelta,
        at: datetime,
    ) -> "Limits":
        return cls(
            at=at,
            max_quote_age=max_quote_age,
            overround=overround,
            line_range=line_range,
            sims_min=opinion.sims_min,
            books_min=opinion.books_min,
        )


def violations(record: Record, limits: Limits) -> tuple[Violation, ...]:
    """Return every check that the record fails, in the order of the codes; none is a pass.

    Source: docs/domain.md section 5.
    """
    return tuple(code for code, fails in _CHECKS.items() if fails(record, limits))


def _stale(record: Record, limits: Limits) -> bool:
    age = limits.at - record.last_seen_at
    return age > limits.max_quote_age or age < timedelta(0)


def _after_start(record: Record, _limits: Limits) -> bool:
    return max(record.observed_at, record.last_seen_at) >= record.start_time


def _incoherent(record: Record, _limits: Limits) -> bool:
    a, b, v = record.a, record.b, record.v
    if not all(0.0 <= part <= 1.0 for part in (a, b, v)) or not a + b > 0.0:
        return True
    if abs(a + b + v - 1.0) > SUM_TOLERANCE:
        return True
    probabilities = (record.model_prob, record.decision_prob, record.fair_prob)
    if not all(0.0 < one < 1.0 for one in probabilities):
        return True
    other = record.opposite
    return other is not None and not (
        abs(other.a - b) <= SUM_TOLERANCE and abs(other.b - a) <= SUM_TOLERANCE
    )


def _mismatch(record: Record, _limits: Limits) -> bool:
    played = record.a + record.b
    ratio = record.a / played if played > 0.0 else math.nan
    judged = decision_prob(record.model_prob, record.fair_prob, record.weight)
    return not (
        abs(record.decision_prob - ratio) <= MATCH_TOLERANCE
        and abs(record.decision_prob - judged) <= MATCH_TOLERANCE
    )


def _direction(record: Record, _limits: Limits) -> bool:
    """The sides' lines mirror each other, and probability and line point the same way.

    On a market with lines: the cover probability lies above the market's exactly where the line
    is better than the fair one. On a moneyline: the favourite of the margin is the likelier
    winner.
    """
    if record.opposite is not None and record.opposite.line != mirror_line(
        record.market_type, record.line
    ):
        return True
    if record.market_type is MarketType.MONEYLINE:
        ahead, level = -record.fair_line, 0.5
    elif record.line is not None and record.market_type in LINED_MARKETS:
        ahead = points_ahead(record.market_type, record.side, float(record.line), record.fair_line)
        level = record.fair_prob
    else:
        return False
    lead = record.model_prob - level
    return abs(ahead) >= LEVEL_POINTS and abs(lead) >= LEVEL_PROB and ahead * lead < 0.0


def _edge(record: Record, _limits: Limits) -> bool:
    """Edge, value and tier are what the numbers beside them say, all of one selection."""
    if not abs(record.edge_prob - (record.decision_prob - record.fair_prob)) <= SUM_TOLERANCE:
        return True
    expected = record.a * (record.price - 1.0) - record.b
    if not abs(record.ev - expected) <= SUM_TOLERANCE * max(1.0, record.price):
        return True
    lined = record.line is not None and record.market_type in LINED_MARKETS
    if lined:
        ahead = points_ahead(
            record.market_type, record.side, float(record.line or 0), record.fair_line
        )
        if not math.isnan(ahead) and not abs(record.edge_points - ahead) <= MATCH_TOLERANCE:
            return True
    if record.tier in (Tier.EDGE, Tier.LEAN) and not (record.edge_prob > 0.0 and record.ev > 0.0):
        return True
    return record.tier is Tier.EDGE and lined and not record.edge_points > 0.0


def _overround(record: Record, limits: Limits) -> bool:
    low, high = float(limits.overround.evaluate_above), float(limits.overround.evaluate_up_to)
    return not low < record.overround <= high


def _out_of_range(record: Record, limits: Limits) -> bool:
    if record.market_type not in LINED_MARKETS:
        return record.line is not None
    if record.line is None:
        return True
    return limits.line_range is not None and not limits.line_range.holds(record.line)


_CHECKS: Final[Mapping[Violation, Callable[[Record, Limits], bool]]] = {
    Violation.SELECTION_ID_MISSING: lambda record, _: record.selection is None,
    Violation.SELECTION_NOT_IN_EVENT: lambda record, _: (
        record.selection is not None and record.selection_event != record.event
    ),
    Violation.OPPOSITE_SELECTION_MISSING: lambda record, _: (
        record.opposite is None and record.market_type in PAIRED
    ),
    Violation.SNAPSHOT_IDENTITY_MISSING: lambda record, _: record.snapshot is None,
    Violation.SNAPSHOT_STALE: _stale,
    Violation.SNAPSHOT_AFTER_START: _after_start,
    Violation.PROBABILITY_MISMATCH: _mismatch,
    Violation.PROBABILITY_INCOHERENT: _incoherent,
    Violation.DIRECTION_MISMATCH: _direction,
    Violation.EDGE_INCOHERENT: _edge,
    Violation.PROVIDER_ID_MISSING: lambda record, _: not record.provider_event_id,
    Violation.CONFIG_VERSION_MISSING: lambda record, _: not record.config_version,
    Violation.SIMULATION_MISSING: lambda record, _: record.run is None,
    Violation.MARKET_NOT_GRADEABLE: lambda record, _: not record.gradeable,
    Violation.OVERROUND_OUT_OF_RANGE: _overround,
    Violation.LEAGUE_RANGE: _out_of_range,
    Violation.SIMS_BELOW_MINIMUM: lambda record, limits: record.sims < limits.sims_min,
    Violation.BOOKS_BELOW_MINIMUM: lambda record, limits: record.fresh_books < limits.books_min,
    Violation.PRICE_MISSING: lambda record, _: not record.price > 1.0,
}
