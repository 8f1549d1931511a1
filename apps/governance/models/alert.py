"""Alerts: what is wrong now, since when, and who has seen it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC, TenantRowsManager
from apps.governance.querysets import OpsAlertQuerySet
from apps.rulebook.alerts import AlertKind, Owner, Severity, alert_of
from apps.rulebook.degrade import Effect


class AlertState(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"  # somebody looks after it; what it takes away stays away
    RESOLVED = "RESOLVED"  # over; what comes again is another alert


class OpsAlert(models.Model):
    """One thing that is wrong, from the first time it was seen until it is over.

    However often it is seen again it stays one row that counts. Its effect is what publishing
    loses at its scope as long as it is not resolved. Written by ``apps.governance.alerts``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    kind = models.CharField(max_length=32, choices=choices_of(AlertKind))
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose: a tenant, or public for the platform."
    )
    scope = models.CharField(
        max_length=64,
        help_text="GLOBAL, or whose it is: tenant:acme, league:NFL, market:SPREAD.",
    )
    key = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="What it is about beside its scope: an event, a feed, a job.",
    )
    first_seen_at = models.DateTimeField(help_text="UTC, business time.")
    cause = models.CharField(
        max_length=100, blank=True, default="", help_text="What led to it: a job run, a poll."
    )
    raised_by = models.CharField(max_length=200, help_text="Who saw it first, type:id.")

    # Travels: changed by apps.governance.alerts only.
    severity = models.CharField(max_length=4, choices=choices_of(Severity))
    effect = models.CharField(
        max_length=9, choices=choices_of(Effect), help_text="What publishing loses at its scope."
    )
    state = models.CharField(
        max_length=12, choices=choices_of(AlertState), default=AlertState.OPEN.value
    )
    last_seen_at = models.DateTimeField(help_text="UTC, business time.")
    count = models.PositiveIntegerField(default=1, help_text="How often it was seen, from 1.")
    healthy_looks = models.PositiveSmallIntegerField(
        default=0, help_text="Complete looks in a row that have not found it since."
    )
    detail = models.TextField(help_text="What was found, in words, at the last time.")
    payload = models.JSONField(
        default=dict, blank=True, help_text="The same as figures and names, at the last time."
    )
    latched_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC: when the switch at its scope went off for it."
    )
    acknowledged_by = models.CharField(max_length=200, blank=True, default="", help_text="type:id")
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text="UTC: nobody is reminded of it before."
    )
    resolved_by = models.CharField(max_length=200, blank=True, default="", help_text="type:id")
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    note = models.TextField(
        blank=True, default="", help_text="What the person who changed it last had to say."
    )

    objects = TenantRowsManager.from_queryset(OpsAlertQuerySet)()
    across_tenants = OpsAlertQuerySet.as_manager()

    class Meta:
        db_table = "ops_alert"
        verbose_name = "alert"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "tenant_schema", "scope", "key"],
                condition=~Q(state=AlertState.RESOLVED.value),
                name="ops_alert_is_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.RESOLVED.value, resolved_at__isnull=False)
                | (~Q(state=AlertState.RESOLVED.value) & Q(resolved_at__isnull=True)),
                name="ops_alert_that_is_over_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=AlertState.ACKNOWLEDGED.value)
                | Q(acknowledged_at__isnull=False),
                name="ops_alert_that_was_seen_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=models.F("first_seen_at")),
                name="ops_alert_is_seen_first_before_last",
            ),
        ]
        indexes = [
            models.Index(
                fields=["scope"],
                condition=~Q(state=AlertState.RESOLVED.value),
                name="ops_alert_open_at_a_scope",
            ),
            models.Index(fields=["-last_seen_at"], name="ops_alert_newest_first"),
        ]
        permissions = [("handle_opsalert", "Can acknowledge, snooze and resolve alerts")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.scope}" + (f", {self.key}" if self.key else "")

    @property
    def title(self) -> str:
        """What it says in words."""
        return alert_of(self.kind).title

    @property
    def detail_with_tenant(self) -> str:
        """What was found, and in whose schema where it is a tenant's."""
        if self.tenant_schema == PUBLIC:
            return self.detail
        return f"{self.tenant_schema}: {self.detail}"

    @property
    def owner(self) -> Owner:
        """The role that answers for it."""
        return alert_of(self.kind).owner

    @property
    def is_over(self) -> bool:
        return self.state == AlertState.RESOLVED

    def is_snoozed(self, at: datetime) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > at

    def audit_state(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "scope": self.scope,
            "key": self.key,
            "severity": self.severity,
            "effect": self.effect,
            "state": self.state,
            "snoozed_until": self.snoozed_until,
            "latched_at": self.latched_at,
        }
