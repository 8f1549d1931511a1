"""The ten stages in pipeline order, as the clock calls them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.actor import Actor
from apps.core.tenancy import tenant_scope
from apps.grading import actions as grading
from apps.picks import actions as picks
from apps.simulations import actions as simulations
from apps.snapshots import actions as snapshots


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its name, what it does, and whether it works inside a tenant."""

    name: str
    work: Callable[..., Any]
    inside_tenant: bool


def _close(*, by: Actor, at: datetime) -> None:
    """As the clock does in one turn: what has begun, and what was missing and is known by now."""
    picks.close_started(by=by, at=at)
    picks.fill_closes(by=by, at=at)


STAGES = (
    Stage("fetch", snapshots.fetch_due, inside_tenant=False),
    Stage("read", snapshots.read_unread, inside_tenant=False),
    Stage("rate", simulations.rate_results, inside_tenant=False),
    Stage("simulate", simulations.simulate_due, inside_tenant=False),
    Stage("evaluate", simulations.evaluate_due, inside_tenant=False),
    Stage("propose", picks.propose_due, inside_tenant=True),
    Stage("publish", picks.publish_ready, inside_tenant=True),
    Stage("watch", picks.watch_live, inside_tenant=True),
    Stage("close", _close, inside_tenant=True),
    Stage("grade", grading.grade_due, inside_tenant=True),
)


def play_stages(
    stages: Sequence[Stage], tenants: Sequence[str], *, player: str, at: datetime
) -> None:
    """Call each stage at an instant, those of tenants for one tenant after the other."""
    for stage in stages:
        by = Actor.job(f"{player}.{stage.name}")
        if not stage.inside_tenant:
            stage.work(by=by, at=at)
            continue
        for schema in tenants:
            with tenant_scope(schema):
                stage.work(by=by, at=at)
