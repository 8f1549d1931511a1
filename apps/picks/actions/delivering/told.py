"""What is written down of deliveries, and who is told when one goes wrong."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.tenancy import current_schema
from apps.governance import alerts, audit
from apps.picks.models import Delivery
from apps.rulebook.alerts import AlertKind


def note(
    action: str,
    rows: Iterable[Delivery],
    *,
    before: Mapping[UUID, Mapping[str, Any]] | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> None:
    """Write down what became of rows, which carry their new values already."""
    audit.record_set(
        [
            audit.Row(
                action=action,
                object_type="Delivery",
                object_id=str(row.pk),
                before=(before or {}).get(row.pk, row.audit_state()),
                after=row.audit_state(),
                reason=reason,
            )
            for row in rows
        ],
        by=by,
        at=at,
    )


def tell_unknown(row: Delivery, *, by: Actor, at: datetime) -> None:
    alerts.raise_alert(
        AlertKind.DELIVERY_UNKNOWN,
        scope=f"tenant:{current_schema()}",
        key=str(row.pk),
        detail=f"A message of {row.pick} to {row.channel} was not acknowledged"
        f" ({row.error_code}). It is not sent again until somebody says that it did not arrive.",
        payload={"delivery": str(row.pk), "pick": str(row.pick_id), "code": row.error_code},
        by=by,
        at=at,
    )


def tell_failed(key: str, detail: str, *, by: Actor, at: datetime) -> None:
    alerts.raise_alert(
        AlertKind.DELIVERY_FAILED,
        scope=f"tenant:{current_schema()}",
        key=key,
        detail=detail,
        by=by,
        at=at,
    )
