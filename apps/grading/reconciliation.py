"""Where every published pick stands: due = graded + waiting (with a reason) + void + ungradeable.

The same reading and the same verdicts as the stage that writes grades, for its counters and for
the console.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core.stages import StageCount
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.grading.kinds import Wait
from apps.grading.models import Grade
from apps.grading.verdicts import Verdict, judged_ungraded
from apps.rulebook.settlement import Outcome


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every pick that is due, in one of four places; they add up or something is lost."""

    graded: int
    void: int
    ungradeable: int
    waiting: Mapping[Wait, int]
    oldest_at: datetime | None = None  # since when the game of the oldest waiting pick is over

    @property
    def due(self) -> int:
        return self.graded + self.void + self.ungradeable + sum(self.waiting.values())

    def count(self) -> StageCount:
        """Say it as a stage's counter does."""
        return StageCount(self.due, self.due - sum(self.waiting.values()), self.oldest_at)


def waiting(at: datetime) -> list[Verdict]:
    """Return the picks that are due and have no grade, with what they wait for."""
    verdicts = judged_ungraded(at)
    scopes = {scope for one in verdicts for scope in grade_scopes(one.asked.league)}
    open_scopes = switches.open_scopes(switches.GRADE, sorted(scopes)) if scopes else set()
    return [
        one if one.wait else Verdict(one.asked, wait=_written_when(one, open_scopes))
        for one in verdicts
        if one.is_due
    ]


def reconcile(at: datetime) -> Reconciliation:
    current = Counter(Grade.objects.current().values_list("outcome", flat=True))
    void, ungradeable = current.pop(Outcome.VOID, 0), current.pop(Outcome.UNGRADEABLE, 0)
    unwritten = waiting(at)
    reasons: Counter[Wait] = Counter()
    for one in unwritten:
        if one.wait:
            reasons[one.wait] += one.asked.picks
    return Reconciliation(
        graded=current.total(),
        void=void,
        ungradeable=ungradeable,
        waiting={reason: reasons[reason] for reason in Wait if reasons[reason]},
        oldest_at=min((one.asked.over_at for one in unwritten), default=None),
    )


def stage_count(at: datetime) -> StageCount:
    """How many published picks ought to have a grade by ``at``, and how many have one."""
    return reconcile(at).count()


def grade_scopes(league: str) -> list[str]:
    """Where grading must be open for a pick of this tenant and league."""
    return [f"tenant:{current_schema()}", f"league:{league}"]


def _written_when(verdict: Verdict, open_scopes: set[str]) -> Wait:
    closed = not open_scopes.issuperset(grade_scopes(verdict.asked.league))
    return Wait.SWITCH_OFF if closed else Wait.NOT_WRITTEN
