"""Organisations, and the host names under which they are found."""

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from apps.core.choices import choices_of
from apps.core.tenancy import PUBLIC
from apps.governance.history import tracked
from apps.tenants.kinds import (
    LONGEST_SCHEMA,
    SCHEMA_PATTERN,
    Provisioning,
    TenantStatus,
    TenantType,
)
from apps.tenants.querysets import TenantQuerySet


class Tenant(models.Model):
    """An organisation. Its schema's name is its identity: never renamed, never used again.

    The row ``public`` is the platform itself: the operators' host, no picks, in no fan-out.
    The row ``template`` is the schema that new tenants are made from.
    """

    schema_name = models.CharField(
        primary_key=True,
        max_length=LONGEST_SCHEMA,
        help_text="Small letters, digits and underscores, 2 to 30 of them, a letter first.",
    )
    type = models.CharField(max_length=16, choices=choices_of(TenantType))
    provisioned_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")

    # Travels: changed by actions only.
    name = models.CharField(max_length=120, help_text="As people read it.")
    timezone = models.CharField(
        max_length=64, default="UTC", help_text="IANA name; a tenant's day is a day there."
    )
    status = models.CharField(
        max_length=16, choices=choices_of(TenantStatus), default=TenantStatus.SUSPENDED
    )
    provisioning = models.CharField(
        max_length=16, choices=choices_of(Provisioning), default=Provisioning.REQUESTED
    )

    objects = TenantQuerySet.as_manager()
    history = tracked("tenant_history")

    # django-tenants asks this when a tenant row is deleted, which foreign keys prevent.
    auto_drop_schema = False

    class Meta:
        db_table = "tenant"
        ordering = ["schema_name"]
        constraints = [
            CheckConstraint(
                condition=Q(schema_name__regex=SCHEMA_PATTERN), name="tenant_schema_is_a_slug"
            ),
            CheckConstraint(
                condition=~Q(schema_name__startswith="pg_") & ~Q(schema_name="information_schema"),
                name="tenant_schema_is_not_reserved",
            ),
            CheckConstraint(condition=Q(type__in=list(TenantType)), name="tenant_type_is_known"),
            CheckConstraint(
                condition=Q(status__in=list(TenantStatus)), name="tenant_status_is_known"
            ),
            CheckConstraint(
                condition=~Q(schema_name=PUBLIC)
                | Q(type=TenantType.INTERNAL, status=TenantStatus.ACTIVE),
                name="tenant_platform_is_internal_and_active",
            ),
            CheckConstraint(
                condition=~Q(type=TenantType.TEMPLATE) | Q(status=TenantStatus.SUSPENDED),
                name="tenant_template_is_never_active",
            ),
            CheckConstraint(
                condition=~Q(status=TenantStatus.ACTIVE)
                | Q(provisioning=Provisioning.ACTIVE, provisioned_at__isnull=False),
                name="tenant_active_is_fully_provisioned",
            ),
        ]
        permissions = [("suspend_tenant", "Can suspend and resume tenants")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_platform(self) -> bool:
        return self.schema_name == PUBLIC

    def audit_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "timezone": self.timezone,
            "status": self.status,
            "provisioning": self.provisioning,
        }

    def scope(self) -> str:
        """The scope of this tenant's switches and alerts."""
        return f"tenant:{self.schema_name}"


class Domain(models.Model):
    """A host name under which one tenant is found."""

    domain = models.CharField(
        max_length=253, unique=True, help_text="Host name, small letters, without a port."
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="domains", db_column="tenant_schema"
    )
    is_primary = models.BooleanField(default=True, help_text="The one that links are made with.")

    history = tracked("domain_history")

    class Meta:
        db_table = "domain"
        ordering = ["domain"]
        constraints = [
            UniqueConstraint(
                fields=["tenant"], condition=Q(is_primary=True), name="domain_has_one_primary"
            ),
            CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"),
                name="domain_is_a_host_name",
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    def audit_state(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "tenant_schema": self.tenant_id,
            "is_primary": self.is_primary,
        }
