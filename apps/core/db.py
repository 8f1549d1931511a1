"""The database's own voice: named refusals, COPY, and rows as tuples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.db.models import QuerySet
from psycopg import sql
from psycopg.pq import ExecStatus

from apps.core.tenancy import current_schema
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


class _PreparedCursor(psycopg.Cursor[Any]):
    """Binds on the server and lets it keep the plan; Django's own cursors do neither."""

    prepare_after = 0  # how often a text has been seen before its plan is kept

    def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
        self.connection.prepare_threshold = self.prepare_after
        try:
            return super().execute(query, params, **how)
        finally:
            self.connection.prepare_threshold = None


class _KeepingCursor(_PreparedCursor):
    """Keeps the plan of what comes again and again, and of nothing else."""

    prepare_after = 3


def fetch_prepared(rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """Read what ``values_list`` of plain columns describes, by a plan that the server keeps.

    For questions with many joins that are asked again and again: planning seven tables costs
    ten times what reading fifty rows of them does. Each tenant has a plan of its own, named by
    the text, so that nobody's plan is thrown away when somebody else asks.
    """
    text, params = rows.query.sql_with_params()
    return _by_a_kept_plan(_PreparedCursor, text, params)


def fetch_again(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Run a long statement by a plan that the server keeps, where a tenant's turns are frequent.

    A worker that walks through many tenants comes back to each too late for its plan to be kept,
    and then pays for none of them. Every parameter is cast, for the server binds them.
    """
    return _by_a_kept_plan(_KeepingCursor, statement, params)


def plan_once() -> None:
    """Until this transaction ends, plan statements for any parameters, so that plans are kept.

    The server would rather plan anew for each small set, which costs more than it ever saves. And
    it would read a table that is small today as a whole, which a kept plan goes on doing when the
    table has grown: an index is right in either case.
    """
    execute(
        "SELECT set_config('plan_cache_mode', 'force_generic_plan', true),"
        " set_config('enable_seqscan', 'off', true)"
    )


def _by_a_kept_plan(kind: type[_PreparedCursor], text: str, params: Any) -> list[tuple[Any, ...]]:
    statement = f"/* {current_schema()} */ {text}"
    with connection.cursor() as plain:  # which enters the tenant
        try:
            with connection._prepare_cursor(kind(plain.connection)) as cursor:  # type: ignore[attr-defined]
                cursor.execute(statement, params)
                return cursor.fetchall()
        except NotSupportedError:
            # A migration changed the type of a column since; the kept plan says no from now on.
            if connection.in_atomic_block:
                raise
            plain.execute(statement, params)
            return plain.fetchall()


def execute(statement: str, params: Any = None) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def ask(function: str, *arguments: object) -> str | None:
    """Call a function of the database and return its one answer as text; None: NULL.

    Straight through the driver's connection, without a cursor: for what is asked for each tenant
    of every job, where a cursor costs as much as the answer.
    """
    places = ", ".join(f"${number}" for number, _ in enumerate(arguments, start=1))
    found = connection.connection.pgconn.exec_params(
        f"SELECT {function}({places})".encode(), [str(one).encode() for one in arguments]
    )
    if found.status != ExecStatus.TUPLES_OK:
        with connection.wrap_database_errors:
            raise psycopg.errors.error_from_result(found)
    answer: bytes | None = found.get_value(0, 0)
    return None if answer is None else answer.decode()


@contextmanager
def by_itself() -> Iterator[None]:
    """Let each statement of the block be a transaction: the server commits it as it answers.

    Raises:
        RuntimeError: a transaction is open, so that nothing would be committed.
    """
    if not connection.in_atomic_block:
        yield
        return
    with transaction.atomic(durable=True):  # refuses, except inside a test that rolls back
        yield
