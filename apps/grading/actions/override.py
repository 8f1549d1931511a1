"""What two people decide about a pick, whatever the result says."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor, ActorType
from apps.governance import approvals, audit, switches
from apps.governance.models import Approval
from apps.grading import parlays
from apps.grading.actions.following import follow_legs
from apps.grading.actions.writing import tell_results
from apps.grading.kinds import GradeSource
from apps.grading.models import Grade
from apps.grading.reading import read_picks
from apps.grading.reconciliation import grade_scopes
from apps.grading.settling import PROFIT_STEP
from apps.picks import actions as picks
from apps.picks.models import LineTracking, Pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.settlement import Outcome, Settled, settled_as

OVERRIDE: Final = "grade.override"  # the deed that takes two people

_PEOPLE: Final = frozenset({ActorType.OPS, ActorType.ADMIN})


class OverrideRefused(RuleBroken):
    code = "GRADE_OVERRIDE_REFUSED"


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
    reached = parlays.scopes_of_parlays(at, pick_arrays=[f"{{{pick_id}}}"])
    open_scopes = switches.hold_scopes(switches.GRADE, sorted(reached | own))
    if not open_scopes >= own:
        switches.hold_open(switches.GRADE, scopes=own)
    pick = Pick.objects.locked().get(pk=pick_id)
    _require_two_people(reason, by=by, approved_by=approved_by)
    if pick.published_at is None:
        raise OverrideRefused(f"{pick} was never published: there is nothing to settle.")

    settled = settled_as(outcome)
    if dead_heat_factor != 1:
        if outcome is not Outcome.WIN or not 0 < dead_heat_factor < 1:
            raise OverrideRefused("Only a win is shared, and by a factor between 0 and 1.")
        settled = Settled(outcome, settled.won, settled.void_factor, dead_heat_factor)

    asked = read_picks(at, [pick_id])[0]
    current = Grade.objects.current().filter(pick=pick).first()
    closed = LineTracking.objects.filter(pick=pick, completed_at__isnull=False).first()
    grade = Grade(
        pick=pick,
        revision_no=current.revision_no + 1 if current else 1,
        outcome=outcome.value,
        reason="OVERRIDDEN",
        won=settled.won,
        void_factor=settled.void_factor,
        dead_heat_factor=settled.dead_heat_factor,
        profit=settled.profit(pick.price).quantize(PROFIT_STEP),
        home_score=asked.home_score,
        away_score=asked.away_score,
        result_sha256="" if outcome is Outcome.VOID else asked.result_sha256,
        result_id=asked.result_id,
        payload_sha256=asked.payload_sha256,
        settlement_ruleset_id=asked.ruleset_id,
        clv_version=closed.clv_version if closed else "",
        final_at=asked.final_at,
        graded_at=at,
        source=GradeSource.OPERATOR.value,
        override_reason=reason.strip(),
        override_by=by.id,
        override_approved_by=approved_by.id,
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
    if pick.status != PickStatus.GRADED:
        picks.close_graded([pick.pk], by=by, at=at)
    follow_legs(open_scopes, by=by, at=at)
    tell_results([pick.pk], by=by, at=at)
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
