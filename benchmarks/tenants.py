"""As many tenants as a benchmark wants, provisioned as any tenant is; they stay for the next."""

from benchmarks.database import BUILT_AT

A_MESSAGE = 100  # tenants, as the jobs ring


def provisioned(count: int, *, by: str) -> list[str]:
    """Make the tenants that are not there yet, and return ``count`` of them."""
    from apps.core.actor import Actor
    from apps.core.tenancy import active_schemas
    from apps.tenants import provisioning
    from apps.tenants.kinds import TenantType

    for number in range(count - len(active_schemas())):
        schema = f"t{number:04d}"
        provisioning.provision_tenant(
            schema=schema,
            name=schema,
            type=TenantType.CONSUMER,
            by=Actor.system(by),
            at=BUILT_AT,
        )
    return active_schemas()[:count]
