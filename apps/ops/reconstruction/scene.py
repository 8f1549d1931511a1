"""The scratch database before the replay: what people kept then, and the bytes that came."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from psycopg import sql

from apps.core import archive, days, ddl
from apps.core.actor import Actor
from apps.ops.reconstruction.givens import COPIED, FOLLOWED, Givens
from apps.ops.reconstruction.known import Beginning, copy_known
from apps.ops.reconstruction.rows import (
    TENANT,
    change_row,
    copy_table,
    empty,
    go_on_counting,
    insert_row,
    store_body,
    suspend_all,
)
from apps.snapshots.actions import payloads
from apps.tenants import provisioning
from apps.tenants.models import Tenant

BY: Final = Actor.system("ops.reconstruct")
_TENANTS = """
SELECT schema_name, name, type, timezone FROM tenant
WHERE provisioning = 'ACTIVE' AND type NOT IN ('INTERNAL', 'TEMPLATE') ORDER BY schema_name
"""

_WANTED = """
FROM raw_payload AS payload
WHERE EXISTS (SELECT FROM provider_poll AS poll
    WHERE poll.payload_id = payload.id AND poll.captured_at BETWEEN {first} AND {last})
"""

_ARCHIVED = (
    """
SELECT payload.id, payload.sha256, payload.first_captured_at """
    + _WANTED
    + """ AND NOT EXISTS (SELECT FROM raw_body AS body WHERE body.payload_id = payload.id
    AND body.captured_at = payload.first_captured_at)
"""
)


def tenants_of(live: Any) -> list[tuple[str, str, str, str]]:
    """Return schema, name, type and time zone of every tenant that was ever built."""
    return list(live.execute(_TENANTS).fetchall())


def set_scene(
    live: Any,
    database: str,
    givens: Givens,
    *,
    first: datetime,
    last: datetime,
    beginning: Beginning | None,
    at: datetime,
    tell: Callable[[str], None],
) -> None:
    """Fill the scratch database with everything that is given, from one snapshot of the live one.

    The answers themselves are stored one by one while it is played; their bytes lie here before.
    """
    tenants = tenants_of(live)
    with ddl.on_database(database):
        for schema, name, kind, timezone in tenants:
            tell(f"Tenant {schema}")
            provisioning.provision_tenant(
                schema=schema, name=name, type=kind, timezone=timezone, hosts=(), by=BY, at=at
            )
        days.ensure_partitions(first.date(), last.date())
    tell("What people keep")
    with ddl.owner_cursor(database) as scratch, scratch.connection.transaction():
        tables = [model._meta.db_table for model in FOLLOWED if model is not Tenant]
        empty(scratch, [*tables, *COPIED])
        for table in tables:
            for row in givens.rows[table]:
                insert_row(scratch, table, row)
            go_on_counting(scratch, table)
        for table in COPIED:
            copy_table(live, scratch, table, sql.SQL("SELECT {columns} FROM {table}"))
            go_on_counting(scratch, table)
        _cast(scratch, givens.rows[TENANT])
    tell("Bytes that came")
    with ddl.owner_cursor(database) as scratch, scratch.connection.transaction():
        _copy_payloads(live, scratch, first, last)
        if beginning is not None:
            tell("What was known")
            copy_known(live, scratch, beginning)


def _cast(scratch: Any, tenants: Iterable[dict[str, Any]]) -> None:
    """Let every tenant be what it was then; who was not there yet is not active."""
    suspend_all(scratch)
    for row in tenants:
        if row["type"] not in ("INTERNAL", "TEMPLATE"):
            change_row(scratch, TENANT, {"schema_name": row["schema_name"]}, row)


def _copy_payloads(live: Any, scratch: Any, first: datetime, last: datetime) -> None:
    span = {"first": sql.Literal(first), "last": sql.Literal(last)}
    wanted = sql.SQL(_WANTED).format(**span)
    every = sql.SQL("SELECT {columns} FROM {table} WHERE first_captured_at <= ")
    copy_table(live, scratch, "raw_payload", every + sql.Literal(last))
    bodies = sql.SQL(
        "SELECT {columns} FROM {table} WHERE payload_id IN (SELECT payload.id "
    ) + sql.SQL("{wanted})").format(wanted=wanted)
    copy_table(live, scratch, "raw_body", bodies)
    archived = live.execute(sql.SQL(_ARCHIVED).format(**span)).fetchall()
    for ident, digest, captured_at in archived:
        body = archive.read(payloads.object_name(digest), digest=digest)
        store_body(scratch, ident, captured_at, payloads.packed(body))
