"""The days of tables that are cut into one partition a day: made ahead, read whole, dropped.

On the owner's connection, like everything that alters a table (``core.ddl`` opens it). Which days
may go is not decided here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql

from apps.core.ddl import owner_cursor
from apps.core.tenancy import PUBLIC
from apps.rulebook.errors import RuleBroken

DAY = timedelta(days=1)
# A table that is being read or written is left alone for a while; the job comes again.
_PATIENCE = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0"


class DayChanged(RuleBroken):
    code = "DAY_CHANGED"

    def __init__(self, partition: "Partition", rows: int, found: int) -> None:
        super().__init__(
            f"{partition} holds {found} rows and {rows} were archived: it is archived again first."
        )


class DayBusy(RuleBroken):
    code = "DAY_BUSY"

    def __init__(self, partition: "Partition") -> None:
        super().__init__(f"{partition} is in use: the next run of the job drops it.")


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One day of one table, from midnight to midnight UTC."""

    table: str
    day: date

    @property
    def name(self) -> str:
        return f"{self.table}_{self.day:%Y%m%d}"

    def __str__(self) -> str:
        return f"{self.table} of {self.day}"

    def bounds(self) -> tuple[datetime, datetime]:
        start = datetime.combine(self.day, time(), tzinfo=UTC)
        return start, start + DAY


@dataclass(frozen=True, slots=True)
class Stray:
    """Rows that had no partition of their own when they came."""

    table: str
    rows: int
    first: date
    last: date


def partitioned_tables() -> list[str]:
    with owner_cursor() as cursor:
        return list(_columns(cursor))


def partitions() -> list[Partition]:
    """Every day of every table that there is, the oldest first."""
    with owner_cursor() as cursor:
        found = [
            Partition(table, day) for table in _columns(cursor) for day in _days(cursor, table)
        ]
    return sorted(found, key=lambda one: (one.day, one.table))


def ensure_partitions(first: date, last: date) -> int:
    """Make the daily partitions from ``first`` to ``last`` (UTC) of every partitioned table.

    A day whose rows already lie in the default partition stays there until ``take_in`` gives
    them their own. Returns how many partitions were made.
    """
    made = 0
    with owner_cursor() as cursor:
        for table in _columns(cursor):
            there = _days(cursor, table)
            for offset in range((last - first).days + 1):
                day = first + offset * DAY
                if day not in there:
                    made += _make(cursor, Partition(table, day))
    return made


def take_in() -> list[Stray]:
    """Give rows in a default partition the days that they belong to; return what was found.

    Nothing is deleted: the default partition is taken off, its rows are written into their
    days, and an empty one takes its place. One transaction per table.
    """
    found = []
    with owner_cursor() as cursor:
        for table, column in _columns(cursor).items():
            stray = _stray(cursor, table, column)
            if stray is None:
                continue
            found.append(stray)
            try:
                with _patiently(cursor):
                    _rehome(cursor, table, column)
            except psycopg.errors.LockNotAvailable:
                continue  # the rows are safe where they are, and the next run tries again
    return found


def count_rows(partition: Partition) -> int:
    with owner_cursor() as cursor:
        return _count(cursor, partition)


def copy_out(partition: Partition) -> Iterator[bytes]:
    """Read a day as CSV with a header, in the order of its primary key."""
    with owner_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        ordered = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT (FORMAT csv, HEADER)")
        statement = ordered.format(sql.Identifier(partition.name), _key_of(cursor, partition.table))
        with cursor.copy(statement) as copy:
            for block in copy:
                yield bytes(block)


def drop(partition: Partition, *, rows: int) -> None:
    """Drop a day that still holds exactly ``rows`` rows.

    Raises:
        DayChanged: rows came since.
        DayBusy: somebody is at work on the table.
    """
    with owner_cursor() as cursor:
        try:
            with _patiently(cursor):
                cursor.execute(
                    sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
                        sql.Identifier(partition.table)
                    )
                )
                found = _count(cursor, partition)
                if found != rows:
                    raise DayChanged(partition, rows, found)
                cursor.execute(
                    sql.SQL("DROP TABLE {}").format(sql.Identifier(PUBLIC, partition.name))
                )
        except psycopg.errors.LockNotAvailable:
            raise DayBusy(partition) from None


@contextmanager
def _patiently(cursor: psycopg.Cursor[Any]) -> Iterator[None]:
    with cursor.connection.transaction():
        cursor.execute(_PATIENCE)
        yield


def _columns(cursor: psycopg.Cursor[Any]) -> dict[str, str]:
    """Every partitioned table and the column that its days are of."""
    cursor.execute(
        "SELECT c.relname, a.attname FROM pg_partitioned_table p"
        " JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]"
        " WHERE n.nspname = %s ORDER BY 1",
        [PUBLIC],
    )
    return dict(cursor.fetchall())


def _days(cursor: psycopg.Cursor[Any], table: str) -> set[date]:
    cursor.execute(
        "SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = to_regclass(%s) AND c.relname ~ '_[0-9]{8}$'",
        [f"{PUBLIC}.{table}"],
    )
    return {date(int(text[:4]), int(text[4:6]), int(text[6:])) for (text,) in cursor.fetchall()}


def _key_of(cursor: psycopg.Cursor[Any], table: str) -> sql.Composed:
    cursor.execute(
        "SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (n, o)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n"
        " WHERE i.indrelid = to_regclass(%s) AND i.indisprimary AND k.o <= i.indnkeyatts"
        " ORDER BY k.o",
        [f"{PUBLIC}.{table}"],
    )
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in cursor.fetchall())


def _make(cursor: psycopg.Cursor[Any], partition: Partition) -> int:
    start, end = partition.bounds()
    try:
        cursor.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(partition.name),
                sql.Identifier(partition.table),
                sql.Literal(start.isoformat()),
                sql.Literal(end.isoformat()),
            )
        )
    except (psycopg.errors.CheckViolation, psycopg.errors.DuplicateTable):
        # Rows of that day arrived first, or another maker did.
        return 0
    return 1


def _stray(cursor: psycopg.Cursor[Any], table: str, column: str) -> Stray | None:
    cursor.execute(
        sql.SQL(
            "SELECT count(*), (min({0}) AT TIME ZONE 'UTC')::date,"
            " (max({0}) AT TIME ZONE 'UTC')::date FROM {1}"
        ).format(sql.Identifier(column), sql.Identifier(f"{table}_default"))
    )
    row = cursor.fetchone()
    return Stray(table, *row) if row and row[0] else None


def _rehome(cursor: psycopg.Cursor[Any], table: str, column: str) -> None:
    parent, plain = sql.Identifier(table), sql.Identifier(f"{table}_default")
    old = sql.Identifier(f"{table}_strays")
    cursor.execute(
        sql.SQL(
            "ALTER TABLE {0} DETACH PARTITION {1}; ALTER TABLE {1} RENAME TO {2};"
            " CREATE TABLE {1} PARTITION OF {0} DEFAULT"
        ).format(parent, plain, old)
    )
    there = _days(cursor, table)
    cursor.execute(
        sql.SQL("SELECT DISTINCT ({} AT TIME ZONE 'UTC')::date FROM {} ORDER BY 1").format(
            sql.Identifier(column), old
        )
    )
    for (day,) in cursor.fetchall():
        if day not in there:
            _make(cursor, Partition(table, day))
    written = _written_columns(cursor, table)
    cursor.execute(
        sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2}").format(parent, written, old)
    )
    cursor.execute(sql.SQL("DROP TABLE {}").format(old))


def _written_columns(cursor: psycopg.Cursor[Any], table: str) -> sql.Composed:
    """All but those that the database computes."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [f"{PUBLIC}.{table}"],
    )
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in cursor.fetchall())


def _count(cursor: psycopg.Cursor[Any], partition: Partition) -> int:
    cursor.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(PUBLIC, partition.name))
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0
