"""The database's own voice: named refusals, COPY, and rows as tuples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from apps.rulebook.errors import RuleBroken


@contextmanager
def refusing(rules: Mapping[str, RuleBroken]) -> Iterator[None]:
    """Turn the violation of a named constraint into the refusal that explains it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint is not None and constraint in rules:
            raise rules[constraint] from error
        raise


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write ``rows`` with one COPY and return how many there were.

    Faster than any INSERT, and without RETURNING; a violated constraint refuses them all.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor:
        text = statement.as_string(cursor.connection)
        # Django wraps what execute raises; COPY goes past it.
        with connection.wrap_database_errors, cursor.copy(text) as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
    return count


def fetch_all(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def execute(statement: str, params: Any = None) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount
