"""Who changed what, when and why: written with the change, in its transaction.

The only writer of ``audit_entry``. An entry is made as canonical JSON; the database hashes
those bytes and reads the searchable columns out of them, so the two cannot disagree. Nothing
is read back: a tenant's role may add entries, and needs no more than that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, Self
from uuid import UUID

from django.conf import settings
from django.db import connection, models

from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.core.db import execute
from apps.core.ids import uuid7
from apps.core.tenancy import current_schema
from apps.governance import history
from apps.governance.models import Strength

HASH_VERSION = 1  # how row_bytes are written; a verifier reads old entries by it
_STATEMENT_ROWS = 5_000  # entries in one INSERT: some megabytes of text
_MOST_ARGUMENTS = 99  # of one call in PostgreSQL

# Column and type of everything that is read out of an entry's bytes.
_COLUMNS: Mapping[str, str] = {
    "id": "uuid",
    "tenant_schema": "text",
    "occurred_at": "timestamptz",
    "actor_type": "text",
    "actor_id": "text",
    "on_behalf_of": "text",
    "auth_method": "text",
    "ip": "inet",
    "user_agent": "text",
    "request_id": "text",
    "task_id": "text",
    "action": "text",
    "object_type": "text",
    "object_id": "text",
    "before_hash": "text",
    "after_hash": "text",
    "diff": "jsonb",
    "reason": "text",
    "cause": "text",
    "config_version": "uuid",
    "app_version": "text",
    "class": "text",
}
# What all entries of one actor and one instant say alike.
_COMMON = (
    *("v", "tenant_schema", "occurred_at", "actor_type", "actor_id", "on_behalf_of", "auth_method"),
    *("ip", "user_agent", "request_id", "task_id", "app_version", "class"),
)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_RECORD = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
_INSERT = (
    f"INSERT INTO audit_entry ({_NAMES}, row_bytes)"
    f" SELECT {_NAMES}, bytes FROM unnest(%s::bytea[]) AS bytes,"
    " jsonb_to_record(convert_from(bytes, 'UTF8')::jsonb)"
    f" AS entry ({_RECORD})"
)


class Audited(Protocol):
    """A row that says what of it matters: the columns that may change."""

    @property
    def pk(self) -> Any: ...

    def audit_state(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One change out of a set. ``before`` is None where the object was created."""

    action: str
    object_type: str
    object_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    reason: str = ""
    cause: str = ""
    config_version: UUID | None = None


@contextmanager
def recording(
    action: str,
    target: Audited,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    cause: str = "",
    config_version: UUID | None = None,
    strength: Strength = Strength.SEALED,
) -> Iterator[None]:
    """Note ``target`` before and after the block and store the difference with the change.

    A target whose history is tracked is signed for the block, so that its saved version
    carries the same operator and reason.

    Raises:
        RuntimeError: no transaction is open, so change and entry could part.
    """
    _require_transaction()
    before = _pieces(target.audit_state())
    signing = (
        history.signed(target, by=by, at=at, reason=reason)  # type: ignore[arg-type]
        if history.is_tracked(target)
        else nullcontext()
    )
    with signing:
        yield
    change = _Change(
        action=action,
        object_type=type(target).__name__,
        object_id=str(target.pk),
        before=before,
        after=_pieces(target.audit_state()),
        reason=reason,
        cause=cause,
        config_version=config_version,
    )
    _write([change], by=by, at=at, strength=strength)


def record(
    action: str,
    target: Audited,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    cause: str = "",
    config_version: UUID | None = None,
    strength: Strength = Strength.SEALED,
) -> None:
    """Store that ``target`` was created: everything about it is new."""
    row = Row(
        action=action,
        object_type=type(target).__name__,
        object_id=str(target.pk),
        before=None,
        after=target.audit_state(),
        reason=reason,
        cause=cause,
        config_version=config_version,
    )
    record_set([row], by=by, at=at, strength=strength)


def record_set(
    rows: Iterable[Row],
    *,
    by: Actor,
    at: datetime,
    strength: Strength = Strength.SEALED,
) -> int:
    """Store many changes of one actor and one instant in one statement; return how many.

    Raises:
        RuntimeError: no transaction is open, so changes and entries could part.
    """
    _require_transaction()
    return _write((_Change.of(row) for row in rows), by=by, at=at, strength=strength)


def entry_where(
    relation: str,
    row: Row,
    *,
    by: Actor,
    at: datetime,
    strength: Strength = Strength.SEALED,
) -> tuple[str, dict[str, Any]]:
    """Return the INSERT, and its parameters, that audits ``row`` where ``relation`` has any.

    For a change that is one statement, and so a transaction: it stands beside it.
    """
    said = _row_bytes(_common(by, at, strength), _Change.of(row))
    insert = _INSERT.replace("%s", "%(audit_entries)s")
    return f"{insert} WHERE EXISTS (SELECT FROM {relation})", {"audit_entries": [said]}


def entries_from(
    relation: str,
    *,
    model: type[models.Model],
    key: str,
    action: str,
    after: Mapping[str, str],
    before: Mapping[str, str] | None = None,
    created: str = "false",
    reason: str = "''",
    config_version: str = "NULL",
    by: Actor,
    at: datetime,
) -> tuple[str, dict[str, Any]]:
    """Return the INSERT, and its parameters, that audits each row of ``relation``.

    For sets that never leave the database: it stands beside the change in one statement. What a
    state says is given column by column of ``model``, as an expression over the relation;
    ``created`` tells the rows that had no state before. The bytes are those that ``record_set``
    writes, and the columns what is read out of them (tests hold both equal): they are written of
    the same texts, for reading each entry again would cost as much as making it.

    Raises:
        RuntimeError: no transaction is open, so changes and entries could part.
    """
    _require_transaction()
    text = _entries_in_sql(
        relation,
        model,
        key,
        action,
        tuple(after.items()),
        None if before is None else tuple(before.items()),
        created,
        reason,
        config_version,
    )
    common = _common(by, at, Strength.SEALED)
    return text, {f"audit_{name}": piece for name, piece in common.items()}


@lru_cache(maxsize=64)  # of a few places, and long: each is composed once
def _entries_in_sql(
    relation: str,
    model: type[models.Model],
    key: str,
    action: str,
    after: tuple[tuple[str, str], ...],
    before: tuple[tuple[str, str], ...] | None,
    created: str,
    reason: str,
    config_version: str,
) -> str:
    then = None if before is None else dict(before)
    pieces = {f"now_{name}": piece for name, piece in _pieces_in_sql(model, dict(after)).items()}
    changing = {name for name, said in after if then is not None and then[name] != said}
    if then is not None:
        was = _pieces_in_sql(model, {name: then[name] for name in changing})
        pieces |= {f"was_{name}": piece for name, piece in was.items()}
    # What a state says is written once for all that is made of it: OFFSET keeps it so.
    said = ", ".join(f"{piece} AS {name}" for name, piece in pieces.items())
    now = {name: f"now_{name}" for name, _ in after}
    old = {name: f"was_{name}" if name in changing else f"now_{name}" for name, _ in after}
    before_hash = "NULL"
    if then is not None:
        before_hash = f"CASE WHEN created THEN NULL ELSE {_hash_in_sql(old)} END"
    made = {
        "id": _quoted("id"),
        "action": "to_json(action)",
        "object_type": _quoted("object_type"),
        "object_id": _quoted("object_id"),
        "before_hash": _quoted_or_null("before_hash"),
        "after_hash": _quoted("after_hash"),
        "diff": "diff",
        "reason": "to_json(reason)",
        "cause": _quoted("cause"),
        "config_version": _quoted_or_null("config_version"),
    }
    common = {name: f"%(audit_{name})s::text" for name in _COMMON}
    columns = {
        name: f'made."{name}"::{kind}' if name in made else f'common."{name}"'
        for name, kind in _COLUMNS.items()
    }
    shared = ", ".join(f'"{name}" {_COLUMNS[name]}' for name in _COMMON if name in _COLUMNS)
    return (
        f"INSERT INTO audit_entry ({_NAMES}, row_bytes) SELECT {', '.join(columns.values())}, bytes"
        f" FROM (SELECT *, convert_to({_object_in_sql({**common, **made})}, 'UTF8') AS bytes"
        f" FROM (SELECT uuidv7() AS id, action, '{model.__name__}' AS object_type,"
        f" key AS object_id, ({before_hash})::text AS before_hash,"
        f" {_hash_in_sql(now)} AS after_hash,"
        f" {_diff_in_sql(now, {} if then is None else old, changing)} AS diff, reason,"
        " '' AS cause, config_version"
        f" FROM (SELECT ({key})::text AS key, ({action})::text AS action,"
        f" ({reason})::text AS reason, ({config_version})::text AS config_version,"
        f" {created} AS created, {said} FROM {relation} OFFSET 0) AS said OFFSET 0) AS told"
        " OFFSET 0) AS made,"
        f" jsonb_to_record(({_object_in_sql(common)})::jsonb) AS common ({shared})"
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """A Row whose values are canonical JSON already, each written once."""

    action: str
    object_type: str
    object_id: str
    before: Mapping[str, str] | None
    after: Mapping[str, str]
    reason: str
    cause: str
    config_version: UUID | None

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            action=row.action,
            object_type=row.object_type,
            object_id=row.object_id,
            before=None if row.before is None else _pieces(row.before),
            after=_pieces(row.after),
            reason=row.reason,
            cause=row.cause,
            config_version=row.config_version,
        )


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry must share the transaction of the change it records.")


def _write(changes: Iterable[_Change], *, by: Actor, at: datetime, strength: Strength) -> int:
    common = _common(by, at, strength)
    written = 0
    for batch in _batches(changes, _STATEMENT_ROWS):
        written += execute(_INSERT, [[_row_bytes(common, change) for change in batch]])
    return written


def _common(by: Actor, at: datetime, strength: Strength) -> dict[str, str]:
    said = (
        *(HASH_VERSION, current_schema(), at, by.type, by.id, by.on_behalf_of, by.auth_method),
        *(by.ip, by.user_agent, by.request_id, by.task_id, settings.APP_VERSION, strength),
    )
    return _pieces(dict(zip(_COMMON, said, strict=True)))


def _row_bytes(common: Mapping[str, str], change: _Change) -> bytes:
    before, after = change.before, change.after
    return _object(
        {
            **common,
            "id": f'"{uuid7()}"',
            "action": _text(change.action),
            "object_type": _text(change.object_type),
            "object_id": _text(change.object_id),
            "before_hash": "null" if before is None else f'"{_hash(before)}"',
            "after_hash": f'"{_hash(after)}"',
            "diff": _diff(before or {}, after),
            "reason": _text(change.reason),
            "cause": _text(change.cause),
            "config_version": f'"{change.config_version}"' if change.config_version else "null",
        }
    ).encode()


def _diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return _object(
        {
            name: f"[{before.get(name, 'null')},{after.get(name, 'null')}]"
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)
        }
    )


def _batches(changes: Iterable[_Change], size: int) -> Iterator[list[_Change]]:
    rest = iter(changes)
    while batch := list(islice(rest, size)):
        yield batch


def _pieces(state: Mapping[str, Any]) -> dict[str, str]:
    return {name: encode(value).decode() for name, value in state.items()}


def _object(pieces: Mapping[str, str]) -> str:
    """Compose canonical JSON from values that are canonical: what ``encode`` would write."""
    return "{" + ",".join(f"{_name(name)}:{pieces[name]}" for name in sorted(pieces)) + "}"


def _hash(pieces: Mapping[str, str]) -> str:
    return sha256(_object(pieces).encode()).hexdigest()


def _text(value: str) -> str:
    return encode(value).decode()


_name = lru_cache(maxsize=1024)(_text)  # of columns: few, and asked for in every entry


# The same pieces as SQL: text that is canonical JSON already.
_TEXT_IN_SQL = "coalesce(to_json({0}::text)::text, 'null')"
_PIECES_IN_SQL: Mapping[str, str] = {
    "UUIDField": "coalesce('\"' || {0} || '\"', 'null')",
    "DecimalField": "coalesce('\"' || trim_scale({0}) || '\"', 'null')",
    "FloatField": "coalesce(CASE WHEN {0} = trunc({0}) AND abs({0}) < 1e15 THEN {0} || '.0'"
    " ELSE {0}::text END, 'null')",
    "DateTimeField": "coalesce('\"' || to_char({0} AT TIME ZONE 'UTC',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '\"', 'null')",
    "ArrayField": _TEXT_IN_SQL.replace("::text)", ")"),
    "CharField": _TEXT_IN_SQL,
    "TextField": _TEXT_IN_SQL,
    **dict.fromkeys(
        (
            *("BooleanField", "AutoField", "BigAutoField", "SmallAutoField", "IntegerField"),
            *("BigIntegerField", "SmallIntegerField", "PositiveIntegerField"),
            "PositiveSmallIntegerField",
        ),
        "coalesce({0}::text, 'null')",
    ),
}


def _pieces_in_sql(model: type[models.Model], state: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    pieces = {}
    for name, expression in state.items():
        field = fields[name]
        while field.is_relation:
            field = field.target_field
        pieces[name] = _PIECES_IN_SQL[field.get_internal_type()].format(expression)
    return pieces


def _object_in_sql(pieces: Mapping[str, str]) -> str:
    said: list[str] = []
    for name in sorted(pieces):
        said += [f"'{',' if said else '{'}{_name(name)}:'", pieces[name]]
    return _one_after_another([*said, "'}'"])


def _one_after_another(texts: Sequence[str]) -> str:
    """One call for many texts: an operator between each two copies what stands before it again."""
    calls = [
        texts[first : first + _MOST_ARGUMENTS] for first in range(0, len(texts), _MOST_ARGUMENTS)
    ]
    return " || ".join(f"concat({', '.join(call)})" for call in calls)


def _hash_in_sql(pieces: Mapping[str, str]) -> str:
    return f"encode(sha256(convert_to({_object_in_sql(pieces)}, 'UTF8')), 'hex')"


def _diff_in_sql(now: Mapping[str, str], old: Mapping[str, str], changing: set[str]) -> str:
    """What differs: everything of what was created, else the columns that may have changed."""
    news = _object_in_sql({name: f"concat('[null,', {now[name]}, ']')" for name in now})
    if not old:
        return news
    differing = [
        f"CASE WHEN {old[name]} <> {now[name]}"
        f" THEN concat('{_name(name)}:[', {old[name]}, ',', {now[name]}, ']') END"
        for name in sorted(changing)
    ]
    listed = ", ".join(["','", *differing])
    changes = f"concat('{{', concat_ws({listed}), '}}')"
    return f"CASE WHEN created THEN {news} ELSE {changes} END"


def _quoted_or_null(text: str) -> str:
    return f"coalesce({_quoted(text)}, 'null')"


def _quoted(text: str) -> str:
    return f"'\"' || {text} || '\"'"
