"""What may happen to a tenant that exists: renamed for people, found elsewhere, stopped."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, history, switches
from apps.governance.models import Strength
from apps.governance.switches import Stopped
from apps.rulebook.errors import RuleBroken
from apps.tenants.hosts import forget
from apps.tenants.kinds import Provisioning, TenantStatus, TenantType
from apps.tenants.models import Domain, Tenant


class ReasonMissing(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Say why: this is not done without a reason.")


class TimezoneUnknown(RuleBroken):
    code = "TIMEZONE_UNKNOWN"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no time zone; use an IANA name such as America/New_York.")


class PlatformProtected(RuleBroken):
    code = "PLATFORM_PROTECTED"

    def __init__(self, schema: str) -> None:
        super().__init__(f"{schema!r} is part of the platform: it is neither stopped nor started.")


class NotReady(RuleBroken):
    code = "TENANT_NOT_READY"

    def __init__(self, schema: str, provisioning: str) -> None:
        super().__init__(f"{schema!r} is only {provisioning}: provision it to the end first.")


class DomainTaken(RuleBroken):
    code = "DOMAIN_TAKEN"

    def __init__(self, domain: str, schema: str) -> None:
        super().__init__(f"{domain} leads to {schema!r} already.")


class DomainUnfit(RuleBroken):
    code = "DOMAIN_UNFIT"

    def __init__(self, domain: str) -> None:
        super().__init__(f"{domain!r} is no host name: no port, no scheme, no path.")


@transaction.atomic
def edit_tenant(
    *, schema: str, name: str, timezone: str, by: Actor, at: datetime, reason: str
) -> Tenant:
    """Change what people read and where the tenant's day begins.

    Raises:
        TimezoneUnknown: no such zone.
        ReasonMissing: nobody says why.
    """
    require_reason(reason)
    require_timezone(timezone)
    tenant = Tenant.objects.locked().get(pk=schema)
    with audit.recording("tenant.edited", tenant, by=by, at=at, reason=reason):
        tenant.name = name
        tenant.timezone = timezone
        tenant.save(update_fields=["name", "timezone"])
    transaction.on_commit(forget)
    return tenant


def suspend_tenant(*, schema: str, by: Actor, at: datetime, reason: str) -> Stopped:
    """Stop serving a tenant and wait until nobody publishes for it any more, as a kill does.

    Two transactions of its own: the first commits the status, the second is the barrier.
    Suspending who is suspended drains again.

    Raises:
        PlatformProtected: the platform's own rows.
        ReasonMissing: nobody says why.
        RuntimeError: a transaction is open, so that the status would not be committed.
    """
    require_reason(reason)
    with transaction.atomic(durable=True):
        tenant = _customer(schema)
        with audit.recording(
            "tenant.suspended", tenant, by=by, at=at, reason=reason, strength=Strength.SYNC
        ):
            tenant.status = TenantStatus.SUSPENDED
            tenant.save(update_fields=["status"])
        transaction.on_commit(forget)
    return switches.drain_scope(tenant.scope())


@transaction.atomic
def resume_tenant(*, schema: str, by: Actor, at: datetime, reason: str) -> Tenant:
    """Serve a suspended tenant again.

    Raises:
        PlatformProtected: the platform's own rows.
        NotReady: the tenant was never built to the end.
        ReasonMissing: nobody says why.
    """
    require_reason(reason)
    tenant = _customer(schema)
    if tenant.provisioning != Provisioning.ACTIVE:
        raise NotReady(schema, tenant.provisioning)
    with audit.recording(
        "tenant.resumed", tenant, by=by, at=at, reason=reason, strength=Strength.SYNC
    ):
        tenant.status = TenantStatus.ACTIVE
        tenant.save(update_fields=["status"])
    transaction.on_commit(forget)
    return tenant


@transaction.atomic
def add_domain(*, schema: str, domain: str, by: Actor, at: datetime, reason: str = "") -> Domain:
    """Let a host name lead to a tenant; the first one is what its links are made with.

    Raises:
        DomainUnfit: not a host name.
        DomainTaken: it leads to another tenant.
    """
    domain = domain.strip().lower()
    tenant = Tenant.objects.locked().get(pk=schema)
    present = Domain.objects.filter(domain=domain).first()
    if present is not None:
        if present.tenant_id != schema:
            raise DomainTaken(domain, present.tenant_id)
        return present
    added = Domain(
        domain=domain, tenant=tenant, is_primary=not tenant.domains.filter(is_primary=True).exists()
    )
    rules = {
        "domain_is_a_host_name": DomainUnfit(domain),
        "domain_domain_key": DomainTaken(domain, "another tenant"),
    }
    with refusing(rules), history.signed(added, by=by, at=at, reason=reason):
        added.save(force_insert=True)
    audit.record("domain.added", added, by=by, at=at, reason=reason)
    transaction.on_commit(forget)
    return added


@transaction.atomic
def remove_domain(*, domain: str, by: Actor, at: datetime, reason: str) -> None:
    """Let a host name lead nowhere. Its history stays; another tenant may take it.

    Raises:
        ReasonMissing: nobody says why.
    """
    require_reason(reason)
    gone = Domain.objects.select_for_update().get(domain=domain)
    audit.record_set(
        [
            audit.Row(
                action="domain.removed",
                object_type=Domain.__name__,
                object_id=str(gone.pk),
                before=gone.audit_state(),
                after={},
                reason=reason,
            )
        ],
        by=by,
        at=at,
    )
    with history.signed(gone, by=by, at=at, reason=reason):
        gone.delete()
    transaction.on_commit(forget)


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


def require_timezone(name: str) -> None:
    try:
        ZoneInfo(name)  # listing what there is would walk the whole folder of them
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimezoneUnknown(name) from None


def _customer(schema: str) -> Tenant:
    tenant = Tenant.objects.locked().get(pk=schema)
    if tenant.is_platform or tenant.type == TenantType.TEMPLATE:
        raise PlatformProtected(schema)
    return tenant
