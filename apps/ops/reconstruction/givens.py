"""What people keep and no stage makes: copied as it was when the replay begins, then followed.

Leagues, spellings, books, rules, configurations, feeds, switches, tenants. Their past is nowhere
stored as rows; the audit has every change with the value before, so that a row of today is taken
back, and each change is made again where it happened.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from psycopg import sql

from apps.catalog.models import Book, League, Team, TeamAlias
from apps.governance.models import ConfigVersion, FeatureFlag
from apps.ops.reconstruction.steps import FIRST, Kind, Placed, Step
from apps.snapshots.models import Feed
from apps.tenants.models import Tenant

# In the order in which their rows refer to each other. Tenants are built, not copied.
FOLLOWED: Final[tuple[type[models.Model], ...]] = (
    *(League, Team, TeamAlias, Book, ConfigVersion, Feed, FeatureFlag, Tenant),
)
# Written once, and by their own instants in force or not: copied as they are.
COPIED: Final = ("settlement_ruleset", "model_version", "model_report")

# How far a feed was asked and read is made again.
_NOT_GIVEN: Final[Mapping[str, Mapping[str, Any]]] = {
    "feed": dict.fromkeys(("next_due_at", "last_captured_at", "read_through", "newest_read_at"))
}
_CREATED: Final = (".created", ".registered", ".requested")

_ENTRIES = """
SELECT object_type, object_id, action, before_hash IS NULL AS made, diff, occurred_at, recorded_at
FROM audit_entry
WHERE object_type = ANY(%(types)s) AND recorded_at >= %(since)s
ORDER BY recorded_at, id
"""


class _Entry(NamedTuple):
    type: str
    id: str
    action: str
    made: bool
    diff: Mapping[str, Any]
    at: datetime
    seen: datetime

    @property
    def creates(self) -> bool:
        return self.made and self.action.endswith(_CREATED)


@dataclass(frozen=True, slots=True)
class Givens:
    """Rows per table as they were at the beginning, and what became of them since."""

    rows: Mapping[str, list[dict[str, Any]]]
    steps: list[Placed]


def givens_of(live: Any, *, since: datetime, last: datetime) -> Givens:
    """Read what people keep as it was at ``since`` by the database's clock, and every change."""
    rows: dict[str, list[dict[str, Any]]] = {}
    steps: list[Placed] = []
    by_object: defaultdict[tuple[str, str], list[_Entry]] = defaultdict(list)
    types = [model.__name__ for model in FOLLOWED]
    for row in live.execute(_ENTRIES, {"types": types, "since": since}).fetchall():
        entry = _Entry(*row)
        by_object[entry.type, entry.id].append(entry)
    for model in FOLLOWED:
        table = model._meta.db_table
        rows[table] = []
        for ident, row in _rows(live, model):
            entries = by_object.get((model.__name__, ident), [])
            then = {**_as_it_was(model, row, entries), **_NOT_GIVEN.get(table, {})}
            made = next((entry for entry in entries if entry.creates), None)
            if made is None:
                rows[table].append(then)
            elif made.at <= last:
                steps.append(_placed(made, table, {"make": then}))
            steps += _changes(model, then, entries, last=last)
    return Givens(rows, steps)


def changes_since(
    live: Any, model: type[models.Model], *, since: datetime
) -> dict[str, dict[str, Any]]:
    """Return per key what rows that were there said before they were changed since."""
    found: dict[str, dict[str, Any]] = {}
    params = {"types": [model.__name__], "since": since}
    for row in reversed(live.execute(_ENTRIES, params).fetchall()):
        entry = _Entry(*row)
        if not entry.made:
            before = {name: pair[0] for name, pair in entry.diff.items()}
            found.setdefault(entry.id, {}).update(columns_of(model, before))
    return found


def _rows(live: Any, model: type[models.Model]) -> Iterator[tuple[str, dict[str, Any]]]:
    table = sql.Identifier(model._meta.db_table)
    statement = sql.SQL("SELECT {0}::text, to_jsonb(kept) FROM {1} AS kept ORDER BY {0}")
    yield from live.execute(statement.format(sql.Identifier(_key_of(model)), table)).fetchall()


def _key_of(model: type[models.Model]) -> str:
    key = model._meta.pk
    assert key is not None
    assert key.column is not None
    return key.column


def _as_it_was(
    model: type[models.Model], row: Mapping[str, Any], entries: Iterable[_Entry]
) -> dict[str, Any]:
    """Take a row back to before its changes; one that was made since, to how it was made."""
    then = dict(row)
    for entry in reversed(list(entries)):
        if not entry.made:
            then |= columns_of(model, {name: pair[0] for name, pair in entry.diff.items()})
    return then


def _changes(
    model: type[models.Model],
    row: Mapping[str, Any],
    entries: Iterable[_Entry],
    *,
    last: datetime,
) -> Iterator[Placed]:
    key = _key_of(model)
    for entry in entries:
        if entry.made or entry.at > last:
            continue
        values = columns_of(model, {name: pair[1] for name, pair in entry.diff.items()})
        told = {"key": {key: row[key]}, "change": values}
        if values:
            yield _placed(entry, model._meta.db_table, told)


def _placed(entry: _Entry, table: str, told: Mapping[str, Any]) -> Placed:
    step = Step(Kind.ROW, entry.at, "", {"table": table, **told})
    seen = entry.seen
    if table == FeatureFlag._meta.db_table:
        seen = max(seen, _live_from(told) or seen)
    return (seen, FIRST, 0), step


def _live_from(told: Mapping[str, Any]) -> datetime | None:
    """A switch that is on only from an instant on is turned where that instant lies."""
    moment = told.get("change", {}).get("live_from")
    return datetime.fromisoformat(moment) if moment else None


def columns_of(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Translate what an audit entry names into columns; what is no column is left out."""
    found = {}
    for name, value in values.items():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        column = getattr(field, "column", None)
        if column:
            found[column] = value
    return found
