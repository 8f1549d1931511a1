"""What operators see of tenants, their hosts, their people and the keys of their programs."""

from apps.tenants.admin.channels import BotAdmin, ChannelAdmin
from apps.tenants.admin.keys import ApiKeyAdmin
from apps.tenants.admin.people import UserAdmin
from apps.tenants.admin.tenants import (
    DomainAdmin,
    SchemaArtefactAdmin,
    TenantAdmin,
    TenantMigrationStateAdmin,
)

__all__ = [
    "ApiKeyAdmin",
    "BotAdmin",
    "ChannelAdmin",
    "DomainAdmin",
    "SchemaArtefactAdmin",
    "TenantAdmin",
    "TenantMigrationStateAdmin",
    "UserAdmin",
]
