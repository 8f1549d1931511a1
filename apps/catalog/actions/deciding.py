"""What every decision of a question writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.catalog.models import ReviewItem, ReviewStatus
from apps.core.actor import Actor
from apps.governance import audit, history


def decide(
    item: ReviewItem,
    status: ReviewStatus,
    decision: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
    reason: str,
) -> None:
    """Write what was decided; the caller records it in the audit."""
    item.status = status
    item.decision = decision
    item.decided_at = at
    item.decided_by = history.operator(by)
    item.reason = reason
    item.save(update_fields=["status", "decision", "decided_at", "decided_by", "reason"])


def settle(
    item: ReviewItem, decision: Mapping[str, Any], *, by: Actor, at: datetime, reason: str
) -> None:
    """Approve a question because what happened since has answered it."""
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.APPROVED, decision, by=by, at=at, reason=reason)
