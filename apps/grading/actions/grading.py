"""Settling what is due: every published pick whose game is over, and what a result corrected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import plan_once
from apps.governance import switches
from apps.grading import parlays
from apps.grading.actions.following import follow_legs
from apps.grading.actions.writing import write_grades
from apps.grading.kinds import Wait
from apps.grading.reconciliation import grade_scopes
from apps.grading.telling import tell
from apps.grading.verdicts import Rhythms, judged


@dataclass(frozen=True, slots=True)
class Graded:
    """What one turn of grading did for one tenant."""

    due: int = 0  # picks without a grade whose game is over
    written: int = 0  # first grades
    revised: int = 0  # grades that a correction or a later close replaced
    outcomes: dict[str, int] = field(default_factory=dict)  # of everything written
    waiting: dict[str, int] = field(default_factory=dict)  # by reason
    parlays: int = 0  # grades of parlays, first ones and revisions


@transaction.atomic
def grade_due(*, by: Actor, at: datetime, rhythms: Rhythms | None = None) -> Graded:
    """Settle every published pick whose game is over, and revise what a result corrected.

    Superseded and invalidated picks are settled like all others. A pick that cannot be settled
    waits with its reason; picks of a closed switch wait and are caught up with later. Parlays
    follow their legs in the same transaction. ``rhythms``: what a walk through many tenants has
    asked for already.
    """
    plan_once()
    rhythms = rhythms or Rhythms(at)
    verdicts = judged(at, rhythms)
    news = [verdict for verdict in verdicts if verdict.is_news]
    reached = parlays.scopes_of_parlays(at, pick_arrays=[one.asked.pick_array for one in news])
    scopes = sorted(reached.union(*(grade_scopes(one.asked.league) for one in news)))
    open_scopes = switches.hold_scopes(switches.GRADE, scopes) if scopes else set()
    held = [one for one in news if not open_scopes.issuperset(grade_scopes(one.asked.league))]
    allowed = [one for one in news if open_scopes.issuperset(grade_scopes(one.asked.league))]

    written = write_grades(allowed, by=by, at=at)
    tell(verdicts, allowed, rhythms, by=by, at=at)
    followed = follow_legs(open_scopes, by=by, at=at) if reached else 0
    ungraded = [one for one in verdicts if not one.asked.is_graded]
    waiting: Counter[str] = Counter()
    for one in ungraded:
        if one.wait:
            waiting[one.wait] += one.asked.picks
    waiting[Wait.SWITCH_OFF] += sum(one.asked.picks for one in held if not one.asked.is_graded)
    outcomes: Counter[str] = Counter()
    for row in written:
        outcomes[row.outcome] += row.picks
    return Graded(
        due=sum(one.asked.picks for one in ungraded if one.is_due),
        written=sum(row.picks for row in written if not row.is_revision),
        revised=sum(row.picks for row in written if row.is_revision),
        outcomes=_counted(outcomes),
        waiting=_counted(waiting),
        parlays=followed,
    )


def _counted(numbers: Mapping[str, int]) -> dict[str, int]:
    return {str(word): numbers[word] for word in sorted(numbers) if numbers[word]}
