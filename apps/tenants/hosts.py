"""Which tenant a host name or a schema name stands for, remembered for a few seconds.

A request asks this before anything else, so the answer comes from the process and not from
the database. It may be up to ``FRESH_SECONDS`` old; whoever writes asks again in its own
transaction (``core.tenancy.tenant_scope`` does).
"""

import time
from dataclasses import dataclass

from django.conf import settings

from apps.core.tenancy import PUBLIC
from apps.tenants.models import Domain, Tenant

FRESH_SECONDS = 30.0
# Unknown names are remembered as well; somebody who invents names must not fill the memory.
MOST_NAMES = 20_000


@dataclass(frozen=True, slots=True)
class SeenTenant:
    """What a request needs to know of a tenant."""

    schema_name: str
    name: str
    type: str
    timezone: str

    @property
    def is_platform(self) -> bool:
        return self.schema_name == PUBLIC


_by_host: dict[str, tuple[float, SeenTenant | None]] = {}
_by_schema: dict[str, tuple[float, SeenTenant | None]] = {}


def default_hosts(schema: str) -> list[str]:
    """Return where a tenant is found if nobody says otherwise. Host names have no underscore."""
    return [f"{schema.replace('_', '-')}.{settings.TENANT_PARENT_DOMAIN}"]


def tenant_of_host(host: str) -> SeenTenant | None:
    """Return the active tenant of a host name, or None: unknown and suspended look alike."""
    known = _by_host.get(host)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    found = Domain.objects.filter(domain=host).values_list("tenant", flat=True).first()
    return _remember(_by_host, host, None if found is None else tenant_of_schema(found))


def tenant_of_schema(schema: str) -> SeenTenant | None:
    """Return the active tenant of a schema name, or None."""
    known = _by_schema.get(schema)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    row = Tenant.objects.served().filter(pk=schema).first()
    seen = None if row is None else SeenTenant(row.pk, row.name, row.type, row.timezone)
    return _remember(_by_schema, schema, seen)


def forget() -> None:
    """Ask the database again from now on; other processes do so within ``FRESH_SECONDS``."""
    _by_host.clear()
    _by_schema.clear()


def _remember(
    names: dict[str, tuple[float, SeenTenant | None]], name: str, seen: SeenTenant | None
) -> SeenTenant | None:
    if len(names) >= MOST_NAMES:
        names.clear()
    names[name] = (time.monotonic() + FRESH_SECONDS, seen)
    return seen
