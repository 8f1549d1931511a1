"""What takes two people: one asks, another one agrees, and then it may be done once.

The only writer of ``approval``. It does not know what is asked for: whoever does it names the
deed and its subject, and calls ``use`` in the transaction of the deed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor, ActorType
from apps.core.db import refusing
from apps.core.tenancy import current_schema
from apps.governance import audit
from apps.governance.models import Approval, ApprovalState, Strength
from apps.rulebook.errors import RuleBroken

VALID_FOR = timedelta(hours=4)  # what was sound when it was asked for may not be tomorrow
_PEOPLE = frozenset({ActorType.ADMIN, ActorType.OPS, ActorType.USER})


class ApprovalNeeded(RuleBroken):
    code = "APPROVAL_NEEDED"

    def __init__(self, deed: str) -> None:
        super().__init__(f"{deed} takes two people: ask for it, and let somebody else approve.")


class ApprovalUnfit(RuleBroken):
    code = "APPROVAL_UNFIT"

    def __init__(self, approval: Approval, why: str) -> None:
        super().__init__(f"{approval} cannot be used: {why}.")


class AlreadyAsked(RuleBroken):
    code = "APPROVAL_ASKED_ALREADY"

    def __init__(self, subject: str) -> None:
        super().__init__(f"Somebody has asked for {subject} already: approve that or refuse it.")


class AlreadyDecided(RuleBroken):
    code = "APPROVAL_DECIDED"

    def __init__(self, approval: Approval) -> None:
        decided = f"{approval.state.lower()} by {approval.approver}" if approval.approver else ""
        super().__init__(f"This is no longer open: {decided or approval.state.lower()}.")


class ApprovalExpired(RuleBroken):
    code = "APPROVAL_EXPIRED"

    def __init__(self, approval: Approval) -> None:
        super().__init__(f"This was good until {approval.expires_at:%Y-%m-%d %H:%M} UTC: ask anew.")


class SamePerson(RuleBroken):
    code = "APPROVAL_BY_THE_SAME_PERSON"

    def __init__(self) -> None:
        super().__init__("Who asks for something does not approve it: it takes another person.")


class NoPerson(RuleBroken):
    code = "APPROVAL_BY_NO_PERSON"

    def __init__(self, by: Actor) -> None:
        super().__init__(f"{by.id} is no person: people ask, and other people agree.")


class ApprovalReasonMissing(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Say why: the other person has to judge it by that.")


@transaction.atomic
def request(
    what: str,
    subject: str,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    arguments: Mapping[str, Any] | None = None,
    valid_for: timedelta = VALID_FOR,
) -> Approval:
    """Ask that another person agrees to ``what`` being done to ``subject``.

    Raises:
        AlreadyAsked: the same is waiting to be decided.
        NoPerson: a job or the system asks.
        ApprovalReasonMissing: nobody could judge it.
    """
    require_person(by)
    _require_reason(reason)
    expire_overdue(by=by, at=at)
    approval = Approval(
        tenant_schema=current_schema(),
        what=what,
        subject=subject,
        arguments=dict(arguments or {}),
        reason=reason.strip(),
        requester=by.id,
        requested_at=at,
        expires_at=at + valid_for,
    )
    with refusing({"approval_is_requested_once": AlreadyAsked(subject)}):
        approval.save(force_insert=True)
    audit.record(
        "approval.requested", approval, by=by, at=at, reason=reason, strength=Strength.SYNC
    )
    return approval


@transaction.atomic
def approve(*, approval_id: UUID, by: Actor, at: datetime, reason: str) -> Approval:
    """Agree to what somebody else asked for. It is not done by this.

    Raises:
        SamePerson: whoever asked.
        AlreadyDecided, ApprovalExpired: it is not open.
        NoPerson, ApprovalReasonMissing: nobody agrees, or does not say why.
    """
    return _decide(approval_id, ApprovalState.APPROVED, by=by, at=at, reason=reason)


@transaction.atomic
def refuse(*, approval_id: UUID, by: Actor, at: datetime, reason: str) -> Approval:
    """Say no to what somebody else asked for.

    Raises:
        SamePerson: whoever asked.
        AlreadyDecided, ApprovalExpired: it is not open.
        NoPerson, ApprovalReasonMissing: nobody refuses, or does not say why.
    """
    return _decide(approval_id, ApprovalState.REFUSED, by=by, at=at, reason=reason)


@transaction.atomic
def use(*, approval_id: UUID, what: str, subject: str, by: Actor, at: datetime) -> Approval:
    """Take an approval for the deed that the same transaction does. It works once.

    Raises:
        ApprovalUnfit: it is for something else, nobody agreed, or it was used.
        ApprovalExpired: it was not used in time.
    """
    approval = Approval.across_tenants.locked().get(pk=approval_id)
    if (approval.what, approval.subject) != (what, subject):
        raise ApprovalUnfit(approval, f"it is not for {what} {subject}")
    if approval.state != ApprovalState.APPROVED:
        raise ApprovalUnfit(approval, f"it is {approval.state.lower()}")
    if approval.expires_at <= at:
        raise ApprovalExpired(approval)
    with audit.recording("approval.used", approval, by=by, at=at, strength=Strength.SYNC):
        approval.state, approval.used_at = ApprovalState.USED.value, at
        approval.save(update_fields=["state", "used_at"])
    return approval


@transaction.atomic
def expire_overdue(*, by: Actor, at: datetime) -> int:
    """Close what was neither decided nor used in time; return how many there were."""
    late = list(Approval.across_tenants.filter(tenant_schema=current_schema()).overdue(at).locked())
    for approval in late:
        with audit.recording("approval.expired", approval, by=by, at=at, strength=Strength.SYNC):
            approval.state = ApprovalState.EXPIRED.value
            approval.save(update_fields=["state"])
    return len(late)


def require_person(by: Actor) -> None:
    """Refuse jobs and the system where a person decides.

    Raises:
        NoPerson: it is none.
    """
    if by.type not in _PEOPLE:
        raise NoPerson(by)


def _decide(
    approval_id: UUID, state: ApprovalState, *, by: Actor, at: datetime, reason: str
) -> Approval:
    require_person(by)
    _require_reason(reason)
    approval: Approval = Approval.across_tenants.locked().get(pk=approval_id)
    if approval.state != ApprovalState.REQUESTED:
        raise AlreadyDecided(approval)
    if approval.expires_at <= at:
        raise ApprovalExpired(approval)
    if by.id == approval.requester:
        raise SamePerson
    with (
        refusing({"approval_takes_two_people": SamePerson()}),
        audit.recording(
            f"approval.{state.lower()}",
            approval,
            by=by,
            at=at,
            reason=reason,
            strength=Strength.SYNC,
        ),
    ):
        approval.state, approval.approver = state.value, by.id
        approval.decided_at, approval.decision = at, reason.strip()
        approval.save(update_fields=["state", "approver", "decided_at", "decision"])
    return approval


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ApprovalReasonMissing
