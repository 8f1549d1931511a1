"""The rooms' source, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
INTERFACES = frozenset({"admin", "tasks", "api", "querysets", "views"})


@dataclass(frozen=True)
class Source:
    """One module of a room."""

    path: str  # from the project's root, with slashes
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @property
    def room(self) -> str:
        return self.parts[1]

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts

    @property
    def module(self) -> str:
        return ".".join(part for part in self.parts if part != "__init__")

    def is_part_of(self, *names: str) -> bool:
        """Is it the room's module of that name, or inside the package of that name?"""
        return len(self.parts) > 2 and self.parts[2] in names

    @property
    def is_interface(self) -> bool:
        return not INTERFACES.isdisjoint(self.parts[2:])


@dataclass(frozen=True, order=True)
class Finding:
    """A place where a rule is broken."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def finding(source: Source, node: ast.AST, what: str) -> Finding:
    return Finding(source.path, getattr(node, "lineno", 0), what)


@cache
def sources() -> tuple[Source, ...]:
    """Every module of every room, tests and migrations left out."""
    return tuple(_read())


def _read() -> Iterator[Source]:
    for path in sorted((ROOT / "apps").rglob("*.py")):
        relative = path.relative_to(ROOT)
        if len(relative.parts) > 2 and not {"tests", "migrations"} & set(relative.parts):
            yield Source(relative.as_posix(), path.read_text())


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def dotted(node: ast.AST) -> str:
    """Write ``a.b.c`` for an attribute chain of names, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def root_name(node: ast.AST) -> str:
    """Follow calls, attributes and subscripts to the name that a chain begins with."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Name):
            return node.id
        else:
            return ""


def imported(source: Source) -> dict[str, str]:
    """Map every imported name to what it stands for: ``Pick`` to ``apps.picks.models.Pick``."""
    names = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = alias.name
    return names


def texts(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield every string of a module but docstrings; the holes of an f-string become ``{}``."""
    skipped = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node}
            yield (
                node,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                ),
            )
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node, node.value
