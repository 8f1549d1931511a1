"""Holds docs/acceptance.md to its word: what it names as proof exists, runs and passes.

A pytest plugin. A row of the page names tests by node id; after a run of the whole suite every
one of them must have passed. A test may be skipped only where the shared data is absent.
"""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "acceptance.md"
NODE = re.compile(r"`((?:apps|beatvegas)/[\w/]+\.py(?:::\w+)*)`")
DATA_ABSENT = "shared data"
# How the cases of one test may end, the better before the worse: the worst of them counts.
ENDS = ("passed", "data absent", "skipped", "failed")


def named_tests(page: Path = PAGE) -> list[str]:
    """Return the node ids that the page names, in its order."""
    return list(dict.fromkeys(NODE.findall(page.read_text())))


def missing_tests(names: list[str], root: Path = ROOT) -> list[str]:
    """Return those of ``names`` that no file defines."""
    return [name for name in names if not _exists(name, root)]


def _exists(name: str, root: Path) -> bool:
    file, *path = name.split("::")
    if not (root / file).is_file():
        return False
    body: list[ast.stmt] = ast.parse((root / file).read_text()).body
    for part in path:
        found = [
            node
            for node in body
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part
        ]
        if not found:
            return False
        body = found[0].body
    return True


class AcceptanceWatch:
    """Notes how each test ended and speaks up when a named one did not pass."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        node = report.nodeid.split("[")[0]
        if report.skipped:
            absent = DATA_ABSENT in str(report.longrepr)
            self._note(node, "data absent" if absent else "skipped")
        elif report.failed:
            self._note(node, "failed")
        elif report.when == "call":
            self._note(node, "passed")

    def _note(self, node: str, end: str) -> None:
        self.outcomes[node] = max(self.outcomes.get(node, end), end, key=ENDS.index)

    def verdicts(self, names: list[str]) -> list[str]:
        """Return a line for every named test, file or class that did not run and pass."""
        lines = []
        for name in names:
            ends = {
                outcome
                for node, outcome in self.outcomes.items()
                if node == name or node.startswith(name + "::")
            }
            if not ends or not ends <= {"passed", "data absent"}:
                lines.append(f"{name}: {', '.join(sorted(ends)) or 'did not run'}")
        return lines

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        whole = session.config.getini("testpaths") == session.config.args
        worker = hasattr(session.config, "workerinput")
        narrowed = session.config.getoption("keyword") or session.config.getoption("markexpr")
        if not whole or worker or narrowed or exitstatus not in (0, 1):
            return
        broken = self.verdicts(named_tests())
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        for line in broken:
            reporter.write_line(f"docs/acceptance.md names {line}", red=True)
        if broken:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(AcceptanceWatch(), "acceptance-watch")
