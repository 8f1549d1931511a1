"""Everything that may happen to a grade, of picks and of parlays: no other module writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor, ActorType
from apps.core.db import copy_rows
from apps.core.ids import uuid7
from apps.governance import approvals, audit, switches
from apps.governance.models import Approval
from apps.grading import parlays
from apps.grading.kinds import GradeSource, Wait
from apps.grading.models import AUDITED, Grade, ParlayGrade
from apps.grading.reading import read
from apps.grading.reconciliation import grade_scopes
from apps.grading.results import facts_of
from apps.grading.telling import tell
from apps.grading.verdicts import Verdict, judge
from apps.picks import actions as picks
from apps.picks.models import Parlay, Pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.settlement import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    VOID,
    WIN,
    Outcome,
    Settled,
)

OVERRIDE: Final = "grade.override"  # the deed that takes two people
PROFIT_STEP: Final = Decimal("0.00000001")

_FACTORS: Final[Mapping[Outcome, Settled]] = {
    **{settled.outcome: settled for settled in (WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS, VOID)},
    Outcome.UNGRADEABLE: Settled(Outcome.UNGRADEABLE, 0, Decimal(1)),
}
_COLUMNS: Final = ("id", *AUDITED, "result_id", "payload_sha256", "final_at", "graded_at")
_PEOPLE: Final = frozenset({ActorType.OPS, ActorType.ADMIN})


@dataclass(frozen=True, slots=True)
class Graded:
    """What one turn of grading did for one tenant."""

    due: int = 0  # picks without a grade whose game is over
    written: int = 0  # first grades
    revised: int = 0  # grades that a correction or a later close replaced
    outcomes: dict[str, int] = field(default_factory=dict)  # of everything written
    waiting: dict[str, int] = field(default_factory=dict)  # by reason
    parlays: int = 0  # grades of parlays, first ones and revisions


class OverrideRefused(RuleBroken):
    code = "GRADE_OVERRIDE_REFUSED"


@transaction.atomic
def grade_due(*, by: Actor, at: datetime) -> Graded:
    """Settle every published pick whose game is over, and revise what a result corrected.

    Superseded and invalidated picks are settled like all others. A pick that cannot be settled
    waits with its reason; picks of a closed switch wait and are caught up with later. Parlays
    follow their legs in the same transaction.
    """
    verdicts = judge(read(at), at)
    news = [verdict for verdict in verdicts if verdict.is_news]
    reached = parlays.scopes_of_parlays(at, pick_ids=[one.asked.pick_id for one in news])
    scopes = sorted(reached.union(*(_scopes(one) for one in news)))
    open_scopes = switches.hold_scopes(switches.GRADE, scopes) if scopes else set()
    held = [one for one in news if not open_scopes.issuperset(_scopes(one))]
    allowed = [one.asked.pick_id for one in news if open_scopes.issuperset(_scopes(one))]

    written = _write(allowed, by=by, at=at)
    tell(verdicts, written, by=by, at=at)
    followed = _follow(open_scopes, by=by, at=at)
    ungraded = [one for one in verdicts if one.asked.grade_id is None]
    return Graded(
        due=sum(1 for one in ungraded if one.wait or one.outcome),
        written=sum(1 for one in written if one.asked.grade_id is None),
        revised=sum(1 for one in written if one.asked.grade_id is not None),
        outcomes=_counted(str(one.outcome) for one in written),
        waiting=_counted(
            [str(one.wait) for one in ungraded if one.wait]
            + [str(Wait.SWITCH_OFF) for one in held if one.asked.grade_id is None]
        ),
        parlays=followed,
    )


def _write(pick_ids: Sequence[UUID], *, by: Actor, at: datetime) -> list[Verdict]:
    """Lock the picks, look again, and write what still is news."""
    if not pick_ids:
        return []
    # In key order; whoever graded or superseded them meanwhile has committed when we hold them.
    list(Pick.objects.filter(pk__in=pick_ids).locked().values_list("pk", flat=True))
    verdicts = judge(read(at, only=pick_ids), at)
    news = [verdict for verdict in verdicts if verdict.is_news]
    before = {
        grade.pick_id: grade.audit_state()
        for grade in Grade.objects.filter(pk__in=[one.asked.grade_id for one in news])
    }
    rows = [_row(verdict, at) for verdict in news]
    copy_rows(
        "grade",
        [*_COLUMNS],
        [[row[column] for column in _COLUMNS] for row in rows],
    )
    audit.record_set(
        [
            audit.Row(
                action="grade.revised" if row["revision_no"] > 1 else "grade.written",
                object_type="Grade",
                object_id=str(row["id"]),
                before=before.get(row["pick_id"]),
                after={name: row[name] for name in AUDITED},
                reason=row["reason"],
            )
            for row in rows
        ],
        by=by,
        at=at,
    )
    picks.close_graded([one.asked.pick_id for one in news if one.asked.is_open], by=by, at=at)
    _tell_results(rows, by=by, at=at)
    return news


def _follow(open_scopes: set[str], *, by: Actor, at: datetime) -> int:
    """Settle the parlays whose legs are all settled, and again those of which one was revised."""
    wanted = [one.parlay_id for one in parlays.due(at) if open_scopes >= one.scopes]
    if not wanted:
        return 0
    list(Parlay.objects.filter(pk__in=wanted).locked().values_list("pk", flat=True))
    news = parlays.due(at, only=wanted)
    before = {
        grade.parlay_id: grade.audit_state()
        for grade in ParlayGrade.objects.current().filter(parlay__in=wanted)
    }
    rows = [_parlay_grade(one, at) for one in news]
    ParlayGrade.objects.bulk_create(rows)
    audit.record_set(
        [
            audit.Row(
                action="parlay_grade.revised" if row.revision_no > 1 else "parlay_grade.written",
                object_type="ParlayGrade",
                object_id=str(row.pk),
                before=before.get(row.parlay_id),
                after=row.audit_state(),
                reason=row.reason,
            )
            for row in rows
        ],
        by=by,
        at=at,
    )
    picks.close_graded_parlays([one.parlay_id for one in news if one.is_open], by=by, at=at)
    return len(rows)


def _parlay_grade(one: parlays.DueParlay, at: datetime) -> ParlayGrade:
    settled = one.settle()
    returned = settled.returned.quantize(PROFIT_STEP)
    return ParlayGrade(
        parlay_id=one.parlay_id,
        revision_no=one.revision_no + 1,
        outcome=settled.outcome.value,
        returned=returned,
        profit=returned - 1,
        leg_revisions=[leg.revision_no for leg in one.legs],
        leg_outcomes=[leg.settled.outcome.value for leg in one.legs],
        reason="LEG_REVISED" if one.revision_no else "",
        graded_at=at,
    )


def _tell_results(rows: Sequence[Mapping[str, Any]], *, by: Actor, at: datetime) -> None:
    """Owe everybody who was told of these picks the word of how they ended."""
    if told := facts_of(rows, at):
        revisions = {row["pick_id"]: row["revision_no"] for row in rows}
        picks.owe_results(told, revisions=revisions, by=by, at=at)


def _row(verdict: Verdict, at: datetime) -> dict[str, Any]:
    asked, outcome = verdict.asked, verdict.outcome or Outcome.UNGRADEABLE
    settled = _FACTORS[outcome]
    return {
        "id": uuid7(),
        "pick_id": asked.pick_id,
        "revision_no": asked.revision_no + 1,
        "outcome": outcome.value,
        "reason": verdict.reason or _why_revised(verdict),
        "won": settled.won,
        "void_factor": settled.void_factor,
        "dead_heat_factor": settled.dead_heat_factor,
        "profit": settled.profit(asked.price).quantize(PROFIT_STEP),
        "home_score": asked.home_score,
        "away_score": asked.away_score,
        "result_sha256": verdict.result_sha256,
        "result_id": asked.result_id,
        "payload_sha256": asked.payload_sha256,
        "settlement_ruleset_id": asked.ruleset_id,
        "clv_version": asked.clv_version,
        "final_at": asked.final_at,
        "graded_at": at,
        "source": GradeSource.PIPELINE.value,
        "override_reason": "",
        "override_by": "",
        "override_approved_by": "",
    }


def _why_revised(verdict: Verdict) -> str:
    if verdict.asked.grade_id is None:
        return ""
    return "RESULT_CORRECTED" if verdict.corrects else "CLOSE_TAKEN"


@transaction.atomic
def override_grade(
    *,
    pick_id: UUID,
    outcome: Outcome,
    reason: str,
    approved_by: Actor,
    by: Actor,
    at: datetime,
    dead_heat_factor: Decimal = Decimal(1),
) -> Grade:
    """Settle a pick as two people decide, whatever the result says, until they decide again.

    Raises:
        switches.Halted: grading is stopped in one of the pick's scopes.
        OverrideRefused: no reason, no second person, or a pick that nobody ever saw.
    """
    pick = Pick.objects.get(pk=pick_id)
    own = set(grade_scopes(pick.league))
    reached = parlays.scopes_of_parlays(at, pick_ids=[pick_id])
    open_scopes = switches.hold_scopes(switches.GRADE, sorted(reached | own))
    if not open_scopes >= own:
        switches.hold_open(switches.GRADE, scopes=own)
    pick = Pick.objects.locked().get(pk=pick_id)
    _require_two_people(reason, by=by, approved_by=approved_by)
    if pick.published_at is None:
        raise OverrideRefused(f"{pick} was never published: there is nothing to settle.")

    settled = _FACTORS[outcome]
    if dead_heat_factor != 1:
        if outcome is not Outcome.WIN or not 0 < dead_heat_factor < 1:
            raise OverrideRefused("Only a win is shared, and by a factor between 0 and 1.")
        settled = Settled(outcome, settled.won, settled.void_factor, dead_heat_factor)

    asked = read(at, only=[pick_id])[0]
    current = Grade.objects.current().filter(pick=pick).first()
    row = _row(Verdict(asked, outcome, "OVERRIDDEN"), at)
    grade = Grade(
        **row
        | {
            "dead_heat_factor": settled.dead_heat_factor,
            "profit": settled.profit(pick.price).quantize(PROFIT_STEP),
            "source": GradeSource.OPERATOR.value,
            "override_reason": reason.strip(),
            "override_by": by.id,
            "override_approved_by": approved_by.id,
        }
    )
    grade.save(force_insert=True)
    audit.record_set(
        [
            audit.Row(
                action="grade.overridden",
                object_type="Grade",
                object_id=str(grade.pk),
                before=current.audit_state() if current else None,
                after=grade.audit_state(),
                reason=grade.override_reason,
            )
        ],
        by=by,
        at=at,
    )
    if asked.is_open:
        picks.close_graded([pick.pk], by=by, at=at)
    _follow(open_scopes, by=by, at=at)
    _tell_results([{**row, "profit": grade.profit}], by=by, at=at)
    return grade


@transaction.atomic
def ask_to_override(
    *, pick_id: UUID, outcome: Outcome, reason: str, by: Actor, at: datetime
) -> Approval:
    """Ask another person to agree that a pick is settled otherwise than its rules say.

    Raises:
        OverrideRefused: nobody ever saw the pick.
        approvals.AlreadyAsked: the same waits for an answer.
    """
    pick = Pick.objects.get(pk=pick_id)
    if pick.published_at is None:
        raise OverrideRefused(f"{pick} was never published: there is nothing to settle.")
    return approvals.request(
        OVERRIDE,
        str(pick_id),
        by=by,
        at=at,
        reason=reason,
        arguments={"outcome": outcome.value, "pick": str(pick)},
    )


@transaction.atomic
def carry_out_override(*, approval_id: UUID, by: Actor, at: datetime) -> Grade:
    """Settle a pick as one person asked and another one agreed. An approval works once.

    Raises:
        approvals.ApprovalUnfit, approvals.ApprovalExpired: nobody agreed, or it is used or old.
        OverrideRefused: whoever agreed would do it alone.
    """
    subject = Approval.across_tenants.get(pk=approval_id).subject
    approval = approvals.use(approval_id=approval_id, what=OVERRIDE, subject=subject, by=by, at=at)
    return override_grade(
        pick_id=UUID(subject),
        outcome=Outcome(approval.arguments["outcome"]),
        reason=approval.reason,
        approved_by=Actor(type=ActorType.OPS, id=approval.approver),
        by=by,
        at=at,
    )


def _require_two_people(reason: str, *, by: Actor, approved_by: Actor) -> None:
    if not reason.strip():
        raise OverrideRefused("An override says why, in words that the record can show.")
    if not {by.type, approved_by.type} <= _PEOPLE:
        raise OverrideRefused("An override is decided by people.")
    if by.id == approved_by.id:
        raise OverrideRefused("An override needs a second person.")


def _scopes(verdict: Verdict) -> list[str]:
    return grade_scopes(verdict.asked.league)


def _counted(words: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))
