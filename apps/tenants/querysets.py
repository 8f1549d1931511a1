"""Every question about tenants, hosts and people. Chainable, lazy, read-only."""

from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q
from rest_framework_api_key.models import BaseAPIKeyManager

from apps.core.tenancy import PUBLIC, NoTenantInScope, TenantRowsManager, current_schema
from apps.tenants.keys import KeyMaker
from apps.tenants.kinds import (
    TEMPLATE_SCHEMA,
    ChannelStatus,
    Provisioning,
    TenantStatus,
    TenantType,
)


class TenantQuerySet(models.QuerySet):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two batches can never deadlock."""
        return self.select_for_update().order_by("pk")

    def served(self) -> Self:
        """Those whose hosts answer: the operators' host among them."""
        return self.filter(status=TenantStatus.ACTIVE)

    def customers(self) -> Self:
        """Without the platform's own row and the template."""
        return self.exclude(pk=PUBLIC).exclude(type=TenantType.TEMPLATE)

    def with_schema(self) -> Self:
        """Those that have tables of their own, the template first: it proves a migration."""
        built = self.exclude(pk=PUBLIC).exclude(provisioning=Provisioning.REQUESTED)
        return built.annotate(
            turn=models.Case(models.When(pk=TEMPLATE_SCHEMA, then=0), default=1)
        ).order_by("turn", "pk")


class UserQuerySet(models.QuerySet):
    def locked(self) -> Self:
        return self.select_for_update().order_by("pk")

    def of_tenant(self, schema: str) -> Self:
        return self.filter(tenant=schema)

    def operators(self) -> Self:
        """The platform's own staff."""
        return self.filter(tenant=PUBLIC, is_staff=True)


class OwnPeople(TenantRowsManager):
    """People of the tenant in scope; none without one."""

    def get_queryset(self) -> UserQuerySet:
        schema = current_schema()
        if schema == PUBLIC:
            raise NoTenantInScope(self.model.__name__)
        return UserQuerySet(self.model, using=self._db).of_tenant(schema)


class EveryTenantsUsers(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """People of all tenants: for signing in and for the operators."""


class ApiKeyQuerySet(models.QuerySet):
    def locked(self, *, wait: bool = True) -> Self:
        """Lock the rows in key order; ``wait=False`` leaves out those that somebody holds."""
        return self.select_for_update(of=["self"], skip_locked=not wait).order_by("pk")

    def of_tenant(self, schema: str) -> Self:
        return self.filter(tenant=schema)

    def usable(self, at: datetime) -> Self:
        """Neither revoked nor expired."""
        return self.filter(Q(expiry_date__isnull=True) | Q(expiry_date__gt=at), revoked=False)

    def unused_since(self, moment: datetime) -> Self:
        return self.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lte=moment))


class EveryTenantsKeys(BaseAPIKeyManager.from_queryset(ApiKeyQuerySet)):  # type: ignore[misc]
    """Keys of all tenants: for authentication and for the operators."""

    key_generator = KeyMaker()


class ChannelQuerySet(models.QuerySet):
    def locked(self) -> Self:
        return self.select_for_update(of=["self"]).order_by("pk")

    def of_tenant(self, schema: str) -> Self:
        return self.filter(tenant=schema)

    def open(self) -> Self:
        return self.filter(status=ChannelStatus.OPEN)


class LinkTokenQuerySet(models.QuerySet):
    def locked(self) -> Self:
        return self.select_for_update(of=["self"]).order_by("pk")

    def of_tenant(self, schema: str) -> Self:
        return self.filter(user__tenant=schema)
