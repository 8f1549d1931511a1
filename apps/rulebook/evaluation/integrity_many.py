"""The integrity checks over arrays: one mask of violations per record (``codes.violations_of``).

Equal to ``integrity.violations`` on every record (property test).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.evaluation.codes import Violation, bit
from apps.rulebook.evaluation.integrity import (
    LEVEL_POINTS,
    LEVEL_PROB,
    MATCH_TOLERANCE,
    PAIRED,
    SUM_TOLERANCE,
)
from apps.rulebook.evaluation.value import decision_probs, points_ahead_many
from apps.rulebook.markets import LINED_MARKETS, MarketType
from apps.rulebook.thresholds import OverroundLimits, Tier

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]
Bits = NDArray[np.int64]

_LINED: Final = [str(market) for market in LINED_MARKETS]
_PAIRS: Final = [str(market) for market in PAIRED]


@dataclass(frozen=True, slots=True)
class Records:
    """``integrity.Record`` by columns: identities as "is there one", times in seconds."""

    has_selection: Flags
    in_event: Flags
    has_opposite: Flags
    has_provider_id: Flags
    has_config_version: Flags
    gradeable: Flags
    has_snapshot: Flags
    has_run: Flags

    market_type: Texts
    side: Texts
    line: Floats
    opposite_line: Floats
    opposite_a: Floats
    opposite_b: Floats

    age_s: Floats  # `at` - last_seen_at
    to_start_s: Floats  # start_time - the later of observed_at and last_seen_at
    price: Floats
    overround: Floats
    fresh_books: NDArray[np.int64]
    sims: NDArray[np.int64]

    model_prob: Floats
    fair_line: Floats
    a: Floats
    b: Floats
    v: Floats
    decision_prob: Floats
    fair_prob: Floats
    weight: Floats
    edge_prob: Floats
    ev: Floats
    edge_points: Floats
    tier: Texts


@dataclass(frozen=True, slots=True)
class LimitsMany:
    """One entry per record where the limit differs by feed or market; ranges are +-inf for none."""

    max_quote_age_s: Floats
    overround: OverroundLimits
    line_low: Floats
    line_high: Floats
    sims_min: int
    books_min: int


def violations_many(records: Records, limits: LimitsMany) -> Bits:
    """Return the violations of every record as a mask; 0 is a pass.

    Source: docs/domain.md section 5.
    """
    lined = np.isin(records.market_type, _LINED) & ~np.isnan(records.line)
    ahead = points_ahead_many(records.market_type, records.side, records.line, records.fair_line)
    with np.errstate(invalid="ignore"):
        fails: dict[Violation, Flags] = {
            Violation.SELECTION_ID_MISSING: ~records.has_selection,
            Violation.SELECTION_NOT_IN_EVENT: records.has_selection & ~records.in_event,
            Violation.OPPOSITE_SELECTION_MISSING: (
                ~records.has_opposite & np.isin(records.market_type, _PAIRS)
            ),
            Violation.SNAPSHOT_IDENTITY_MISSING: ~records.has_snapshot,
            Violation.SNAPSHOT_STALE: (
                (records.age_s > limits.max_quote_age_s) | (records.age_s < 0.0)
            ),
            Violation.SNAPSHOT_AFTER_START: records.to_start_s <= 0.0,
            Violation.PROBABILITY_MISMATCH: _mismatch(records),
            Violation.PROBABILITY_INCOHERENT: _incoherent(records),
            Violation.DIRECTION_MISMATCH: _direction(records, lined, ahead),
            Violation.EDGE_INCOHERENT: _edge(records, lined, ahead),
            Violation.PROVIDER_ID_MISSING: ~records.has_provider_id,
            Violation.CONFIG_VERSION_MISSING: ~records.has_config_version,
            Violation.SIMULATION_MISSING: ~records.has_run,
            Violation.MARKET_NOT_GRADEABLE: ~records.gradeable,
            Violation.OVERROUND_OUT_OF_RANGE: ~(
                (records.overround > float(limits.overround.evaluate_above))
                & (records.overround <= float(limits.overround.evaluate_up_to))
            ),
            Violation.LEAGUE_RANGE: _out_of_range(records, limits),
            Violation.SIMS_BELOW_MINIMUM: records.sims < limits.sims_min,
            Violation.BOOKS_BELOW_MINIMUM: records.fresh_books < limits.books_min,
            Violation.PRICE_MISSING: ~(records.price > 1.0),
        }
    found = np.zeros(len(records.price), dtype=np.int64)
    for code, failing in fails.items():
        found |= np.where(failing, bit(code), 0)
    return found


def _mismatch(records: Records) -> Flags:
    played = records.a + records.b
    ratio = np.divide(records.a, played, out=np.full(len(played), np.nan), where=played > 0.0)
    judged = decision_probs(records.model_prob, records.fair_prob, records.weight)
    matches: Flags = (np.abs(records.decision_prob - ratio) <= MATCH_TOLERANCE) & (
        np.abs(records.decision_prob - judged) <= MATCH_TOLERANCE
    )
    return ~matches


def _incoherent(records: Records) -> Flags:
    a, b, v = records.a, records.b, records.v
    sound: Flags = (a + b > 0.0) & (np.abs(a + b + v - 1.0) <= SUM_TOLERANCE)
    for part in (a, b, v):
        sound &= (part >= 0.0) & (part <= 1.0)
    for one in (records.model_prob, records.decision_prob, records.fair_prob):
        sound &= (one > 0.0) & (one < 1.0)
    mirrored = (np.abs(records.opposite_a - b) <= SUM_TOLERANCE) & (
        np.abs(records.opposite_b - a) <= SUM_TOLERANCE
    )
    return ~(sound & (~records.has_opposite | mirrored))


def _direction(records: Records, lined: Flags, ahead: Floats) -> Flags:
    sign = np.where(records.market_type == MarketType.SPREAD, -1.0, 1.0)
    mirrored = (records.opposite_line == sign * records.line) | (
        np.isnan(records.opposite_line) & np.isnan(records.line)
    )
    moneyline = records.market_type == MarketType.MONEYLINE
    points = np.where(moneyline, -records.fair_line, ahead)
    lead = records.model_prob - np.where(moneyline, 0.5, records.fair_prob)
    against = (
        (np.abs(points) >= LEVEL_POINTS) & (np.abs(lead) >= LEVEL_PROB) & (points * lead < 0.0)
    )
    wrong: Flags = (records.has_opposite & ~mirrored) | ((moneyline | lined) & against)
    return wrong


def _edge(records: Records, lined: Flags, ahead: Floats) -> Flags:
    differs: Flags = ~(
        np.abs(records.edge_prob - (records.decision_prob - records.fair_prob)) <= SUM_TOLERANCE
    )
    expected = records.a * (records.price - 1.0) - records.b
    # A missing price makes the tolerance NaN, which nothing is within.
    within = SUM_TOLERANCE * np.maximum(1.0, records.price)
    differs |= ~(np.abs(records.ev - expected) <= within)
    differs |= lined & ~np.isnan(ahead) & ~(np.abs(records.edge_points - ahead) <= MATCH_TOLERANCE)
    edge = records.tier == Tier.EDGE
    positive = (records.edge_prob > 0.0) & (records.ev > 0.0)
    claims = (edge | (records.tier == Tier.LEAN)) & ~positive
    differs |= claims | (edge & lined & ~(records.edge_points > 0.0))
    return differs


def _out_of_range(records: Records, limits: LimitsMany) -> Flags:
    lined = np.isin(records.market_type, _LINED)
    inside = (records.line >= limits.line_low) & (records.line <= limits.line_high)
    return np.where(lined, ~inside, ~np.isnan(records.line))
