"""Due and done, stage by stage, in pipeline order, at the end of the recording."""

from datetime import datetime

from django.db.models import Max

from apps.core.stages import StageCount
from apps.core.tenancy import tenant_scope
from apps.grading import stages as grading
from apps.grading.reconciliation import reconcile
from apps.ops.models import ReplayRun
from apps.ops.rehearsal.stages import STAGES
from apps.picks import stages as picks
from apps.simulations import stages as simulations
from apps.snapshots import stages as snapshots


def stages_report(tenant: str) -> dict[str, dict[str, int]]:
    """Count what ought to have an outcome by the last instant, and what has one."""
    counts = _counts(tenant, _last_instant())
    return {
        stage.name: {"due": counts[stage.name].due, "done": counts[stage.name].done}
        for stage in STAGES
    }


def waits_report(tenant: str) -> dict[str, int]:
    """Count the published picks that are due and have no grade, by what they wait for."""
    at = _last_instant()  # a tenant may not look at it
    with tenant_scope(tenant):
        return {reason.value: n for reason, n in reconcile(at).waiting.items()}


def _last_instant() -> datetime:
    last: datetime = ReplayRun.objects.aggregate(at=Max("position"))["at"]
    return last


def _counts(tenant: str, at: datetime) -> dict[str, StageCount]:
    counts = {**snapshots.due_and_done(at), **simulations.due_and_done(at)}
    with tenant_scope(tenant):
        return {**counts, **picks.due_and_done(at), **grading.due_and_done(at)}
