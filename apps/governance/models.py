"""What is kept about every change: who, when, why, under which switches and configuration."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import F, Q

from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import TenantRowsManager
from apps.governance.fields import ServerClock, ServerTransactionId, TransactionIdField
from apps.governance.history import tracked
from apps.governance.querysets import (
    AuditEntryQuerySet,
    ConfigVersionQuerySet,
    FeatureFlagQuerySet,
    JobRunQuerySet,
)

PLATFORM = "public"  # the tenant_schema of what the platform itself did or decided


class Strength(StrEnum):
    """How an audit entry enters the hash chain of its tenant."""

    SYNC = "SYNC"  # linked with the change itself: money, switches, roles, configuration
    SEALED = "SEALED"  # sealed in blocks soon after: everything else


class Section(StrEnum):
    """What a configuration is about, and therefore whose it is."""

    MARKET = "market"  # the platform's, per league and profile
    MODEL = "model"  # the platform's, per league and profile
    OPINION = "opinion"  # a tenant's, per league or for all of them; the platform's per league


class JobOutcome(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"  # rolled back, with its error; the next call of the slot tries again
    DROPPED = "DROPPED"  # not run: its tenant is not active


class AuditEntry(AppendOnly):
    """One change by one actor, written in the transaction of the change itself.

    ``row_bytes`` is what counts: the entry as canonical JSON, hashed by the database as it
    stands. The columns beside it repeat it so that it can be searched.
    """

    pk = models.CompositePrimaryKey("id", "recorded_at")
    id = models.UUIDField(editable=False, help_text="UUIDv7.")
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose change: a tenant, or public for the platform."
    )
    occurred_at = models.DateTimeField(help_text="UTC, business time of the change.")
    recorded_at = models.DateTimeField(
        db_default=ServerClock(), editable=False, help_text="UTC, the database's clock."
    )
    actor_type = models.CharField(max_length=8, help_text="SYSTEM, JOB, USER, ADMIN, OPS, API.")
    actor_id = models.CharField(max_length=150, help_text="Login, job name or system part.")
    on_behalf_of = models.CharField(max_length=150, blank=True, default="")
    auth_method = models.CharField(max_length=32, blank=True, default="")
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=256, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    task_id = models.CharField(max_length=64, blank=True, default="")
    action = models.CharField(max_length=64, help_text="What happened: pick.published.")
    object_type = models.CharField(max_length=64, help_text="Name of the model.")
    object_id = models.CharField(max_length=64, help_text="Primary key, as text.")
    before_hash = models.CharField(  # noqa: DJ001 - nothing at all is no empty text
        max_length=64,
        null=True,
        help_text="sha256 hex of the object's audited state before; empty at its creation.",
    )
    after_hash = models.CharField(
        max_length=64, help_text="sha256 hex of the object's audited state after."
    )
    diff = models.JSONField(help_text="Per changed field: value before, value after.")
    reason = models.TextField(blank=True, default="", help_text="The actor's own words.")
    cause = models.CharField(
        max_length=100, blank=True, default="", help_text="What led to it: an alert, an approval."
    )
    config_version = models.UUIDField(
        null=True, blank=True, help_text="The configuration the change was decided under."
    )
    app_version = models.CharField(max_length=64, help_text="Version of the code that wrote it.")
    strength = models.CharField(
        max_length=6,
        db_column="class",
        choices=choices_of(Strength),
        help_text="SYNC entries are linked at once, SEALED ones in blocks.",
    )
    transaction_id = TransactionIdField(
        db_column="xid8",
        db_default=ServerTransactionId(),
        editable=False,
        help_text="The writing transaction, so that a sealer never skips a late committer.",
    )
    row_bytes = models.BinaryField(help_text="The entry as canonical JSON, UTF-8.")
    row_hash = models.GeneratedField(
        expression=models.Func(F("row_bytes"), function="sha256"),
        output_field=models.BinaryField(),
        db_persist=True,
        help_text="sha256 of row_bytes, computed by the database.",
    )

    objects = TenantRowsManager.from_queryset(AuditEntryQuerySet)()  # type: ignore[assignment, misc]
    across_tenants = AuditEntryQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_entry_of_an_object"),
            models.Index(fields=["tenant_schema", "-occurred_at"], name="audit_entry_of_a_tenant"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(strength__in=[kind.value for kind in Strength]),
                name="audit_entry_has_a_known_class",
            ),
            models.CheckConstraint(
                condition=~Q(tenant_schema=""), name="audit_entry_belongs_to_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id} by {self.actor_id}"


class AuditLine(models.Model):
    """An audit entry as the console lists it: the framework's admin needs a key of one column."""

    id = models.UUIDField(primary_key=True)
    tenant_schema = models.CharField(max_length=30)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_type = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    diff = models.JSONField()
    reason = models.TextField()
    cause = models.CharField(max_length=100)
    app_version = models.CharField(max_length=64)
    strength = models.CharField(max_length=6, choices=choices_of(Strength))

    class Meta:
        managed = False
        db_table = "audit_line"

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class ConfigVersion(AppendOnly):
    """One complete, validated configuration document; a change is the next number.

    Market and model configurations are the platform's, one per league and profile. An opinion
    is a tenant's, for one league or (league empty) for all, with the platform's per league as
    the one that everybody starts from.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    section = models.CharField(max_length=8, choices=choices_of(Section))
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose: a tenant, or public for the platform."
    )
    league = models.CharField(
        max_length=16, blank=True, default="", help_text="League code; empty: every league."
    )
    profile = models.CharField(
        max_length=32, blank=True, default="", help_text="Named profile; empty for an opinion."
    )
    number = models.PositiveIntegerField(
        help_text="Counts from 1 for each section, owner, league and profile."
    )
    document = models.JSONField(help_text="The whole configuration; units as its fields say.")
    document_hash = models.CharField(
        max_length=64, help_text="sha256 hex of the document's canonical JSON."
    )
    predecessor = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )
    effective_from = models.DateTimeField(help_text="UTC, business time; inclusive.")
    author = models.CharField(max_length=150, help_text="Who wrote it, as the audit names actors.")
    reason = models.TextField(help_text="The author's own words.")
    created_at = models.DateTimeField(help_text="UTC, business time of the writing.")

    objects = ConfigVersionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "config_version"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "tenant_schema", "league", "profile", "number"],
                name="config_version_number_is_used_once",
            ),
            models.UniqueConstraint(
                fields=["predecessor"], name="config_version_has_one_successor"
            ),
            models.CheckConstraint(
                condition=Q(number=1, predecessor__isnull=True)
                | Q(number__gt=1, predecessor__isnull=False),
                name="config_version_follows_a_predecessor",
            ),
            models.CheckConstraint(
                condition=Q(section=Section.OPINION.value, profile="")
                | (
                    Q(
                        section__in=[Section.MARKET.value, Section.MODEL.value],
                        tenant_schema=PLATFORM,
                    )
                    & ~Q(profile="")
                    & ~Q(league="")
                ),
                name="config_version_belongs_to_its_section",
            ),
            models.CheckConstraint(
                condition=~Q(tenant_schema=PLATFORM) | ~Q(league=""),
                name="config_version_of_the_platform_names_a_league",
            ),
        ]

    def __str__(self) -> str:
        subject = "/".join(part for part in (self.tenant_schema, self.league, self.profile) if part)
        return f"{self.section} {subject} v{self.number}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "section": self.section,
            "owner": self.tenant_schema,
            "league": self.league,
            "profile": self.profile,
            "number": self.number,
            "document_hash": self.document_hash,
            "effective_from": self.effective_from,
        }


class FeatureFlag(models.Model):
    """One switch at one scope. Kills only subtract: off at any scope is off, so is no row.

    Written by ``apps.governance.switches`` alone; read under its gate.
    """

    name = models.CharField(max_length=32, help_text="As apps.governance.switches names it.")
    scope = models.CharField(
        max_length=64, help_text="GLOBAL, tenant:<schema>, league:<code> or market:<type>."
    )
    enabled = models.BooleanField(help_text="Off refuses; on refuses nothing.")
    live_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, compared with the database's clock: before it the switch is still off.",
    )
    lock_key = models.IntegerField(
        editable=False, help_text="Half of the advisory lock that the gate holds."
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, from 1.")
    reason = models.TextField(blank=True, default="", help_text="Of the last change.")
    cause = models.CharField(
        max_length=100, blank=True, default="", help_text="Alert or approval behind it."
    )
    by = models.CharField(max_length=150, help_text="Who changed it last, type:id.")
    at = models.DateTimeField(help_text="UTC, business time of the last change.")

    history = tracked("feature_flag_history")
    objects = FeatureFlagQuerySet.as_manager()

    class Meta:
        db_table = "feature_flag"
        verbose_name = "switch"
        verbose_name_plural = "switches"
        ordering = ["scope", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "scope"], name="feature_flag_stands_once_per_scope"
            ),
            models.UniqueConstraint(
                fields=["lock_key"], name="feature_flag_lock_is_shared_with_no_other"
            ),
        ]
        permissions = [("turn_featureflag", "Can turn switches")]

    def __str__(self) -> str:
        return f"{self.name} at {self.scope}: {'on' if self.enabled else 'off'}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "scope": self.scope,
            "enabled": self.enabled,
            "live_from": self.live_from,
            "version": self.version,
        }


class JobRun(models.Model):
    """The receipt of one job for one slot of the clock and one tenant.

    Two beats, two workers or a redelivered message meet at its unique constraint: one run.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    job = models.CharField(max_length=100, help_text="Name of the task.")
    slot = models.CharField(max_length=64, help_text="The turn of the clock it answers to.")
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose run: a tenant, or public for the platform."
    )
    outcome = models.CharField(max_length=8, choices=choices_of(JobOutcome))
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Counts from 1.")
    at = models.DateTimeField(help_text="UTC, business time the job was called with.")
    started_at = models.DateTimeField(help_text="UTC, the database's clock.")
    finished_at = models.DateTimeField(null=True, help_text="UTC, the database's clock.")
    counts = models.JSONField(default=dict, help_text="What it did, rows per kind.")
    error = models.TextField(blank=True, default="", help_text="Why it failed or was dropped.")
    actor = models.CharField(max_length=150, help_text="Who ran it, type:id.")

    objects = TenantRowsManager.from_queryset(JobRunQuerySet)()
    across_tenants = JobRunQuerySet.as_manager()

    class Meta:
        db_table = "job_run"
        constraints = [
            models.UniqueConstraint(
                fields=["job", "slot", "tenant_schema"], name="job_run_happens_once_per_slot"
            ),
            models.CheckConstraint(
                condition=Q(outcome=JobOutcome.RUNNING.value, finished_at__isnull=True)
                | (~Q(outcome=JobOutcome.RUNNING.value) & Q(finished_at__isnull=False)),
                name="job_run_that_ended_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot} {self.tenant_schema}: {self.outcome}"
