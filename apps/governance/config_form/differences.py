"""What changes from one document to another, value by value, in the words of the form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.formats import MISSING
from apps.governance.config_form.outline import Part, Table, Value, Writing
from apps.governance.config_form.writing import texts

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same: where it stands, what it said, what it says."""

    where: str
    title: str
    unit: str
    before: str
    after: str


def differences(
    parts: Iterable[Part], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Return every difference of two stored documents of one kind; none means one fingerprint."""
    return list(_of_parts(parts, before, after, ""))


def shown(value: Value, there: Any) -> str:
    """Write a stored value for people; the absence of one has a word of its own."""
    if value.writing in (Writing.CHOICES, Writing.NAMES):
        return ", ".join(there or ()) or "none"
    if there is None or there == "":
        return MISSING
    if value.writing is Writing.WHOLE:
        return f"{there:,}"
    text: str = texts([value], {value.name: there})[value.name]
    return text.replace("-", "\u2212", 1) if value.writing is Writing.NUMBER else text


def _of_parts(
    parts: Iterable[Part], before: Mapping[str, Any], after: Mapping[str, Any], where: str
) -> Iterable[Difference]:
    for part in parts:
        old, new = before.get(part.name), after.get(part.name)
        if old == new:
            continue
        if isinstance(part, Value):
            yield Difference(where, part.title, part.unit, shown(part, old), shown(part, new))
            continue
        inside = f"{where}: {part.title}" if where else part.title
        if isinstance(part, Table):
            yield from _of_rows(part, old or (), new or (), inside)
        else:
            yield from _of_parts(part.parts, old or NOTHING, new or NOTHING, inside)


def _of_rows(
    table: Table, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], where: str
) -> Iterable[Difference]:
    before = {_key(table, row): row for row in old}
    after = {_key(table, row): row for row in new}
    for key in [*before, *(key for key in after if key not in before)]:
        was, becomes = before.get(key), after.get(key)
        if was is None or becomes is None:
            yield Difference(
                where,
                _name(table, was or becomes or {}),
                "",
                _row(table, was),
                _row(table, becomes),
            )
        else:
            place = f"{where}: {_name(table, was)}"
            yield from _of_parts(table.columns, was, becomes, place)
    kept_before = [key for key in before if key in after]
    kept_after = [key for key in after if key in before]
    if kept_before != kept_after:
        names = [
            ", ".join(_name(table, rows[key]) for key in order)
            for rows, order in ((before, kept_before), (after, kept_after))
        ]
        yield Difference(where, "Order", "", *names)


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in table.key)


def _name(table: Table, row: Mapping[str, Any]) -> str:
    """Name a row by what tells it apart: ``SPREAD, 12 h``."""
    named = (column for column in table.columns if column.name in table.key)
    return ", ".join(
        f"{shown(column, row.get(column.name))} {column.unit}".strip() for column in named
    )


def _row(table: Table, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "none"
    rest = (column for column in table.columns if column.name not in table.key)
    return ", ".join(f"{column.title} {shown(column, row.get(column.name))}" for column in rest)
