"""Counts what stages and tenants have to show. The only writer of the two standings.

Nothing happens here, so nothing is audited: every number can be counted again from the rows that
it counts.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Max

from apps.core.actor import Actor
from apps.core.stages import StageCount
from apps.core.tenancy import PUBLIC, active_schemas, tenants_in_turn
from apps.grading import reconciliation
from apps.grading import stages as grading
from apps.grading.kinds import Wait
from apps.grading.models import Grade
from apps.grading.record import delays, record
from apps.ops.models import StageStanding, TenantStanding
from apps.picks import stages as picks
from apps.picks.models import Pick
from apps.simulations import stages as simulations
from apps.snapshots import stages as snapshots

logger = logging.getLogger(__name__)

_OF_A_STAGE = ("taken_at", "due", "done", "oldest_waiting_at", "done_24h", "by_hour")
_OF_A_TENANT = tuple(
    column.name
    for column in TenantStanding._meta.concrete_fields
    if column.name not in ("id", "tenant_schema")
)


@dataclass(slots=True)
class Stock:
    """What one count covered."""

    stages: int = 0
    tenants: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # schema -> error


def take_stock(*, by: Actor, at: datetime) -> Stock:
    """Count due and done of every stage and tenant, and write them in two statements.

    A tenant that cannot be counted keeps its last count, whose age says so.
    """
    stock = Stock()
    stages = _standings(
        PUBLIC,
        {**snapshots.due_and_done(at), **simulations.due_and_done(at)},
        {**snapshots.done_by_hour(at), **simulations.done_by_hour(at)},
        at,
    )
    known = {row.tenant_schema: row for row in TenantStanding.objects.all()}
    tenants = []
    for schema in tenants_in_turn(active_schemas()):
        try:
            grades = reconciliation.reconcile(at)
            standing = count_tenant(schema, grades.waiting, known.get(schema), at)
            counted = _standings(
                schema,
                {**picks.due_and_done(at), "grade": grades.count()},
                {**picks.done_by_hour(at), **grading.done_by_hour(at)},
                at,
            )
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            # Not hidden: logged here, returned below, and the old count grows old.
            transaction.set_rollback(True)
            logger.exception("%s could not be counted", schema)
            stock.failed[schema] = f"{type(error).__name__}: {error}"
        else:
            tenants.append(standing)
            stages += counted
    with transaction.atomic():
        StageStanding.objects.bulk_create(
            stages,
            update_conflicts=True,
            unique_fields=["stage", "tenant_schema"],
            update_fields=_OF_A_STAGE,
        )
        TenantStanding.objects.bulk_create(
            tenants,
            update_conflicts=True,
            unique_fields=["tenant_schema"],
            update_fields=_OF_A_TENANT,
        )
    stock.stages, stock.tenants = len(stages), len(tenants)
    return stock


def _standings(
    schema: str, counts: dict[str, StageCount], hours: dict[str, list[int]], at: datetime
) -> list[StageStanding]:
    return [
        StageStanding(
            stage=stage,
            tenant_schema=schema,
            taken_at=at,
            due=count.due,
            done=count.done,
            oldest_waiting_at=count.oldest_at if count.waiting else None,
            done_24h=sum(hours[stage]),
            by_hour=hours[stage],
        )
        for stage, count in counts.items()
    ]


def count_tenant(
    schema: str, waiting: Mapping[Wait, int], known: TenantStanding | None, at: datetime
) -> TenantStanding:
    """Count the picks of the tenant in scope, without writing it down."""
    return TenantStanding(
        tenant_schema=schema,
        taken_at=at,
        proposed=Pick.objects.waiting().count(),
        live=Pick.objects.live().count(),
        published=Pick.objects.seen().count(),
        ungraded={why.value: n for why, n in waiting.items()},
        delays=delays(at),
        **_record(known),
    )


def _record(known: TenantStanding | None) -> dict[str, Any]:
    """The record to date: the known one, unless a grade has been written since."""
    through = Grade.objects.aggregate(newest=Max("graded_at"))["newest"]
    if known is not None and known.record_through == through:
        names = _OF_A_TENANT[_OF_A_TENANT.index("record_through") :]
        return {name: getattr(known, name) for name in names}
    now = record()
    low, high = now.profit_reach or (None, None)
    first, last = now.period or (None, None)
    return {
        "record_through": through,
        "won": now.won,
        "lost": now.lost,
        "pushed": now.pushed,
        "void": now.void,
        "ungradeable": now.ungradeable,
        "profit": now.profit,
        "profit_low": low,
        "profit_high": high,
        "first_game_at": first,
        "last_game_at": last,
        "promised": now.promised,
        "deviation": now.deviation,
        "break_even": now.break_even,
        "tiers": [asdict(tier) for tier in now.tiers],
        "clv_mean": now.clv.mean,
        "clv_low": now.clv.low,
        "clv_high": now.clv.high,
        "clv_n": now.clv.n,
        "clv_missing": now.clv.missing,
        "path": now.path,
    }
