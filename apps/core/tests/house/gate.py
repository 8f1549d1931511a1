"""Nothing goes out of a tenant beside the gate: publication and sending ask it first."""

import ast
from collections.abc import Iterator

from apps.core.tests.house.tree import Finding, Source, finding

# Where a pick becomes visible, and where a message is made ready; nobody else does either.
PUBLISHES = "apps/picks/actions/publish.py"
SENDS = "apps/picks/actions/delivering/"
# Speaks to Telegram about the bot itself, and to nobody through it.
ABOUT_THE_BOT = frozenset({"apps/ops/hearing.py"})
_SENDERS = {"apps.picks.telegram": "Telegram", "apps.picks.webhook": "tell"}
_OUT = frozenset({"settle", "call"})  # settle(weighed, ...) publishes, ready.call() sends
_ASKS = frozenset({"hold_open", "hold"})


def ways_out(source: Source) -> Iterator[ast.FunctionDef]:
    """The functions of picks that let something out."""
    if source.room == "picks":
        for function in _functions(source):
            if any(_named(call) in _OUT for call in _calls(function)):
                yield function


def ungated(source: Source) -> list[Finding]:
    """Find what goes out without having asked, and who sends or publishes on their own."""
    found = []
    for function in ways_out(source):
        asked = [call.lineno for call in _calls(function) if _named(call) in _ASKS]
        out = [call for call in _calls(function) if _named(call) in _OUT]
        found += [
            finding(source, call, f"{function.name} lets out before it has asked the gate")
            for call in out
            if not asked or min(asked) > call.lineno
        ]
    for node in ast.walk(source.tree):
        may_send = source.path.startswith(SENDS) or source.path in ABOUT_THE_BOT
        if isinstance(node, ast.ImportFrom) and not may_send:
            sender = _SENDERS.get(node.module or "")
            if sender and any(alias.name == sender for alias in node.names):
                found.append(finding(source, node, f"sends beside the outbox: {sender}"))
        if (
            isinstance(node, ast.Constant)
            and node.value == "pick.published"
            and source.path != PUBLISHES
            and source.is_part_of("actions")
        ):
            found.append(finding(source, node, "publishes on its own"))
    return found


def _functions(source: Source) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield node


def _named(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
