"""Settling parlays: each follows the grades of its legs, corrections and overrides among them."""

from datetime import datetime

from apps.core.actor import Actor
from apps.governance import audit
from apps.grading import parlays
from apps.grading.models import ParlayGrade
from apps.grading.settling import PROFIT_STEP
from apps.picks import actions as picks
from apps.picks.models import Parlay


def follow_legs(open_scopes: set[str], *, by: Actor, at: datetime) -> int:
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
