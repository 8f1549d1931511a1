"""What an action is: who and when are told to it, it reads no clock, and it leaves an entry."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from apps.core.tests.house.tree import Finding, Source, dotted, finding, imported

_AUDIT = frozenset({"recording", "record", "record_set", "entries_from"})
_CLOCKS = frozenset(
    {
        "apps.core.clock.now",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "django.utils.timezone.now",
        "time.time",
        "time.time_ns",
        "time.monotonic",
    }
)
_TIMELESS = ("actions", "querysets", "models")  # parts of a room that are told the time


def public_functions(source: Source) -> Iterator[ast.FunctionDef]:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def actions_of(sources: Iterable[Source]) -> list[tuple[Source, ast.FunctionDef]]:
    """Every public function of every ``actions``: of the package, what its ``__init__`` shows."""
    parts = [source for source in sources if source.is_part_of("actions")]
    shown = {
        source.room: set(imported(source)) for source in parts if source.parts[-1] == "__init__"
    }
    return [
        (source, function)
        for source in parts
        for function in public_functions(source)
        if not shown.get(source.room) or function.name in shown[source.room]
    ]


def is_told_who_and_when(function: ast.FunctionDef) -> bool:
    return {"by", "at"} <= {argument.arg for argument in function.args.kwonlyargs}


def unsigned_actions(sources: Iterable[Source]) -> list[Finding]:
    """Find actions that do not take ``by`` and ``at`` as keyword-only arguments."""
    return [
        finding(source, function, f"{function.name} does not take by and at by keyword")
        for source, function in actions_of(sources)
        if not is_told_who_and_when(function)
    ]


def silent_actions(sources: Iterable[Source]) -> list[Finding]:
    """Find actions from which no path of calls leads to an audit entry.

    Calls are followed by name: into the same module, into a module of the same project that
    the name was imported from, and into ``module.function`` of such a module.
    """
    everything = list(sources)
    audited = _Audited(everything)
    return [
        finding(source, function, f"{function.name} leaves no audit entry")
        for source, function in actions_of(everything)
        if not audited.by(source, function.name)
    ]


def clock_reads(source: Source) -> list[Finding]:
    """Find clocks read by what is told the time: actions, querysets, models, the rulebook."""
    if source.room != "rulebook" and not source.is_part_of(*_TIMELESS):
        return []
    names = imported(source)
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (called := _resolved(node.func, names)) in _CLOCKS:
            found.append(finding(source, node, f"reads a clock: {called}"))
    return found


def _resolved(node: ast.AST, names: Mapping[str, str]) -> str:
    """Write a call's target in full: ``clock.now`` as ``apps.core.clock.now``."""
    head, _, rest = dotted(node).partition(".")
    full = names.get(head, head)
    return f"{full}.{rest}" if rest else full


class _Audited:
    """Answers which functions of the project lead to an audit entry."""

    def __init__(self, sources: list[Source]) -> None:
        self.modules = {source.module: source for source in sources}
        self.answers: dict[tuple[str, str], bool] = {}

    def by(self, source: Source, name: str) -> bool:
        key = (source.module, name)
        if key not in self.answers:
            self.answers[key] = False  # while it is being found out: a circle leads nowhere
            self.answers[key] = self._find(source, name)
        return self.answers[key]

    def _find(self, source: Source, name: str) -> bool:
        names = imported(source)
        body = next(
            (
                node
                for node in source.tree.body
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
            ),
            None,
        )
        if body is None:
            return self._elsewhere(names.get(name, ""))
        for node in ast.walk(body):
            target = ""
            if isinstance(node, ast.Call):
                target = _resolved(node.func, names)
            elif isinstance(node, ast.Name):
                target = names.get(node.id, node.id)  # handed on: partial(_store, ...)
            if not target:
                continue
            module, _, last = target.rpartition(".")
            if module == "apps.governance.audit" and last in _AUDIT:
                return True
            if not module and last != name and self.by(source, last):
                return True
            if module and self._elsewhere(target):
                return True
        return False

    def _elsewhere(self, target: str) -> bool:
        module, _, last = target.rpartition(".")
        source = self.modules.get(module)
        return source is not None and self.by(source, last)
