"""What people decide in the console, where one decision is more than one change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import alerts, approvals, switches
from apps.governance.models import Approval, FeatureFlag
from apps.rulebook.alerts import AlertKind
from apps.rulebook.errors import RuleBroken

GLASS_BROKEN = "glass broken"  # the cause of what was turned on so


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


class GlassWhole(RuleBroken):
    code = "GLASS_WHOLE"

    def __init__(self, flag: FeatureFlag) -> None:
        super().__init__(f"{flag}: that takes no second person, so there is no glass to break.")


@transaction.atomic
def break_glass(
    name: str, scope: str, *, by: Actor, at: datetime, reason: str, version: int | None = None
) -> FeatureFlag:
    """Turn on alone what takes two people, for the hour in which there is no second one.

    Everybody is told: the alert stays until somebody resolves it, with the name and the reason.
    What turned it off has to be over all the same.

    Raises:
        GlassWhole: it is on, or one person is enough.
        approvals.NoPerson: a job or the system asks.
        switches.SwitchMissing, switches.SwitchChanged, switches.ReasonMissing,
        switches.CauseNotOver, switches.NotSound: as for everybody who turns it on.
    """
    approvals.require_person(by)
    flag = FeatureFlag.objects.filter(name=name, scope=scope).first()
    if flag is not None and (flag.enabled or not switches.takes_two_people(flag)):
        raise GlassWhole(flag)
    flag = switches.turn_on(
        name,
        scope,
        by=by,
        at=at,
        reason=reason,
        cause=GLASS_BROKEN,
        version=version,
        alone=True,
    )
    alerts.raise_alert(
        AlertKind.GLASS_BROKEN,
        scope=scope,
        key=f"{name} v{flag.version}",
        detail=f"{by.id} turned {name} on at {scope} alone: {reason}",
        by=by,
        at=at,
        cause=GLASS_BROKEN,
    )
    return flag


@transaction.atomic
def refuse(*, approval_id: UUID, by: Actor, at: datetime, reason: str) -> Approval:
    """Say no to what somebody else asked for.

    Raises:
        approvals.SamePerson, approvals.AlreadyDecided, approvals.ApprovalExpired: not this one.
    """
    return approvals.refuse(approval_id=approval_id, by=by, at=at, reason=reason)
