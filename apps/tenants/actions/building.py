"""How tenants come to be: requested, built step by step, migrated."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.core.queue import enqueue_on_commit
from apps.core.tenancy import PUBLIC
from apps.governance import audit, history, switches
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions.running import add_domain, require_timezone
from apps.tenants.hosts import default_hosts, forget
from apps.tenants.kinds import (
    LONGEST_SCHEMA,
    TEMPLATE_SCHEMA,
    MigrationOutcome,
    Provisioning,
    TenantStatus,
    TenantType,
)
from apps.tenants.models import SchemaArtefact, Tenant, TenantMigrationState

_ORDER = list(Provisioning)


class TenantExists(RuleBroken):
    code = "TENANT_EXISTS"

    def __init__(self, schema: str, type: str) -> None:
        super().__init__(f"There is a tenant {schema!r} already, of type {type}.")


class InvalidSchemaName(RuleBroken):
    code = "TENANT_SCHEMA_INVALID"

    def __init__(self, schema: str) -> None:
        super().__init__(
            f"{schema!r} cannot name a schema: small letters, digits and underscores, 2 to 30 of"
            " them, a letter first, and no name that PostgreSQL keeps for itself."
        )


class TenantTypeReserved(RuleBroken):
    code = "TENANT_TYPE_RESERVED"

    def __init__(self, schema: str) -> None:
        super().__init__(f"Only the platform itself makes {schema!r}.")


class Outcome(Protocol):
    """What a migration reports of one tenant."""

    @property
    def schema(self) -> str: ...
    @property
    def applied(self) -> int: ...
    @property
    def failed_migration(self) -> str: ...
    @property
    def error(self) -> str: ...


@transaction.atomic
def create_platform(*, by: Actor, at: datetime) -> Tenant:
    """Make the platform's own row and the template's, and the switches of every installation."""
    platform = Tenant.objects.filter(pk=PUBLIC).first()
    if platform is None:
        platform = _create(
            Tenant(
                schema_name=PUBLIC,
                name="Platform",
                type=TenantType.INTERNAL,
                status=TenantStatus.ACTIVE,
                provisioning=Provisioning.ACTIVE,
                provisioned_at=at,
            ),
            by=by,
            at=at,
        )
    if not Tenant.objects.filter(pk=TEMPLATE_SCHEMA).exists():
        template = Tenant(schema_name=TEMPLATE_SCHEMA, name="Template", type=TenantType.TEMPLATE)
        _create(template, by=by, at=at)
    switches.install(by=by, at=at)
    return platform


@transaction.atomic
def request_tenant(
    *, schema: str, name: str, type: str, timezone: str = "UTC", by: Actor, at: datetime
) -> Tenant:
    """Write down that a tenant is wanted; asked again for the same one, return it.

    Raises:
        InvalidSchemaName: the name cannot be a schema's.
        TenantExists: the name belongs to a tenant of another type.
        TenantTypeReserved: a template, or a name that the platform keeps for itself.
        TimezoneUnknown: no such zone.
    """
    if type == TenantType.TEMPLATE or schema in (PUBLIC, TEMPLATE_SCHEMA):
        raise TenantTypeReserved(schema)
    require_timezone(timezone)
    # A longer name would be the database's data error and not one of its constraints.
    if len(schema) > LONGEST_SCHEMA:
        raise InvalidSchemaName(schema)
    present = Tenant.objects.locked().filter(pk=schema).first()
    if present is None:
        invalid = InvalidSchemaName(schema)
        rules = {
            "tenant_schema_is_a_slug": invalid,
            "tenant_schema_is_not_reserved": invalid,
            "tenant_pkey": TenantExists(schema, type),
        }
        try:
            with refusing(rules):
                wanted = Tenant(schema_name=schema, name=name, type=type, timezone=timezone)
                return _create(wanted, by=by, at=at)
        except TenantExists:  # somebody else asked at this moment
            present = Tenant.objects.locked().get(pk=schema)
    if present.type != type:
        raise TenantExists(schema, present.type)
    return present


@transaction.atomic
def order_tenant(
    *, schema: str, name: str, type: str, timezone: str, host: str, by: Actor, at: datetime
) -> Tenant:
    """Request a tenant, say where it is found, and ring for the queue that builds it.

    Raises:
        InvalidSchemaName, TenantExists, TenantTypeReserved, TimezoneUnknown: as request_tenant.
        DomainTaken, DomainUnfit: as add_domain.
    """
    tenant = request_tenant(schema=schema, name=name, type=type, timezone=timezone, by=by, at=at)
    for domain in [host] if host else default_hosts(schema):
        add_domain(schema=schema, domain=domain, by=by, at=at)
    enqueue_on_commit("tenants.provision")
    return tenant


@transaction.atomic
def seed_tenant(*, schema: str, by: Actor, at: datetime) -> Tenant:
    """Give a tenant its switches, all on, and note that it has them."""
    tenant = Tenant.objects.locked().get(pk=schema)
    if tenant.type != TenantType.TEMPLATE:
        switches.create_rows(tenant.scope(), by=by, at=at, reason="Created with the tenant.")
    return advance_tenant(schema=schema, to=Provisioning.SEEDED, by=by, at=at)


@transaction.atomic
def advance_tenant(*, schema: str, to: Provisioning, by: Actor, at: datetime) -> Tenant:
    """Note that the next step of building a tenant is done; the last one opens it.

    Raises:
        ValueError: the step does not follow the one that was reached: an error in the code.
    """
    tenant = Tenant.objects.locked().get(pk=schema)
    reached = _ORDER.index(Provisioning(tenant.provisioning))
    if _ORDER.index(to) != reached + 1:
        raise ValueError(f"{schema} is {tenant.provisioning}, which {to} does not follow.")
    with audit.recording("tenant.advanced", tenant, by=by, at=at):
        tenant.provisioning = to
        changed = ["provisioning"]
        if to is Provisioning.ACTIVE:
            tenant.provisioned_at = at
            changed.append("provisioned_at")
            if tenant.type != TenantType.TEMPLATE:
                tenant.status = TenantStatus.ACTIVE
                changed.append("status")
        tenant.save(update_fields=changed)
    transaction.on_commit(forget)
    return tenant


@transaction.atomic
def record_artefact(*, migrations_hash: str, ddl: str, by: Actor, at: datetime) -> SchemaArtefact:
    """Keep the template's DDL; the same text of the same migrations is kept once."""
    ddl_sha256 = sha256(ddl.encode()).hexdigest()
    present = SchemaArtefact.objects.filter(
        migrations_hash=migrations_hash, ddl_sha256=ddl_sha256
    ).first()
    if present is not None:
        return present
    made = SchemaArtefact.objects.create(
        migrations_hash=migrations_hash, ddl=ddl, ddl_sha256=ddl_sha256, made_at=at
    )
    audit.record("schema_artefact.made", made, by=by, at=at)
    return made


@transaction.atomic
def record_migrations(
    outcomes: Iterable[Outcome], *, migrations_hash: str, by: Actor, at: datetime
) -> None:
    """Keep what became of each tenant's last migration: one statement for all of them."""
    rows = [
        TenantMigrationState(
            tenant_id=outcome.schema,
            migrations_hash=migrations_hash,
            outcome=(
                MigrationOutcome.FAILED if outcome.failed_migration else MigrationOutcome.CURRENT
            ),
            applied=outcome.applied,
            failed_migration=outcome.failed_migration,
            error=outcome.error,
            at=at,
        )
        for outcome in outcomes
    ]
    before = TenantMigrationState.objects.in_bulk([row.pk for row in rows])
    TenantMigrationState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant"],
        update_fields=[
            "migrations_hash",
            "outcome",
            "applied",
            "failed_migration",
            "error",
            "at",
        ],
    )
    audit.record_set(
        [
            audit.Row(
                action="tenant.migrated",
                object_type=TenantMigrationState.__name__,
                object_id=str(row.pk),
                before=before[row.pk].audit_state() if row.pk in before else None,
                after=row.audit_state(),
            )
            for row in rows
        ],
        by=by,
        at=at,
    )


def _create(tenant: Tenant, *, by: Actor, at: datetime) -> Tenant:
    with history.signed(tenant, by=by, at=at):
        tenant.save(force_insert=True)
    audit.record("tenant.requested", tenant, by=by, at=at)
    return tenant
