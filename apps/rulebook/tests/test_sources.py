"""Every rule says where it comes from: a section of the project's pages, or who published it."""

import ast
import re
from pathlib import Path

RULEBOOK = Path(__file__).resolve().parent.parent
SOURCE = re.compile(r"docs/\w+\.md\s+sections? \d|\b[A-Z]\w+ (?:19|20)\d\d\b")


def unsourced(module: str) -> list[str]:
    """Name the public functions of a module whose docstring cites nothing."""
    return [
        node.name
        for node in ast.parse(module).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not SOURCE.search(ast.get_docstring(node) or "")
    ]


class TestFunctions:
    def test_name_their_source(self):
        modules = [path for path in RULEBOOK.rglob("*.py") if "tests" not in path.parts]

        assert len(modules) > 30
        assert {
            path.name: names for path in modules if (names := unsourced(path.read_text()))
        } == {}

    def test_without_one_are_found(self):
        bare = "def rule(a):\n    return a\n"
        told = 'def rule(a):\n    """Double it (docs/domain.md section 3)."""\n    return a\n'
        published = 'def rule(a):\n    """Score it (Brier 1950)."""\n    return a\n'

        assert [unsourced(text) for text in (bare, told, published)] == [["rule"], [], []]
