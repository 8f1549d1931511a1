"""Many changed rows written by one statement; the caller has locked them and says which columns."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from django.db import connection, models

from apps.core.db import execute

_LONGEST_STATEMENT = 500  # rows in one UPDATE


def write_rows(rows: Sequence[models.Model], names: Collection[str]) -> None:
    """Write the columns ``names`` (as attributes, ``book_id``) of every row.

    Raises:
        RuntimeError: a row is not there any more, so nobody held it.
    """
    for start in range(0, len(rows), _LONGEST_STATEMENT):
        some = rows[start : start + _LONGEST_STATEMENT]
        written = execute(*_statement(some, names))
        if written != len(some):
            raise RuntimeError(f"{len(some)} rows were to be written, and {written} were.")


def _statement(rows: Sequence[models.Model], names: Collection[str]) -> tuple[str, list[Any]]:
    meta = rows[0]._meta
    key = meta.pk
    written = [each for each in meta.concrete_fields if each.attname in names]
    columns = [str(each.column) for each in written]
    cast = ", ".join(f"%s::{_kind(each)}" for each in (key, *written))
    values = [
        [each.get_db_prep_save(getattr(row, each.attname), connection) for each in (key, *written)]
        for row in rows
    ]
    statement = (
        f"UPDATE {meta.db_table} SET ({', '.join(columns)})"
        f" = ROW({', '.join(f'changed.{column}' for column in columns)})"
        f" FROM (VALUES {', '.join([f'({cast})'] * len(rows))})"
        f" AS changed (row_key, {', '.join(columns)})"
        f" WHERE {meta.db_table}.{key.column} = changed.row_key"
    )
    return statement, list(chain.from_iterable(values))


def _kind(field: Any) -> str:
    kind: str = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return kind
