"""Build a tenant: requested, schema, role, seeded, active. Stops anywhere, goes on from there.

The schema is made by replaying the template's DDL; where there is none (no pg_dump at deploy
time) by migrating. Runs where the owner's connection is known: a command, or the queue ``ddl``.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from apps.core import ddl, schemas
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC
from apps.rulebook.errors import RuleBroken
from apps.tenants import actions, artefact, executor, parity
from apps.tenants.hosts import default_hosts
from apps.tenants.kinds import TEMPLATE_SCHEMA, Provisioning
from apps.tenants.models import SchemaArtefact, Tenant


class SchemaTaken(RuleBroken):
    code = "TENANT_SCHEMA_TAKEN"

    def __init__(self, schema: str) -> None:
        super().__init__(f"The schema {schema!r} exists and is not the template's likeness.")


class SchemaNotMigrated(RuleBroken):
    code = "TENANT_SCHEMA_NOT_MIGRATED"

    def __init__(self, outcome: executor.Migrated) -> None:
        super().__init__(f"{outcome.schema} stopped at {outcome.failed_migration}: {outcome.error}")


def install_platform(*, hosts: Sequence[str] | None = None, by: Actor, at: datetime) -> Tenant:
    """Make the platform's own tenant, its hosts, the template and its DDL; again is harmless."""
    platform = actions.create_platform(by=by, at=at)
    for host in settings.OPERATORS_HOSTS if hosts is None else hosts:
        actions.add_domain(schema=PUBLIC, domain=host, by=by, at=at)
    finish(TEMPLATE_SCHEMA, by=by, at=at)
    if not SchemaArtefact.objects.filter(migrations_hash=artefact.migrations_hash()).exists():
        artefact.refresh(by=by, at=at)
    return platform


def provision_tenant(
    *,
    schema: str,
    name: str,
    type: str,
    timezone: str = "UTC",
    hosts: Sequence[str] | None = None,
    by: Actor,
    at: datetime,
) -> Tenant:
    """Make a tenant that can be served, or finish one that was begun; again is harmless.

    Without ``hosts`` it is found at ``<schema>.<settings.TENANT_PARENT_DOMAIN>``.

    Raises:
        artefact.ArtefactStale: the code has migrations that the template has not.
        actions.InvalidSchemaName, actions.TenantExists, actions.TenantTypeReserved,
        actions.TimezoneUnknown, actions.DomainTaken, actions.DomainUnfit: see there.
        SchemaTaken, SchemaNotMigrated: the schema could not be made.
    """
    with ddl.owner():
        artefact.require_fresh()  # before anything is written
        with transaction.atomic():
            actions.request_tenant(
                schema=schema, name=name, type=type, timezone=timezone, by=by, at=at
            )
            for host in default_hosts(schema) if hosts is None else hosts:
                actions.add_domain(schema=schema, domain=host, by=by, at=at)
        return finish(schema, by=by, at=at)


def finish(schema: str, *, by: Actor, at: datetime) -> Tenant:
    """Take a requested tenant through the steps that are still missing.

    A step and the note that it is done share a transaction, under the lock of the tenant's row:
    killed anywhere, or called twice at once, every step happens once. Only the schema, the long
    one, has a transaction of its own: each commit waits for the disk.
    """
    tenant = Tenant.objects.get(pk=schema)
    if tenant.provisioning == Provisioning.ACTIVE:
        return tenant
    with ddl.owner():
        _make_schema(schema, by=by, at=at)
        with transaction.atomic():
            if _stands_at(schema, Provisioning.SCHEMA):
                with connection.cursor() as cursor:
                    ddl.add_tenant_role(cursor, schema)
                actions.advance_tenant(schema=schema, to=Provisioning.ROLE, by=by, at=at)
            if _stands_at(schema, Provisioning.ROLE):
                actions.seed_tenant(schema=schema, by=by, at=at)
            if _stands_at(schema, Provisioning.SEEDED):
                actions.advance_tenant(schema=schema, to=Provisioning.ACTIVE, by=by, at=at)
        return Tenant.objects.get(pk=schema)


def waiting() -> list[str]:
    """Return the tenants that are requested and not finished, oldest request first."""
    unfinished = Tenant.objects.customers().exclude(provisioning=Provisioning.ACTIVE)
    return list(unfinished.order_by("pk").values_list("pk", flat=True))


def _make_schema(schema: str, *, by: Actor, at: datetime) -> None:
    text = None if schema == TEMPLATE_SCHEMA else artefact.ddl_for_new_tenants()
    with transaction.atomic():
        if not _stands_at(schema, Provisioning.REQUESTED):
            return
        if text is not None and not schemas.schema_exists(schema):
            schemas.replay(text, made_from=TEMPLATE_SCHEMA, schema=schema)
            actions.advance_tenant(schema=schema, to=Provisioning.SCHEMA, by=by, at=at)
            return
        if not schemas.schema_exists(schema):
            schemas.create_schema(schema)
    # Migrations bring transactions of their own; what is applied is not applied again.
    for outcome in executor.migrate([schema]):
        if outcome.failed_migration:
            raise SchemaNotMigrated(outcome)
    with transaction.atomic():
        if _stands_at(schema, Provisioning.REQUESTED):
            if not _is_like_the_template(schema):
                raise SchemaTaken(schema)
            actions.advance_tenant(schema=schema, to=Provisioning.SCHEMA, by=by, at=at)


def _is_like_the_template(schema: str) -> bool:
    found = parity.fingerprints([schema, TEMPLATE_SCHEMA])
    return len(set(found.values())) == 1


def _stands_at(schema: str, step: Provisioning) -> bool:
    """Lock the tenant for the rest of the transaction and ask how far it is."""
    return Tenant.objects.locked().get(pk=schema).provisioning == step
