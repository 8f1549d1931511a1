"""Who uses the platform: organisations, their hosts, their people, and where to reach them."""

from apps.tenants.models.channel import Bot, BotUpdate, Channel, LinkToken
from apps.tenants.models.key import ApiKey
from apps.tenants.models.person import Session, User
from apps.tenants.models.schema import SchemaArtefact, TenantMigrationState
from apps.tenants.models.tenant import Domain, Tenant

__all__ = [
    "ApiKey",
    "Bot",
    "BotUpdate",
    "Channel",
    "Domain",
    "LinkToken",
    "SchemaArtefact",
    "Session",
    "Tenant",
    "TenantMigrationState",
    "User",
]
