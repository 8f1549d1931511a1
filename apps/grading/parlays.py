"""Parlays whose legs are all settled: how each ends, and which of them nobody has written down yet.

A parlay has no result of its own. It follows the grades of its legs' picks, corrections and
overrides among them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from apps.core.db import fetch_again, fetch_all
from apps.core.stages import StageCount
from apps.governance import switches
from apps.grading.kinds import Wait
from apps.grading.models import ParlayGrade
from apps.grading.reconciliation import Reconciliation, grade_scopes
from apps.grading.settling import PROFIT_STEP
from apps.rulebook.parlays import ParlayOutcome, SettledParlay, settle_parlay
from apps.rulebook.settlement import Outcome, Settled

# Those that wait, those whose games were all called off or decided before the first would have
# begun, and those of which a leg was ever graded again.
_ASKED: Final = """
WITH asked AS (
    SELECT id FROM parlay WHERE status = 'MADE' AND starts_at <= %(at)s::timestamptz
    UNION
    SELECT id FROM parlay WHERE status = 'MADE' AND starts_at > %(at)s::timestamptz
      AND NOT EXISTS (SELECT FROM parlay_leg AS leg JOIN pick ON pick.id = leg.pick_id
        WHERE leg.parlay_id = parlay.id AND pick.status <> 'GRADED')
    UNION
    SELECT leg.parlay_id FROM grade JOIN parlay_leg AS leg ON leg.pick_id = grade.pick_id
    WHERE grade.revision_no > 1
)
"""
# Wherever a leg of one of them is played, and of those that news about picks will reach.
_LEAGUES: Final = """
, reached AS (
    SELECT id FROM asked
    UNION SELECT leg.parlay_id
    FROM unnest(%(picks)s::text[]) AS few, unnest(few::uuid[]) AS pick (id)
    JOIN parlay_leg AS leg ON leg.pick_id = pick.id
)
SELECT DISTINCT pick.league FROM reached
JOIN parlay_leg AS leg ON leg.parlay_id = reached.id
JOIN pick ON pick.id = leg.pick_id
"""
_ONLY: Final = "WITH asked AS (SELECT unnest(%(only)s::uuid[]) AS id)"
_READ: Final = """
SELECT parlay.id, parlay.status = 'MADE', coalesce(last.revision_no, 0), last.leg_revisions,
    leg.price, pick.league, grade.revision_no, grade.outcome, grade.won, grade.void_factor,
    grade.dead_heat_factor, grade.graded_at
FROM asked
JOIN parlay ON parlay.id = asked.id AND parlay.status <> 'NO_VALID_PARLAY'
JOIN parlay_leg AS leg ON leg.parlay_id = parlay.id
JOIN pick ON pick.id = leg.pick_id
LEFT JOIN LATERAL (
    SELECT * FROM grade WHERE grade.pick_id = pick.id ORDER BY grade.revision_no DESC LIMIT 1
) AS grade ON true
LEFT JOIN LATERAL (
    SELECT * FROM parlay_grade WHERE parlay_grade.parlay_id = parlay.id
    ORDER BY parlay_grade.revision_no DESC LIMIT 1
) AS last ON true
ORDER BY parlay.id, leg.position
"""
# The settled ones that these picks are legs of, with the grades of their legs as they are.
_SETTLED: Final = """
SELECT parlay.id, last.outcome, last.profit, leg.price, leg.pick_id,
    grade.outcome, grade.won, grade.void_factor, grade.dead_heat_factor
FROM parlay
JOIN LATERAL (
    SELECT * FROM parlay_grade WHERE parlay_grade.parlay_id = parlay.id
    ORDER BY parlay_grade.revision_no DESC LIMIT 1
) AS last ON true
JOIN parlay_leg AS leg ON leg.parlay_id = parlay.id
JOIN LATERAL (
    SELECT * FROM grade WHERE grade.pick_id = leg.pick_id ORDER BY grade.revision_no DESC LIMIT 1
) AS grade ON true
WHERE parlay.id IN (SELECT parlay_id FROM parlay_leg WHERE pick_id = ANY(%(picks)s::uuid[]))
ORDER BY parlay.starts_at, parlay.id, leg.position
"""


@dataclass(frozen=True, slots=True)
class GradedLeg:
    """One leg with the grade that its pick has now."""

    price: Decimal
    league: str
    revision_no: int
    settled: Settled
    graded_at: datetime


@dataclass(frozen=True, slots=True)
class DueParlay:
    """A parlay all of whose legs are settled, and not yet settled so itself."""

    parlay_id: UUID
    is_open: bool  # its status still has to move
    revision_no: int  # of its current grade; 0: it has none
    legs: tuple[GradedLeg, ...]

    @property
    def scopes(self) -> set[str]:
        """Where grading must be open for it."""
        return {scope for leg in self.legs for scope in grade_scopes(leg.league)}

    @property
    def since(self) -> datetime:
        return max(leg.graded_at for leg in self.legs)

    def settle(self) -> SettledParlay:
        return settle_parlay([(leg.settled, leg.price) for leg in self.legs])


def scopes_of_parlays(at: datetime, *, pick_arrays: Iterable[str] = ()) -> set[str]:
    """Where grading is asked about for parlays, before anything is locked.

    ``pick_arrays`` are the picks that are about to be graded: their parlays may follow. Where the
    answer is empty there are none to follow.
    """
    if not fetch_all("SELECT FROM parlay LIMIT 1"):
        return set()  # as most tenants: to plan the question costs ten times this one
    leagues = fetch_again(_ASKED + _LEAGUES, {"at": at, "picks": list(pick_arrays)})
    return {scope for (league,) in leagues for scope in grade_scopes(league)}


def due(at: datetime, *, only: Iterable[UUID] | None = None) -> list[DueParlay]:
    """Read the parlays that ought to have another grade than they have, in the order of ids."""
    params: dict[str, Any] = {"at": at, "only": None if only is None else list(only)}
    rows = fetch_all((_ASKED if only is None else _ONLY) + _READ, params)
    found = []
    for parlay_id, group in groupby(rows, key=lambda row: row[0]):
        legs = list(group)
        if any(revision is None for *_head, revision, _, _, _, _, _ in legs):
            continue  # a leg is not settled
        _id, is_open, revision_no, settled_with = legs[0][:4]
        if settled_with == [row[6] for row in legs]:
            continue  # it is settled with these very grades
        found.append(DueParlay(parlay_id, is_open, revision_no, tuple(map(_leg, legs))))
    return found


@dataclass(frozen=True, slots=True)
class Followed:
    """What another settlement of its legs makes of one settled parlay."""

    parlay_id: UUID
    was: str
    becomes: str
    profit_was: Decimal  # units per unit staked
    profit_becomes: Decimal

    @property
    def changes(self) -> bool:
        return (self.was, self.profit_was) != (self.becomes, self.profit_becomes)


def would_follow(picks: Mapping[UUID, Settled]) -> list[Followed]:
    """Tell how the settled parlays of these picks end where the picks end so."""
    found = []
    rows = fetch_all(_SETTLED, {"picks": list(picks)}) if picks else []
    for parlay_id, group in groupby(rows, key=lambda row: row[0]):
        legs = list(group)
        _id, was, profit_was = legs[0][:3]
        settled = settle_parlay(
            [(picks.get(pick) or _settled(grade), price) for _, _, _, price, pick, *grade in legs]
        )
        profit = settled.profit.quantize(PROFIT_STEP)
        found.append(Followed(parlay_id, was, settled.outcome.value, profit_was, profit))
    return found


def _settled(grade: Sequence[Any]) -> Settled:
    outcome, won, void_factor, dead_heat_factor = grade
    return Settled(Outcome(outcome), won, void_factor, dead_heat_factor)


def _leg(row: Sequence[Any]) -> GradedLeg:
    price, league, revision_no, *grade, graded_at = row[4:]
    return GradedLeg(price, league, revision_no, _settled(grade), graded_at)


def reconcile_parlays(at: datetime) -> Reconciliation:
    """Where every parlay stands whose legs are all settled; they add up or something is lost."""
    current = Counter(ParlayGrade.objects.current().values_list("outcome", flat=True))
    void = current.pop(ParlayOutcome.VOID, 0)
    ungradeable = current.pop(ParlayOutcome.UNGRADEABLE, 0)
    unwritten = [one for one in due(at) if one.is_open]
    scopes = sorted({scope for one in unwritten for scope in one.scopes})
    open_scopes = switches.open_scopes(switches.GRADE, scopes) if scopes else set()
    reasons = Counter(
        Wait.NOT_WRITTEN if open_scopes >= one.scopes else Wait.SWITCH_OFF for one in unwritten
    )
    return Reconciliation(
        graded=current.total(),
        void=void,
        ungradeable=ungradeable,
        waiting={reason: reasons[reason] for reason in Wait if reasons[reason]},
        oldest_at=min((one.since for one in unwritten), default=None),
    )


def parlay_count(at: datetime) -> StageCount:
    return reconcile_parlays(at).count()
