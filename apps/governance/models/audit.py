"""Audit entries: who changed what, when and why."""

from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from apps.core.actor import ActorType
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.core.tenancy import TenantRowsManager
from apps.governance.fields import ServerClock, ServerTransactionId, TransactionIdField
from apps.governance.querysets import AuditEntryQuerySet


class Strength(StrEnum):
    """How an audit entry enters the hash chain of its tenant."""

    SYNC = "SYNC"  # linked with the change itself: money, switches, roles, configuration
    SEALED = "SEALED"  # sealed in blocks soon after: everything else


# Machines make nearly all entries; what a person did is asked for by the person's name.
OF_A_PERSON = ~Q(actor_type__in=[ActorType.JOB.value, ActorType.SYSTEM.value])


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
            models.Index(fields=["object_id", "object_type"], name="audit_entry_of_an_object"),
            models.Index(fields=["tenant_schema", "-occurred_at"], name="audit_entry_of_a_tenant"),
            models.Index(
                fields=["actor_id", "-id"], condition=OF_A_PERSON, name="audit_entry_of_a_person"
            ),
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
