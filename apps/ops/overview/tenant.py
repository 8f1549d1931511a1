"""The front page of one tenant's console: its own stages and its own record, counted now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from apps.core import clock, formats
from apps.core.stages import StageCount
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.grading import reconciliation
from apps.ops.models import TenantStanding
from apps.ops.overview import links
from apps.ops.overview.records import equation, record
from apps.ops.overview.strip import state_of
from apps.ops.pipeline import STEPS
from apps.ops.stock import count_tenant
from apps.picks import stages as picks
from apps.rulebook.degrade import Mode

_ROWS = {
    "propose": "picks_proposalround",
    "publish": "picks_pick",
    "deliver": "picks_delivery",
    "watch": "picks_pickchange",
    "close": "picks_linetracking",
    "grade": "grading_grade",
}
_SHAPES = {
    Mode.FULL: ("disc_check", "ok"),
    Mode.EDGE_ONLY: ("triangle", "warn"),
    Mode.NONE: ("square_pause", "crit"),
}


@dataclass(frozen=True, slots=True)
class TenantStage:
    title: str
    href: str
    state: str
    waiting: int
    done: int
    due: int
    oldest_s: float | None

    @property
    def tone(self) -> str:
        return {"LATE": "warn", "STOPPED": "crit"}.get(self.state, "")


def tenant_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill it from inside the tenant, as its own database role: there is nothing else to see."""
    at = clock.now()
    schema, name = current_schema(), request.tenant.name  # type: ignore[attr-defined]
    grades = reconciliation.reconcile(at)
    standing = count_tenant(schema, grades.waiting, None, at)
    counts = {**picks.due_and_done(at), "grade": grades.count()}
    found = switches.explain(switches.PUBLISH, [f"tenant:{schema}"])
    shown = record(standing, name)
    return {
        **context,
        "title": "Overview",
        "record": shown,
        "tenant_page": {
            "shape": _SHAPES[found.mode][0],
            "tone": _SHAPES[found.mode][1],
            "sentence": _sentence(name, found, standing),
            "as_of": at,
            "stages": [_stage(stage, count, found.open, at) for stage, count in counts.items()],
            "live": standing.live,
            "proposed": standing.proposed,
            "published": standing.published,
            "equation": equation([standing]),
            "to": {"picks": links.listed("picks_pick")},
        },
    }


def _sentence(name: str, found: switches.Explanation, standing: TenantStanding) -> str:
    live = f"{formats.plural(standing.live, 'pick is', 'picks are')} live."
    if found.decided_by is None:
        return f"Publishing is on for {name}. {live}"
    if found.open:
        return f"Publishing is on for {name}, EDGE only: {found.decided_by.name} is open. {live}"
    where = "everywhere" if found.decided_by.scope == switches.GLOBAL else f"for {name}"
    return f"Publishing is stopped {where}. {live}"


def _stage(stage: str, count: StageCount, is_open: bool, at: datetime) -> TenantStage:
    step = STEPS[stage]
    oldest_s = (at - count.oldest_at).total_seconds() if count.oldest_at else None
    return TenantStage(
        title=step.title,
        href=links.listed(_ROWS[stage]),
        state=state_of(
            step,
            count.waiting,
            oldest_s,
            due=count.due,
            is_stopped=step.switch == switches.PUBLISH and not is_open,
        ),
        waiting=count.waiting,
        done=count.done,
        due=count.due,
        oldest_s=oldest_s if count.waiting else None,
    )
