"""What the world said and what follows from it for everybody: polls to evaluations."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Sum

from apps.catalog.models import Event
from apps.rulebook.markets import EventStatus
from apps.simulations.models import EvaluationBatch, SimulationRun
from apps.snapshots.models import (
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    QuarantinedRow,
    RawPayload,
)


def facts_report(events: Sequence[Event]) -> dict[str, Any]:
    """Count what was stored; ``events`` are the odds feed's own, without the archive's."""
    readings = PayloadReading.objects.filter(poll__feed__kind="ODDS").aggregate(
        prices=Sum("prices"), unchanged=Sum("unchanged"), withdrawn=Sum("withdrawn")
    )
    batches = EvaluationBatch.objects.aggregate(batches=Count("id"), rows=Sum("evaluated"))
    return {
        "polls": dict(_counted(ProviderPoll.objects, "outcome")),
        "raw_payloads": RawPayload.objects.count(),
        "snapshots": {
            "prices_read": readings["prices"] or 0,
            "written": MarketSnapshot.objects.count(),
            "unchanged": readings["unchanged"] or 0,
            "withdrawn": readings["withdrawn"] or 0,
        },
        "quarantined": dict(_counted(QuarantinedRow.objects, "code")),
        "events": len(events),
        "events_final": sum(event.status == EventStatus.FINAL for event in events),
        "simulations": {
            "by_status": dict(_counted(SimulationRun.objects, "status")),
            "not_done": dict(_counted(SimulationRun.objects.exclude(reason=""), "reason")),
        },
        "evaluations": {
            "batches": batches["batches"],
            "evaluated": batches["rows"] or 0,
            "skipped": _skipped(),
        },
    }


def _counted(rows: Any, column: str) -> list[tuple[str, int]]:
    return list(rows.values_list(column).annotate(n=Count("pk")).order_by(column))


def _skipped() -> dict[str, int]:
    total: Counter[str] = Counter()
    for skipped in EvaluationBatch.objects.values_list("skipped", flat=True):
        total.update(skipped)
    return dict(sorted(total.items()))
