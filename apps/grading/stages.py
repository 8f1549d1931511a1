"""How far grading has got: one counter, the same question that the stage itself asks."""

from datetime import datetime

from apps.core.stages import StageCount, by_hour, total
from apps.grading import reconciliation
from apps.grading.models import Grade
from apps.grading.parlays import parlay_count


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Picks whose games are over, and parlays whose legs are all settled."""
    return {"grade": total([reconciliation.stage_count(at), parlay_count(at)])}


def done_by_hour(at: datetime) -> dict[str, list[int]]:
    """Revisions written in each of the 24 hours before ``at``."""
    return {"grade": by_hour(Grade.objects.all(), "graded_at", at)}
