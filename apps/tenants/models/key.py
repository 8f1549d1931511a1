"""The keys with which a tenant's programs read its API."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q
from rest_framework_api_key.models import AbstractAPIKey

from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC
from apps.tenants.keys import BRAND
from apps.tenants.kinds import TEMPLATE_SCHEMA, ApiScope
from apps.tenants.models.tenant import Tenant
from apps.tenants.querysets import EveryTenantsKeys


class ApiKey(AbstractAPIKey):
    """A key with which a tenant's programs read its API. Only its hash is kept.

    What it opens is written once; a key that should open something else is another key. It is
    looked up before the tenant is entered, and a tenant's role has no right on this table.
    """

    created = None  # type: ignore[assignment] # created_at says it, which is told the time

    id = models.UUIDField(  # type: ignore[assignment]
        primary_key=True, default=uuid7, editable=False, help_text="UUIDv7."
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="api_keys", db_column="tenant_schema"
    )
    scopes = ArrayField(
        models.CharField(max_length=16, choices=[(scope.value, scope.value) for scope in ApiScope]),
        help_text="What it may read.",
    )
    created_at = models.DateTimeField(help_text="UTC.")

    # Travels, with `revoked`: changed by actions only.
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, to the hour: empty means never."
    )

    objects = EveryTenantsKeys()  # type: ignore[misc]

    class Meta:
        db_table = "api_key"
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["tenant", "name", "id"]
        constraints = [
            CheckConstraint(
                condition=~Q(tenant__in=[PUBLIC, TEMPLATE_SCHEMA]),
                name="api_key_belongs_to_a_customer",
            ),
            CheckConstraint(
                condition=Q(
                    scopes__len__gt=0, scopes__contained_by=[scope.value for scope in ApiScope]
                ),
                name="api_key_opens_something_known",
            ),
            CheckConstraint(
                condition=Q(expiry_date__isnull=True) | Q(expiry_date__gt=F("created_at")),
                name="api_key_expires_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({BRAND}{self.prefix}_...)"

    def audit_state(self) -> dict[str, Any]:
        """Neither the key nor its hash: who reads the audit must not learn of either."""
        return {
            "tenant_schema": self.tenant_id,
            "name": self.name,
            "prefix": self.prefix,
            "scopes": self.scopes,
            "expires_at": self.expiry_date,
            "revoked": self.revoked,
            "last_used_at": self.last_used_at,
        }
