"""Rows of a scratch database that are as the live one has them, whatever makes them there.

The only module of this package that writes tables. It writes no live one: what people keep is
copied here, and what they decided is put where it was. All else is made by the stages.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import sql
from psycopg.types.json import Jsonb

from apps.governance.models import AlertState
from apps.tenants.models import Tenant

TENANT: Final = Tenant._meta.db_table
# Of a tenant's row what decides anything; the rest is how it was built.
TENANT_COLUMNS: Final = ("name", "timezone", "status")

_THAT_ALERT: Final = (
    "kind = %s AND tenant_schema = %s AND scope = %s AND key = %s AND state <> 'RESOLVED'"
)


def insert_row(cursor: Any, table: str, row: dict[str, Any]) -> None:
    """Write a row as the other database has it; one that is there already stays."""
    cursor.execute(
        sql.SQL(
            "INSERT INTO {0} SELECT (jsonb_populate_record(NULL::{0}, %s)).* ON CONFLICT DO NOTHING"
        ).format(sql.Identifier(table)),
        [Jsonb(row)],
    )


def change_row(cursor: Any, table: str, key: dict[str, Any], change: dict[str, Any]) -> None:
    """Write some columns of one row."""
    names = [name for name in change if table != TENANT or name in TENANT_COLUMNS]
    if not names:
        return
    ((column, value),) = key.items()
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    cursor.execute(
        sql.SQL(
            "UPDATE {table} SET ({columns}) = ROW({told}) FROM jsonb_populate_record("
            "NULL::{table}, %s) AS told WHERE {table}.{key}::text = %s"
        ).format(
            table=sql.Identifier(table),
            columns=columns,
            told=sql.SQL(", ").join(sql.Identifier("told", name) for name in names),
            key=sql.Identifier(column),
        ),
        [Jsonb(change), str(value)],
    )


def empty(scratch: Any, tables: Sequence[str]) -> None:
    """Take out what the template holds: its rows are like the live ones, their keys are not."""
    for table in reversed(tables):
        name = sql.Identifier(table)
        scratch.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        scratch.execute(sql.SQL("DELETE FROM {}").format(name))
        scratch.execute(sql.SQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"))
        scratch.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))


def copy_table(live: Any, scratch: Any, table: str, select: sql.Composable) -> None:
    """Send rows from one server process to the other, as the server writes them."""
    names = sql.SQL(", ").join(map(sql.Identifier, _columns(scratch, table)))
    text = select.as_string(None).replace("{columns}", names.as_string(None))
    text = text.replace("{table}", sql.Identifier(table).as_string(None))
    target = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(table), names)
    with (
        live.copy(f"COPY ({text}) TO STDOUT (FORMAT binary)") as source,
        scratch.copy(target) as sink,
    ):
        for data in source:
            sink.write(data)


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def go_on_counting(scratch: Any, table: str) -> None:
    """Let a table's own numbers go on after those that were copied."""
    if "id" not in _columns(scratch, table):
        return
    scratch.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    (counter,) = scratch.fetchone()
    if counter:
        scratch.execute(
            sql.SQL("SELECT setval(%s, coalesce(max(id), 0) + 1, false) FROM {}").format(
                sql.Identifier(table)
            ),
            [counter],
        )


def suspend_all(cursor: Any) -> None:
    """Let no tenant be active: those that were are changed to it."""
    cursor.execute(
        "UPDATE tenant SET status = 'SUSPENDED' WHERE type NOT IN ('INTERNAL', 'TEMPLATE')"
    )


def store_body(cursor: Any, payload_id: int, captured_at: datetime, body: bytes) -> None:
    """Store a packed body that has left the live database."""
    cursor.execute(
        "INSERT INTO raw_body (payload_id, captured_at, body) VALUES (%s, %s, %s)",
        [payload_id, captured_at, body],
    )


def resume_feeds(cursor: Any, begins: datetime) -> None:
    """Let every feed be read up to where its polls were, and its word be no newer than that."""
    cursor.execute(
        "UPDATE feed SET read_through = told.newest, newest_read_at = told.newest,"
        " last_captured_at = told.newest FROM (SELECT poll.feed_id, max(poll.captured_at) AS newest"
        " FROM provider_poll AS poll JOIN payload_reading ON poll_id = poll.id GROUP BY 1) AS told"
        " WHERE feed.id = told.feed_id"
    )
    cursor.execute(
        "UPDATE event_source AS source SET last_seen_at = least(last_seen_at, %(begins)s),"
        " reported_start = coalesce((SELECT told.start_time FROM event_schedule_change AS told"
        " WHERE told.event_id = source.event_id AND told.provider = source.provider"
        " ORDER BY told.captured_at DESC, told.id DESC LIMIT 1), reported_start)",
        {"begins": begins},
    )


def open_alert(
    cursor: Any, row: Mapping[str, Any], *, effect: str, severity: str, at: datetime
) -> None:
    """Open an alert, or worsen it; a stage may have raised the same one before."""
    opened = {
        **row,
        "state": AlertState.OPEN.value,
        "effect": effect,
        "severity": severity,
        "last_seen_at": at.isoformat(),
        "first_seen_at": at.isoformat(),
        "resolved_at": None,
        "resolved_by": "",
        "latched_at": None,
    }
    insert_row(cursor, "ops_alert", opened)
    cursor.execute(
        f"UPDATE ops_alert SET effect = %s, severity = %s WHERE {_THAT_ALERT}",
        [effect, severity, *_that(row)],
    )


def end_alert(cursor: Any, row: Mapping[str, Any], *, at: datetime) -> None:
    cursor.execute(
        f"UPDATE ops_alert SET state = 'RESOLVED', resolved_at = %s WHERE {_THAT_ALERT}",
        [at, *_that(row)],
    )


def _that(row: Mapping[str, Any]) -> list[Any]:
    return [row["kind"], row["tenant_schema"], row["scope"], row["key"]]


def decide_question(cursor: Any, told: Mapping[str, Any], *, at: datetime) -> None:
    """Answer a question as the live one was answered."""
    cursor.execute(
        "UPDATE review_item SET status = %s, decision = %s::jsonb, decided_by = %s,"
        " reason = %s, decided_at = %s WHERE (kind, provider, subject) = (%s, %s, %s)"
        " AND league_id IS NOT DISTINCT FROM %s",
        [
            *(told["status"], json.dumps(told["decision"]), told["decided_by"]),
            *(told["reason"], at, told["kind"], told["provider"], told["subject"]),
            told["league_id"],
        ],
    )
