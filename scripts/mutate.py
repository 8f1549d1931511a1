"""Change the rules in small ways, one at a time, and see that a test notices each.

    .venv/bin/python -m uv pip install --target .stack/mutmut mutmut==2.5.1
    PYTHONPATH=.stack/mutmut nice .venv/bin/python scripts/mutate.py settlement clv

Without names it goes through all of TARGETS; a name is one of theirs or a part of a path. What
changes in Python is mutmut's choice; a rule that SQL repeats is changed here, comparison by
comparison. A changed module is only ever in the memory of one forked process, never in the folder.
Survivors that docs/mutation.md does not explain are written out the way that page lists them, and
make the exit status 1.
"""

import argparse
import ast
import difflib
import importlib
import importlib.util
import io
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import tokenize
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import ExecutionLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

import hypothesis
import pytest
from _pytest.runner import runtestprotocol

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "mutation.md"
SECONDS: Final = 180  # a change may make a loop endless
# What the tests of the rulebook need besides the rulebook: imported once, before forking.
NEEDED: Final = ("hypothesis.extra.numpy", "hypothesis.strategies", "pydantic", "scipy.stats")

OPTIONS: Final = (
    *("-p", "no:cacheprovider", "-p", "no:randomly"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)

RULES: Final = "apps/rulebook/tests/"
BETS: Final = tuple(f"{RULES}test_settlement{which}.py" for which in ("_standing", "_table", ""))
HOUSE: Final = f"{RULES}test_house.py"


@dataclass(frozen=True)
class Target:
    """One module, the tests that must notice, and the constants that hold SQL if it is that."""

    path: str
    tests: tuple[str, ...]
    sql: frozenset[str] = frozenset()

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")


def _parlay(module: str, *tests: str) -> Target:
    named = tuple(f"{RULES}test_parlay_{test}.py" for test in tests)
    return Target(f"apps/rulebook/parlays/{module}.py", (*named, HOUSE))


TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    "settlement": (
        *(
            Target(f"apps/rulebook/settlement/{module}.py", (*BETS, HOUSE))
            for module in ("factors", "single", "standing")
        ),
        Target("apps/rulebook/settlement/many.py", (f"{RULES}test_settlement_many.py", HOUSE)),
    ),
    "clv": (Target("apps/rulebook/clv.py", (f"{RULES}test_clv.py", HOUSE)),),
    "validity": (Target("apps/rulebook/validity.py", (f"{RULES}test_validity.py", HOUSE)),),
    "lifecycle": (Target("apps/rulebook/lifecycle.py", (f"{RULES}test_lifecycle.py", HOUSE)),),
    "parlays": (
        _parlay("settling", "pricing"),
        _parlay("pricing", "pricing"),
        _parlay("joint", "pricing"),
        _parlay("gate", "gate"),
        _parlay("weighing", "gate"),
        _parlay("choosing", "choosing"),
    ),
    "sql": (
        Target(
            "apps/grading/settling.py",
            ("apps/grading/tests/test_settling.py",),
            frozenset({"_OF_THE_LINE", "_OF_THE_SCORE", "_OVER_BY", "_AHEAD", "_WINNER"})
            | {"_SETTLED", "_CUT_SHORT", "DECIDED", "PROFIT"},
        ),
        Target(
            "apps/picks/sweeping.py",
            ("apps/picks/tests/test_sweeping.py",),
            frozenset({"_BEYOND", "_RULES", "NO_WORSE_LINE"}),
        ),
    ),
}


class Changed(MetaPathFinder, ExecutionLoader):
    """Imports one module from a text instead of its file."""

    def __init__(self, target: Target, text: str) -> None:
        self.name, self.path, self.text = target.module, target.path, text
        self.imported = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        self.imported = True
        return importlib.util.spec_from_loader(fullname, self)

    def get_filename(self, fullname: str) -> str:
        return str(ROOT / self.path)

    def get_source(self, fullname: str) -> str:
        return self.text

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, self.get_filename(self.name), "exec"), vars(module))


class WithoutDatabase:
    """What the root conftest gives to tests of the rulebook, and none of what it starts."""

    @pytest.fixture(scope="session")
    def shared_data(self) -> Path:
        folder = ROOT.parent / "shared" / "data"
        if not folder.is_dir():
            pytest.skip("the shared data is not beside this copy of the project")
        return folder


def python_changes(path: str) -> Iterator[str]:
    """Every change that mutmut knows of, as the whole module's text."""
    from mutmut import Context, list_mutations, mutate

    source = (ROOT / path).read_text()
    for which in list_mutations(Context(source=source, filename=path)):
        changed, made = mutate(Context(source=source, filename=path, mutation_id=which))
        if made and changed != source and _is_python(changed):
            yield changed


def _is_python(text: str) -> bool:
    """mutmut also turns the star of ``*legs`` into a division."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# Within the text of one literal: first what is no SQL, then each way to change what is.
_SQL = re.compile(
    r"(?P<skip>%\(\w+\)s|\{\{|\}\}|\{[^{}]*\}|'[^'{}]*'|::\w+)"
    r"|(?P<when>\bWHEN (?!false)[^{}]*?(?= THEN))"
    r"|(?P<word>\bAND\b|\bOR\b|\bNOT IN\b|\bIS NULL\b|\bIS NOT NULL\b|\bNOT )"
    r"|(?P<sign><>|>=|<=|=|<|>| \+ | - | \* )"
    r"|(?P<number>(?<![\w.])\d+(?:\.\d+)?)"
)
_OTHER: Final[dict[str, tuple[str, ...]]] = {
    "AND": ("OR",),
    "OR": ("AND",),
    "NOT IN": ("IN",),
    "NOT ": ("",),
    "IS NULL": ("IS NOT NULL",),
    "IS NOT NULL": ("IS NULL",),
    "<>": ("=",),
    "=": ("<>",),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    " + ": (" - ",),
    " - ": (" + ",),
    " * ": (" + ",),
}


def sql_changes(path: str, constants: frozenset[str]) -> Iterator[str]:
    """Flip each comparison, drop each condition, move each number of what is SQL."""
    source = (ROOT / path).read_text()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines: set[int] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            named = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id in constants for one in named):
                lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    literals = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in literals and token.start[0] in lines:
            at = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            for start, stop, instead in _in_sql(source[at:end]):
                yield source[: at + start] + instead + source[at + stop :]


def _in_sql(text: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    while found := _SQL.search(text, at):
        at = found.end()
        kind, said = found.lastgroup, found.group()
        if kind == "when":
            yield (*found.span(), "WHEN false")
            at = found.start() + len("WHEN ")  # and each of its parts by itself
        elif kind == "number":
            yield (*found.span(), str(float(said) + 1 if "." in said else int(said) + 1))
        elif kind != "skip":
            for instead in _OTHER[said]:
                yield (*found.span(), instead)
    condition = re.fullmatch(r"(f?\")(.*)(\")", text)
    if condition and "WHEN" not in text and re.search(r"[<>=]| IS |^f?\"now\.\w+\"$", text):
        yield condition.start(2), condition.end(2), "false"


class InOneSession:
    """Collects a target's tests once and runs them for each text; ``alive`` are the survivors.

    The first text is the unchanged one. Changed SQL is put where the tests imported it; of changed
    Python only bodies of functions are tried here, each in a fork, where every reference to the
    function sees them.
    """

    def __init__(self, target: Target, texts: Sequence[str]) -> None:
        self.target, self.texts = target, texts
        self.alive: list[str] = []
        self.said = ""

    def pytest_runtestloop(self, session: Any) -> bool:
        for text in self.texts:
            changed = ModuleType("changed")
            vars(changed).update(__name__=self.target.module, __file__=self.target.path)
            exec(compile(text, self.target.path, "exec"), vars(changed))
            if self.target.sql:
                for module in {item.module for item in session.items}:
                    _put_constants(vars(changed), module)
                survived = not any(map(self._fails, session.items))
            elif not self.alive:  # here, so that what tests keep is there for all that follow
                survived = not any(map(self._fails, session.items))
            else:
                survived = self._survives_in_a_fork(session.items, changed)
            tell(survived)
            if survived:
                self.alive.append(text)
            elif not self.alive:
                sys.__stderr__.write(f"\n{self.said}\n")
                break
        self._fails(session.items[-1], last=True)
        return True

    def _survives_in_a_fork(self, items: Sequence[Any], changed: ModuleType) -> bool:
        process = os.fork()
        if process == 0:
            failed = True
            try:
                signal.alarm(SECONDS)
                _put_bodies(vars(changed), vars(sys.modules[self.target.module]))
                failed = any(map(self._fails, items))
            finally:
                os._exit(failed)
        return os.waitpid(process, 0)[1] == 0

    def _fails(self, item: Any, *, last: bool = False) -> bool:
        item._initrequest()
        following = None if last else item.session  # what lasts as long as the session stays
        reports = runtestprotocol(item, log=False, nextitem=following)
        self.said = "\n".join(report.longreprtext for report in reports if report.failed)
        return bool(self.said)


def _put_constants(changed: dict[str, Any], module: ModuleType) -> None:
    for name in [name for name in vars(module) if not name.startswith("__")]:
        if isinstance(changed.get(name), str):
            setattr(module, name, changed[name])


def _put_bodies(changed: Mapping[str, Any], there: Mapping[str, Any]) -> None:
    for name, new in changed.items():
        old = there.get(name)
        if isinstance(new, type) and new.__module__ == changed["__name__"]:
            _put_bodies({**vars(new), "__name__": new.__module__}, vars(old))
        elif isinstance(new, property):
            new, old = new.fget, old.fget
        if isinstance(new, FunctionType) and new.__module__ == changed["__name__"]:
            old.__code__ = new.__code__


def only_bodies_differ(before: str, after: str) -> bool:
    """Whether two texts are the same but for what stands inside their functions."""

    def without_bodies(text: str) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.body = [ast.Pass()]
        return ast.dump(tree)

    return without_bodies(before) == without_bodies(after)


def outcome(target: Target, text: str) -> int:
    """Run the target's tests on a changed text, in a process of its own; return their status."""
    process = os.fork()
    if process == 0:
        status = 99
        try:
            signal.alarm(SECONDS)
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            finder = Changed(target, text)
            sys.meta_path.insert(0, finder)
            status = _run(target)
            if not finder.imported:
                status = 98
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _run(target: Target, *plugins: object) -> int:
    _same_examples()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-x", "--noconftest", "-o", "addopts=", "-p", "_hypothesis_pytestplugin"]
    options += ["-W", "ignore::pytest.PytestConfigWarning"]
    tests = target.tests if plugins else target.tests[::-1]  # the house knows most constants
    return int(pytest.main([*OPTIONS, *options, *tests], plugins=[WithoutDatabase(), *plugins]))


def _same_examples() -> None:
    """Let hypothesis try the same at every run, so that what the page says stays true."""
    hypothesis.settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("mutation")


def survivors(target: Target, source: str, changes: Sequence[str]) -> list[str]:
    """Try every change; return those that no test noticed."""
    quick = [text for text in changes if target.sql or only_bodies_differ(source, text)]
    with multiprocessing.get_context("fork").Pool(1) as process:
        alive = process.apply(_survivors_of_a_session, (target, [source, *quick]))
    if source not in alive:
        sys.exit(f"{target.path}: its tests fail where nothing was changed.")
    for text in changes:
        if text not in quick:
            status = outcome(target, text)
            if status in (98, 99):
                sys.exit(f"{target.path}: the changed text was not tried ({status}).")
            tell(status == 0)
            if status == 0:
                alive.append(text)
    return [text for text in changes if text in alive]


def _survivors_of_a_session(target: Target, texts: Sequence[str]) -> list[str]:
    plugin = InOneSession(target, texts)
    if target.sql:
        pytest.main([*OPTIONS, "-s", "-p", "no:terminal", *target.tests], plugins=[plugin])
    else:
        _run(target, plugin)
    return plugin.alive


def tell(survived: bool) -> None:
    sys.__stderr__.write("S" if survived else ".")
    sys.__stderr__.flush()


def difference(before: str, after: str) -> str:
    """Write a change as the page lists it."""
    told = [
        line
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "", "", n=0)
        if line[:1] in "+-" and line.rstrip() not in ("---", "+++")
    ]
    gone = " ".join(line[1:].strip() for line in told if line[0] == "-")
    come = " ".join(line[1:].strip() for line in told if line[0] == "+")
    return f"- `{gone}` → `{come}`" if come else f"- `{gone}` → nothing"


def explained(page: str) -> dict[str, set[str]]:
    """The survivors that the page lists, by module."""
    found: dict[str, set[str]] = {}
    module = ""
    for line in page.splitlines():
        if heading := re.match(r"### `(.+\.py)`", line):
            module = heading[1]
        elif line.startswith("- `") and module:
            found.setdefault(module, set()).add(line)
    return found


def import_what_it_uses(target: Target) -> None:
    """Import once what the module is made of: none of that knows the module."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "apps"]:
        del sys.modules[name]
    if target.sql:
        return  # the tests decide on the database before anything may be imported
    package = target.path.rpartition("/")[0].replace("/", ".")
    for node in ast.parse((ROOT / target.path).read_text()).body:
        if isinstance(node, ast.ImportFrom) and not f"{node.module}.".startswith(f"{package}."):
            importlib.import_module(str(node.module))


def try_all(target: Target, known: set[str]) -> bool:
    """Try every change of a module; tell whether each survivor is explained."""
    source = (ROOT / target.path).read_text()
    import_what_it_uses(target)
    made = sql_changes(target.path, target.sql) if target.sql else python_changes(target.path)
    changes = list(made)
    alive = [difference(source, text) for text in survivors(target, source, changes)]
    unexplained = [told for told in alive if told not in known]
    sys.stderr.write("\n")
    sys.stdout.write(
        f"{target.path}: {len(changes)} mutants, {len(changes) - len(alive)} killed,"
        f" {len(alive)} survived,"
        f" {len(unexplained)} of them unexplained\n"
    )
    sys.stdout.writelines(f"{told}\n" for told in unexplained)
    sys.stdout.flush()
    return not unexplained


def main(names: Sequence[str]) -> int:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for name in NEEDED:
        importlib.import_module(name)
    known = explained(PAGE.read_text()) if PAGE.exists() else {}
    with tempfile.TemporaryDirectory() as compiled:
        # Everything but the changed module, which is none of a file's, is compiled once.
        sys.pycache_prefix, sys.dont_write_bytecode = compiled, False
        good = [
            try_all(target, known.get(target.path, set()))
            for group, targets in TARGETS.items()
            for target in targets
            if not names or any(name == group or name in target.path for name in names)
        ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"{', '.join(TARGETS)}, or a part of a path")
    sys.exit(main(parser.parse_args().names))
