"""Approvals: what one person wants to do and another one has to agree to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import TenantRowsManager
from apps.governance.querysets import ApprovalQuerySet


class ApprovalState(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"  # another person agreed; it may be used once
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"  # nobody decided, or nobody used it, in time
    USED = "USED"  # what was asked for has been done


class Approval(models.Model):
    """One person's request that takes a second person. Who asks never answers.

    Written by ``apps.governance.approvals``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose: a tenant, or public for the platform."
    )
    what = models.CharField(max_length=64, help_text="What is to be done: switch.turn_on.")
    subject = models.CharField(max_length=128, help_text="To what: PUBLISH at GLOBAL.")
    arguments = models.JSONField(
        default=dict, blank=True, help_text="What else the deed needs, as it was asked for."
    )
    reason = models.TextField(help_text="The requester's own words.")
    requester = models.CharField(max_length=150, help_text="Who asks: login.")
    requested_at = models.DateTimeField(help_text="UTC.")
    expires_at = models.DateTimeField(help_text="UTC: afterwards it is neither given nor used.")

    # Travels: changed by apps.governance.approvals only.
    state = models.CharField(
        max_length=9, choices=choices_of(ApprovalState), default=ApprovalState.REQUESTED.value
    )
    approver = models.CharField(
        max_length=150, blank=True, default="", help_text="Who decided: login; never who asked."
    )
    decided_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    decision = models.TextField(blank=True, default="", help_text="The approver's own words.")
    used_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")

    objects = TenantRowsManager.from_queryset(ApprovalQuerySet)()
    across_tenants = ApprovalQuerySet.as_manager()

    class Meta:
        db_table = "approval"
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("requester")), name="approval_takes_two_people"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["REQUESTED", "EXPIRED"])
                | (~Q(approver="") & Q(decided_at__isnull=False)),
                name="approval_that_was_decided_has_an_approver",
            ),
            models.CheckConstraint(
                condition=Q(state="USED", used_at__isnull=False)
                | (~Q(state="USED") & Q(used_at__isnull=True)),
                name="approval_that_was_used_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["tenant_schema", "what", "subject"],
                condition=Q(state="REQUESTED"),
                name="approval_is_requested_once",
            ),
        ]
        permissions = [("decide_approval", "Can approve and refuse what others ask for")]

    def __str__(self) -> str:
        return f"{self.what} {self.subject} [{self.state}]"

    def is_open(self, at: datetime) -> bool:
        return self.state == ApprovalState.REQUESTED and self.expires_at > at

    def audit_state(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "subject": self.subject,
            "arguments": self.arguments,
            "state": self.state,
            "requester": self.requester,
            "approver": self.approver,
            "expires_at": self.expires_at,
        }
