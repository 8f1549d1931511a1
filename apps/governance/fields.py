"""Column types that PostgreSQL has and Django has not."""

from typing import Any

from django.db import models


class TransactionIdField(models.Field):  # type: ignore[type-arg]
    """The id of the transaction that wrote the row (``xid8``), filled in by the server.

    A sealer compares it with ``pg_snapshot_xmin``: rows of transactions that had not committed
    when a block was sealed are then never skipped.
    """

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class ServerTransactionId(models.Func):
    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionIdField()


class ServerClock(models.Func):
    """Machine time: when the statement ran, not when its transaction began."""

    function = "clock_timestamp"
    arity = 0
    output_field = models.DateTimeField()
