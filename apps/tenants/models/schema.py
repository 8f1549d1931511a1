"""What a tenant's schema is made from, and what became of its last migration."""

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from apps.core.append_only import AppendOnly, PlainFacts
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.tenants.kinds import MigrationOutcome
from apps.tenants.models.tenant import Tenant


class SchemaArtefact(AppendOnly, PlainFacts):
    """The template schema as DDL text, made at deploy time, that new tenants are built from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    migrations_hash = models.CharField(
        max_length=64, help_text="sha256 (hex) over the tenant apps' migrations."
    )
    ddl = models.TextField(help_text="SQL; the schema is called template in it.")
    ddl_sha256 = models.CharField(max_length=64, help_text="Hex.")
    made_at = models.DateTimeField(help_text="UTC.")

    class Meta:
        db_table = "schema_artefact"
        constraints = [
            UniqueConstraint(
                fields=["migrations_hash", "ddl_sha256"], name="schema_artefact_is_stored_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.migrations_hash[:12]} of {self.made_at:%Y-%m-%d %H:%M}"

    def audit_state(self) -> dict[str, Any]:
        return {"migrations_hash": self.migrations_hash, "ddl_sha256": self.ddl_sha256}


class TenantMigrationState(models.Model):
    """What became of the last migration of one tenant's schema."""

    tenant = models.OneToOneField(
        Tenant,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="migration_state",
        db_column="tenant_schema",
    )
    migrations_hash = models.CharField(
        max_length=64, help_text="sha256 (hex) of the migrations that were asked for."
    )
    outcome = models.CharField(max_length=16, choices=choices_of(MigrationOutcome))
    applied = models.PositiveIntegerField(help_text="Migrations applied by that run.")
    failed_migration = models.CharField(max_length=255, blank=True, help_text="app.name")
    error = models.TextField(blank=True, help_text="What the database said.")
    at = models.DateTimeField(help_text="UTC.")

    class Meta:
        db_table = "tenant_migration_state"
        constraints = [
            CheckConstraint(
                condition=Q(outcome=MigrationOutcome.CURRENT, error="", failed_migration="")
                | Q(outcome=MigrationOutcome.FAILED, failed_migration__gt=""),
                name="tenant_migration_state_names_what_failed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.outcome}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "migrations_hash": self.migrations_hash,
            "outcome": self.outcome,
            "failed_migration": self.failed_migration,
        }
