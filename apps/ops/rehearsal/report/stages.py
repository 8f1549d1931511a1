"""Due and done, stage by stage, in pipeline order, at the end of the recording."""

from datetime import datetime

from django.db.models import Max

from apps.core.stages import StageCount
from apps.core.tenancy import tenant_scope
from apps.grading import stages as grading
from apps.ops.models import ReplayRun
from apps.ops.rehearsal.stages import STAGES
from apps.picks import stages as picks
from apps.simulations import stages as simulations
from apps.snapshots import stages as snapshots


def stages_report(tenant: str) -> dict[str, dict[str, int]]:
    """Count what ought to have an outcome by the last instant, and what has one."""
    at = ReplayRun.objects.aggregate(at=Max("position"))["at"]
    counts = _counts(tenant, at)
    return {
        stage.name: {"due": counts[stage.name].due, "done": counts[stage.name].done}
        for stage in STAGES
    }


def _counts(tenant: str, at: datetime) -> dict[str, StageCount]:
    counts = {**snapshots.due_and_done(at), **simulations.due_and_done(at)}
    with tenant_scope(tenant):
        return {**counts, **picks.due_and_done(at), **grading.due_and_done(at)}
