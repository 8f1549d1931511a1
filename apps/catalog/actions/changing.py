"""What every hand edit of a row does: some columns take it, some never."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from apps.rulebook.errors import RuleBroken


class Unchangeable(RuleBroken):
    code = "COLUMN_UNCHANGEABLE"

    def __init__(self, model: str, columns: list[str]) -> None:
        super().__init__(f"{', '.join(columns)} of a {model} never changes: ids are made of it.")


def assign(row: Model, changes: Mapping[str, Any]) -> None:
    for column, value in changes.items():
        setattr(row, column, value)


def refuse_fixed(model: str, changes: Mapping[str, Any], fixed: frozenset[str]) -> None:
    """Refuse a change of what identifiers are made of.

    Raises:
        Unchangeable: one of the columns is such a one.
    """
    refused = sorted(fixed & changes.keys())
    if refused:
        raise Unchangeable(model, refused)
