"""What is written nowhere: other ways into a tenant, threads, late tasks, signals, generic keys."""

import ast
from collections.abc import Mapping

from apps.core.tests.house.tree import Finding, Source, finding, imported

_SWITCHES = frozenset(
    {"set_schema", "set_schema_to_public", "set_tenant", "schema_context", "tenant_context"}
)
_THREADS = ("threading.Thread", "threading.Timer", "concurrent.futures.ThreadPoolExecutor")
_LATER = frozenset({"eta", "countdown"})
_SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")
_GENERIC = ("django.contrib.contenttypes.fields", "django.contrib.contenttypes.generic")


def tenant_switches(source: Source) -> list[Finding]:
    """Find ways into a tenant beside ``core.tenancy.tenant_scope``."""
    if source.room == "core":
        return []
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in _SWITCHES:
            found.append(finding(source, node, f"switches tenant: .{node.attr}"))
        elif isinstance(node, ast.Name) and node.id in _SWITCHES:
            found.append(finding(source, node, f"switches tenant: {node.id}"))
        elif isinstance(node, ast.With):
            found += [
                finding(source, item.context_expr, "enters a tenant object: its stack is shared")
                for item in node.items
                if _is_a_tenant(item.context_expr)
            ]
    return found


def _is_a_tenant(expression: ast.expr) -> bool:
    name = ""
    if isinstance(expression, ast.Name):
        name = expression.id
    elif isinstance(expression, ast.Attribute):
        name = expression.attr
    return name == "tenant" or name.endswith("_tenant")


def threads(source: Source) -> list[Finding]:
    """Find new threads outside core: each would begin in public, on a connection of its own."""
    return [] if source.room == "core" else _uses(source, _THREADS, "starts a thread")


def late_tasks(source: Source) -> list[Finding]:
    """Find tasks that are to run later: past the visibility timeout a broker gives them twice.

    What is due later is a row with a time, and a beat that looks (row 11 of the fault table).
    """
    return [
        finding(source, word.value, f"lets a task wait in the broker: {word.arg}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in _LATER
    ]


def signals(source: Source) -> list[Finding]:
    return _uses(source, _SIGNALS, "uses a signal")


def generic_keys(source: Source) -> list[Finding]:
    return _uses(source, _GENERIC, "uses a generic foreign key")


def _uses(source: Source, targets: tuple[str, ...], what: str) -> list[Finding]:
    names = imported(source)
    found = [
        finding(source, node, f"{what}: {node.module}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module and _below(node.module, targets)
    ]
    for node in ast.walk(source.tree):
        full = _full(node, names)
        if full and _below(full, targets):
            found.append(finding(source, node, f"{what}: {full}"))
    return found


def _full(node: ast.AST, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        left = names.get(node.value.id, "")
        return f"{left}.{node.attr}" if left else ""
    return ""


def _below(name: str, targets: tuple[str, ...]) -> bool:
    return any(name == target or name.startswith(f"{target}.") for target in targets)
