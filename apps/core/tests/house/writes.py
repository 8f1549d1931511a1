"""Who writes: interfaces never, and every table only its own room's writer."""

import ast
import re
from collections.abc import Iterator, Mapping

from apps.core.tests.house.tree import Finding, Source, finding, imported, root_name, texts

_ORM_WRITES = frozenset(
    {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
)
_SQL_WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|(?<!FOR )(?<!KEY )UPDATE(?!\s+SET\b)|DELETE\s+FROM"
    r"|TRUNCATE(?:\s+TABLE)?|COPY|MERGE\s+INTO)"
    r'\s+(?:ONLY\s+)?"?(\w+|\{\})"?'
)

# The rooms whose interface modules are the writers themselves (the writer matrix).
WRITERS: Mapping[str, tuple[str, ...]] = {
    "governance": (
        "audit",
        "approvals",
        "switches",
        "configs",
        "alerts",
        "jobs",
        "history",
        "roles",
        "rollouts",
    ),
    "ops": ("stock",),
}


def is_writer(source: Source) -> bool:
    """May this module write at all? Actions may, and governance's own modules."""
    return source.is_part_of("actions", *WRITERS.get(source.room, ()))


def written_in(source: Source) -> Iterator[tuple[Finding, str]]:
    """Yield every write in a module with what is written: a model's name or a table's.

    What a chain of calls ends on cannot always be known; then the text is empty.
    """
    names = imported(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            verb = _write_verb(node)
            if verb:
                target = names.get(root_name(node.func), "")
                yield finding(source, node, f".{verb}()"), _model_of(target, node)
            elif _name_of(node) == "copy_rows":
                table = node.args[0] if node.args else None
                known = table.value if isinstance(table, ast.Constant) else ""
                yield finding(source, node, f"copy_rows({known!r})"), str(known)
    for node, text in texts(source.tree):
        for match in _SQL_WRITE.finditer(text):
            yield finding(source, node, f"SQL: {match.group(0)}"), match.group(1)


def interface_writes(source: Source) -> list[Finding]:
    """Find writes in what only shows, asks or rings."""
    return sorted(place for place, _ in written_in(source)) if source.is_interface else []


def stray_writes(source: Source) -> list[Finding]:
    """Find writes outside the modules that may write."""
    return [] if is_writer(source) else sorted(place for place, _ in written_in(source))


def foreign_writes(source: Source, home: Mapping[str, str]) -> list[Finding]:
    """Find writes of another room's table in a writer; ``home`` says whose a model or table is."""
    if not is_writer(source):
        return []
    return sorted(
        Finding(place.path, place.line, f"{place.what} writes {target} of {home[target]}")
        for place, target in written_in(source)
        if home.get(target, source.room) != source.room
    )


def _name_of(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _write_verb(call: ast.Call) -> str:
    """Name the ORM's verb of a call that writes.

    ``update`` of a queryset takes keywords only, of a dict an argument; ``delete`` of a row or
    a queryset takes nothing, of a cache a key.
    """
    if not isinstance(call.func, ast.Attribute):
        return ""
    verb = call.func.attr
    if verb == "update":
        return verb if call.keywords and not call.args else ""
    if verb == "delete":
        return verb if not call.args and not call.keywords else ""
    return verb if verb in _ORM_WRITES else ""


def _model_of(target: str, call: ast.Call) -> str:
    """Return the model's name where the chain begins with one: ``Pick.objects...``."""
    if ".models." in target or target.endswith(".models"):
        if target.endswith(".models"):
            inner = call.func
            while isinstance(inner, ast.Attribute | ast.Call):
                below = inner.func if isinstance(inner, ast.Call) else inner.value
                if isinstance(below, ast.Name) and isinstance(inner, ast.Attribute):
                    return inner.attr
                inner = below
        return target.rpartition(".")[2]
    return ""
