"""What people decide in the console, where one decision is more than one change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import approvals, switches
from apps.governance.models import Approval


def _turn_on(approval: Approval, *, by: Actor, at: datetime) -> None:
    asked: dict[str, Any] = approval.arguments
    switches.turn_on(
        asked["name"],
        asked["scope"],
        by=replace(by, on_behalf_of=approval.requester),
        at=at,
        reason=approval.reason,
        approval=approval.pk,
    )


# What is done when it is approved, by the name of the deed; anything else is done by who asked.
AT_ONCE: Mapping[str, Callable[..., None]] = {switches.TURN_ON: _turn_on}


@transaction.atomic
def approve(*, approval_id: UUID, by: Actor, at: datetime, reason: str) -> Approval:
    """Agree to what somebody else asked for, and do it where nothing else has to be waited for.

    Raises:
        approvals.SamePerson, approvals.AlreadyDecided, approvals.ApprovalExpired: not this one.
        RuleBroken: what the deed itself refuses; then nothing is approved either.
    """
    approval = approvals.approve(approval_id=approval_id, by=by, at=at, reason=reason)
    deed = AT_ONCE.get(approval.what)
    if deed is not None:
        deed(approval, by=by, at=at)
        approval.refresh_from_db()
    return approval


@transaction.atomic
def refuse(*, approval_id: UUID, by: Actor, at: datetime, reason: str) -> Approval:
    """Say no to what somebody else asked for.

    Raises:
        approvals.SamePerson, approvals.AlreadyDecided, approvals.ApprovalExpired: not this one.
    """
    return approvals.refuse(approval_id=approval_id, by=by, at=at, reason=reason)
