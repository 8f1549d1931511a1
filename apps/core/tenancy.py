"""The one switch between tenants, and what may be read without one.

Everything outside this module that changes schema is a bug; a house test finds it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, cast

from django.db import connection, models, transaction
from django_tenants.utils import get_tenant_model

from apps.rulebook.errors import RuleBroken

if TYPE_CHECKING:
    from apps.core.postgres.base import DatabaseWrapper

PUBLIC = "public"

_connection = cast("DatabaseWrapper", connection)


class TenantUnknown(RuleBroken):
    code = "TENANT_UNKNOWN"

    def __init__(self, schema: str) -> None:
        super().__init__(f"There is no tenant {schema!r}.")


class TenantInactive(RuleBroken):
    code = "TENANT_INACTIVE"

    def __init__(self, schema: str, status: str) -> None:
        super().__init__(f"Tenant {schema!r} is {status}, so nothing runs for it.")


class TenantNested(RuleBroken):
    code = "TENANT_NESTED"

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"Leave tenant {current!r} before you enter {wanted!r}.")


class NoTenantInScope(RuleBroken):
    code = "NO_TENANT_IN_SCOPE"

    def __init__(self, model: str) -> None:
        super().__init__(f"{model} rows belong to tenants: enter one before you read them.")


class ForeignTenantRow(RuleBroken):
    code = "FOREIGN_TENANT_ROW"

    def __init__(self, model: str, home: str, here: str) -> None:
        super().__init__(
            f"This {model} belongs to {home!r}: in {here!r} it is neither saved nor deleted."
        )


def current_schema() -> str:
    """Return the schema that statements reach now: a tenant's, or ``public``."""
    return str(_connection.schema_name)


@contextmanager
def tenant_scope(schema: str) -> Iterator[None]:
    """Run the block as one tenant: its schema, its database role.

    Entering the same tenant again is allowed and changes nothing.

    Raises:
        TenantUnknown: there is no such tenant, or it is the platform itself.
        TenantInactive: the tenant is not ACTIVE.
        TenantNested: another tenant is in scope already.
    """
    here = current_schema()
    if schema == PUBLIC:
        raise TenantUnknown(schema)
    if here == schema:
        yield
        return
    if here != PUBLIC:
        raise TenantNested(here, schema)
    _require_active(schema)
    with entered(schema):
        yield


@contextmanager
def entered(schema: str) -> Iterator[None]:
    """Run the block as a tenant that the caller knows to be active; others: ``tenant_scope``.

    For whoever has asked already: one query for a whole walk, or the middleware's memory of a
    few seconds, which serves requests that only read.
    """
    _connection.set_schema(schema)
    try:
        yield
    finally:
        _connection.set_schema_to_public()


def _require_active(schema: str) -> None:
    status = (
        get_tenant_model().objects.filter(schema_name=schema).values_list("status", flat=True)
    ).first()
    if status is None:
        raise TenantUnknown(schema)
    if status != "ACTIVE":
        raise TenantInactive(schema, status)


def ensure_public() -> None:
    """Leave whatever an earlier user of this connection forgot to leave."""
    if current_schema() != PUBLIC:
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def active_schemas() -> list[str]:
    """Return every tenant that work runs for, in a stable order; never the platform itself."""
    tenants = get_tenant_model().objects.filter(status="ACTIVE")
    tenants = tenants.exclude(schema_name=PUBLIC).exclude(type__in=["INTERNAL", "TEMPLATE"])
    return list(tenants.order_by("schema_name").values_list("schema_name", flat=True))


def active_among(schemas: Iterable[str]) -> list[str]:
    """Return those that are active, in the order in which they came; one query for all."""
    wanted = list(schemas)
    with _connection.cursor() as cursor:  # every message of every job asks, about a hundred
        cursor.execute(
            f"SELECT schema_name FROM {get_tenant_model()._meta.db_table}"
            " WHERE schema_name = ANY(%s) AND schema_name <> %s AND status = 'ACTIVE'",
            [wanted, PUBLIC],
        )
        active = {schema for (schema,) in cursor.fetchall()}
    return [schema for schema in wanted if schema in active]


def tenants_in_turn(schemas: Iterable[str]) -> Iterator[str]:
    """Enter one tenant after the other, each in a scope and a transaction of its own.

    One query finds out which of them are active, instead of one each; the others are left
    out. The caller's loop body is the transaction: an exception there rolls it back and ends
    the walk; one that must go on, and leaves receipts, is ``governance.jobs.for_each_tenant``.
    """
    for schema in active_among(schemas):
        with entered(schema), transaction.atomic():
            yield schema


class TenantRowsManager(models.Manager[Any]):
    """Rows of a public table that belong to a tenant: its own, or none without one."""

    def get_queryset(self) -> models.QuerySet[Any]:
        schema = current_schema()
        if schema == PUBLIC:
            raise NoTenantInScope(self.model.__name__)
        return super().get_queryset().filter(tenant_schema=schema)


class TenantModel(models.Model):
    """Base of every table in a tenant's schema: a row is saved where it was loaded."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._require_home()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._require_home()
        return super().delete(*args, **kwargs)

    def _require_home(self) -> None:
        here = current_schema()
        home = self.__dict__.setdefault("_home_schema", here)
        if home != here:
            raise ForeignTenantRow(type(self).__name__, home, here)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._home_schema = current_schema()  # type: ignore[attr-defined]
        return row
