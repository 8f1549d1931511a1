"""The history of hand-edited rows: who changed which column, when and why.

django-simple-history keeps it, and its own signals are the only ones in this codebase. A room
declares ``history = tracked("league_history")`` on the model, guards the table in its migration
(``GuardAppendOnly("historicalleague")``) and shows it by building its admin on
``SimpleHistoryAdmin``. A save outside ``audit.recording`` or ``signed`` is refused, because a
history that does not say who is none.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from simple_history.models import HistoricalRecords
from simple_history.utils import bulk_create_with_history

from apps.core.actor import Actor
from apps.core.append_only import AppendOnly, PlainFacts
from apps.core.ids import uuid7

Row = TypeVar("Row", bound=models.Model)


class Unsigned(RuntimeError):
    """A tracked row was saved by nobody: a mistake in the code, not a refusal."""


def tracked(table: str) -> HistoricalRecords:
    """Declare that every version of a row is kept in ``table``, with operator and reason.

    The operator is text, as in the audit: a key towards the users would make this room depend
    on one that stands above it.
    """
    return HistoricalRecords(
        table_name=table,
        bases=[AppendOnly, PlainFacts],
        history_id_field=models.UUIDField(default=uuid7, help_text="UUIDv7."),
        history_user_id_field=models.CharField(
            max_length=200, help_text="The operator, as the audit names actors: type:id."
        ),
        history_user_getter=_operator_of,
        history_user_setter=_set_operator,
        history_change_reason_field=models.TextField(
            blank=True, default="", help_text="The operator's own words."
        ),
        get_user=_refuse_unsigned,
    )


@contextmanager
def signed(*rows: models.Model, by: Actor, at: datetime, reason: str = "") -> Iterator[None]:
    """Let ``rows`` be saved inside the block, as changes that ``by`` made at ``at``."""
    for row in rows:
        row._history_user = operator(by)  # type: ignore[attr-defined]
        row._history_date = at  # type: ignore[attr-defined]
        row._change_reason = reason  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for row in rows:
            for name in ("_history_user", "_history_date", "_change_reason"):
                vars(row).pop(name, None)


def create_many(
    model: type[Row], rows: Sequence[Row], *, by: Actor, at: datetime, reason: str = ""
) -> list[Row]:
    """Insert many tracked rows and their first versions: two statements, however many rows."""
    created: list[Row] = bulk_create_with_history(
        list(rows),
        model,
        default_user=operator(by),
        default_change_reason=reason,
        default_date=at,
    )
    return created


def versions_from(
    relation: str, model: type[models.Model], *, by: Actor, at: datetime, reason: str = ""
) -> tuple[str, dict[str, Any]]:
    """Return the INSERT, and its parameters, that keeps the rows of ``relation`` as versions.

    For a change that is one statement: it stands beside it.
    """
    kept = model.history.model  # type: ignore[attr-defined]
    said = {
        "history_id": "uuidv7()",
        "history_type": "'~'",
        "history_date": "%(history_date)s",
        "history_user_id": "%(history_user)s",
        "history_change_reason": "%(history_reason)s",
    }
    columns = {
        f'"{field.column}"': said.get(field.attname, f'"{field.column}"')
        for field in kept._meta.concrete_fields
    }
    return (
        f"INSERT INTO {kept._meta.db_table} ({', '.join(columns)})"
        f" SELECT {', '.join(columns.values())} FROM {relation}",
        {"history_date": at, "history_user": operator(by), "history_reason": reason},
    )


def is_tracked(row: Any) -> bool:
    return hasattr(getattr(row, "_meta", None), "simple_history_manager_attribute")


def operator(by: Actor) -> str:
    """Name an actor in one text, the way histories show it."""
    return f"{by.type}:{by.id}"


def _operator_of(version: Any) -> str | None:
    name: str | None = version.history_user_id
    return name


def _set_operator(version: Any, name: str) -> None:
    version.history_user_id = name


def _refuse_unsigned(instance: models.Model, request: object = None) -> str:
    raise Unsigned(
        f"{type(instance).__name__} is tracked: save it inside audit.recording or history.signed."
    )
