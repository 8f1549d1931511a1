"""The console's front page: the first line is the verdict, everything below it is evidence.

One question per card, each with a query or two; what is counted over many rows was counted by
``apps.ops.stock``. Templates show what is prepared here and decide nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from apps.core import clock, formats
from apps.core.tenancy import PUBLIC, active_schemas
from apps.governance.models import JobRun
from apps.ops.models import TenantStanding
from apps.ops.overview import links
from apps.ops.overview.feeds import feeds
from apps.ops.overview.inbox import Inbox, inbox
from apps.ops.overview.records import choices, grading, record
from apps.ops.overview.scopes import EVERYTHING, Scope, Scopes, scopes
from apps.ops.overview.strip import Strip, strip
from apps.ops.overview.tenant import tenant_overview
from apps.rulebook.degrade import Mode

_LISTS = {
    "runs": "governance_jobrun",
    "switches": "governance_featureflag",
    "polls": "snapshots_providerpoll",
    "feeds": "snapshots_feed",
    "alerts": "governance_opsalert",
    "questions": "catalog_reviewitem",
    "tenants": "ops_tenantstanding",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader knows who stops after the first line."""

    shape: str
    tone: str
    sentence: str
    as_of: datetime
    last_beat: datetime | None
    warning: str  # about the page itself: how old its counts are


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the front page of the platform's console; a tenant's has a page of its own."""
    if not request.tenant.is_platform:  # type: ignore[attr-defined]
        return tenant_overview(request, context)
    at = clock.now()
    active = active_schemas()
    may_see = _sight_of(request.user)
    stages = strip([PUBLIC, *active], may_see=may_see, at=at)
    publishing, waiting = scopes(at=at), inbox(at=at)
    standings = list(TenantStanding.objects.filter(tenant_schema__in=active))
    offered = choices(standings, request.GET.get("tenant", ""))
    chosen = next((choice for choice in offered if choice.chosen), None)
    return {
        **context,
        "title": "Overview",
        "verdict": verdict(stages, publishing, waiting, at=at),
        "strip": stages,
        "publishing": publishing,
        "feeds": feeds(at=at),
        "inbox": waiting,
        "grading": grading(standings),
        "choices": offered,
        "record": _record_of(standings, chosen.schema, chosen.name) if chosen else None,
        "may_turn": request.user.has_perm("governance.turn_featureflag"),
        "may_handle": request.user.has_perm("governance.handle_opsalert"),
        "may_resolve": request.user.has_perm("picks.resolve_delivery"),
        "may_answer": request.user.has_perm("catalog.decide_reviewitem"),
        "to": {
            name: links.listed(table) if may_see(table) else "" for name, table in _LISTS.items()
        },
    }


def verdict(stages: Strip, publishing: Scopes, waiting: Inbox, *, at: datetime) -> Verdict:
    """Say it in one line: is publishing on, and does anything need a person?"""
    everything = publishing.everything
    off = [scope for scope in publishing.stopped if scope is not everything]
    if everything is None or not everything.is_on:
        shape, tone, first = "square_pause", "crit", "Publishing is stopped everywhere."
    elif everything.mode is Mode.NONE:
        shape, tone = "square_pause", "crit"
        first = f"Nothing is published: {everything.held_back}."
    elif off or publishing.held_back:
        shape, tone = "triangle", "warn"
        first = _except(off, publishing.held_back)
    else:
        shape, tone, first = "disc_check", "ok", "Publishing is on."
    people = waiting.for_a_person
    if people and shape == "disc_check":
        shape, tone = "triangle", "warn"
    if people:
        second = f"{formats.plural(people, 'thing needs', 'things need')} a person."
    elif shape == "square_pause" and everything is not None and not everything.is_on:
        second = "It takes two people to turn it on again."
    else:
        second = "Nothing needs a person."
    return Verdict(
        shape=shape,
        tone=tone,
        sentence=f"{first} {second}",
        as_of=at,
        last_beat=_last_beat(),
        warning=_warning(stages),
    )


def _except(off: Sequence[Scope], held_back: Sequence[Scope]) -> str:
    """Say where publishing is less than all of it: stopped, or by an alert EDGE only."""
    nothing = [*off, *(scope for scope in held_back if scope.mode is Mode.NONE)]
    best = [scope for scope in held_back if scope.mode is Mode.EDGE_ONLY]
    told = "Publishing is on"
    if nothing:
        told += f", except {_listed(nothing)}"
    if best:
        where = "everywhere" if best[0].short == EVERYTHING else f"for {_listed(best)}"
        told += f", EDGE only {where}"
    return f"{told}."


def _listed(stopped: Sequence[Scope]) -> str:
    names = [scope.short for scope in stopped]
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _warning(stages: Strip) -> str:
    if stages.taken_at is None:
        return "Nobody has counted yet: the job that takes stock has not run here."
    if stages.is_old:
        return (
            f"The counts below are {formats.age(stages.age_s)} old: the job that takes stock"
            " does not run."
        )
    return ""


def _sight_of(user: Any) -> Callable[[str], bool]:
    """Which tables a person may open."""

    def may_see(table: str) -> bool:
        app, _, model = table.partition("_")
        return bool(user.has_perm(f"{app}.view_{model}"))

    return may_see


def _last_beat() -> datetime | None:
    return JobRun.across_tenants.order_by("-pk").values_list("started_at", flat=True).first()


def _record_of(standings: Sequence[TenantStanding], schema: str, name: str) -> Any:
    return next(record(row, name) for row in standings if row.tenant_schema == schema)
