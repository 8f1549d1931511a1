"""What code and pages refer to is there, and no text knows the machine it was written on."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

TEXTS = frozenset(
    {"", ".cfg", ".css", ".html", ".in", ".ini", ".js", ".md", ".py", ".sh", ".sql", ".toml"}
    | {".txt", ".yaml", ".yml"}
)
# What is made on this machine, by it and for it: never part of the project.
MADE_HERE = frozenset({"__pycache__", "node_modules", "secrets", "static-collected"})
KEPT_HIDDEN = frozenset({".ci", ".github", ".gitignore", ".env.example"})

# A page's path, and the sections that are cited of it. A bare name in quotes is a part of a path
# that code puts together, and no citation.
CITATION = re.compile(
    r"(?<![^\"]\")(?<![\w/.-])(?P<page>[\w/.-]*\w\.md)\b"
    r"(?:[\s#]+sections?\s+(?P<numbers>\d+(?:(?:,\s*|\s+and\s+|\s+to\s+)\d+)*))?"
)
SECTION = re.compile(r"^## (\d+)\.", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

MACHINE = re.compile(r"(?<![\w./~:}-])/(?:work|root|home|Users|private)(?![\w-])")
PACKAGE_HOST = re.compile(
    r"pypi\.org|pythonhosted|npmjs\.|crates\.io|anaconda\.org|proxy\.golang|artifactory|devpi"
    r"|(?<!no-emit-)(?:index-url|find-links)|trusted-host",
    re.IGNORECASE,
)


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Every text file of the project but this one, which quotes bad examples."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if _belongs(name) and name not in MADE_HERE)
        for name in sorted(filter(_belongs, files)):
            path = Path(folder, name)
            if path.suffix in TEXTS and path != Path(__file__).resolve():
                yield path, path.read_text()


def _belongs(name: str) -> bool:
    return not name.startswith(".") or name in KEPT_HIDDEN


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def broken_citations(root: Path) -> list[str]:
    """Cited pages that are not where they are said to be, from the project's folder on, and
    sections they do not have. A page may name its neighbours without the folder.
    """
    broken = []
    for path, text in texts(root):
        for found in CITATION.finditer(text):
            page = root / found["page"]
            if path.suffix == ".md" and not page.is_file():
                page = path.parent / found["page"]
            where = f"{path.relative_to(root)}: {found['page']}"
            if not page.is_file():
                broken.append(where)
            elif found["numbers"]:
                there = set(map(int, SECTION.findall(page.read_text())))
                missing = _numbers(found["numbers"]) - there
                broken += [f"{where} section {number}" for number in sorted(missing)]
    return broken


def _numbers(cited: str) -> set[int]:
    """``2, 4 to 6 and 9`` as the numbers that it means."""
    spans = re.findall(r"(\d+)(?:\s+to\s+(\d+))?", cited)
    return {number for a, b in spans for number in range(int(a), int(b or a) + 1)}


def broken_links(root: Path) -> list[str]:
    """Relative links of the pages that lead to no file, or to no heading of it."""
    broken = []
    for page in pages(root):
        for link in LINK.findall(FENCED.sub("", page.read_text())):
            target, _, anchor = link.partition("#")
            if re.match(r"\w+:", target):
                continue
            file = page.parent / target if target else page
            if not file.exists() or (anchor and anchor not in _anchors(file)):
                broken.append(f"{page.relative_to(root)}: {link}")
    return broken


def _anchors(page: Path) -> set[str]:
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def foreign_places(root: Path) -> list[str]:
    """Lines that name a folder of somebody's machine, or where packages are fetched from."""
    return [
        f"{path.relative_to(root)}:{number}: {found[0]}"
        for path, text in texts(root)
        for number, line in enumerate(text.splitlines(), start=1)
        for pattern in (MACHINE, PACKAGE_HOST)
        if (found := pattern.search(line))
    ]


@pytest.fixture
def project(tmp_path) -> Path:
    """A small project without a fault."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("See [the rules](docs/rules.md#2-odds).\n")
    (tmp_path / "docs" / "rules.md").write_text(
        "# Rules\n\n## 1. Words\n\nSee rules.md section 2.\n\n## 2. Odds\n"
    )
    (tmp_path / "code.py").write_text(
        '"""docs/rules.md section 1, docs/rules.md sections 1 to 2 and README.md."""\n'
        'PAGE = "docs" / "rules.md"\n'
        'URL = "https://example.com/work/here"\n'
    )
    return tmp_path


SLASH = "/"  # bad examples are put together, so that this file names no machine either


class TestCitations:
    def test_name_pages_and_sections_that_exist(self):
        assert broken_citations(ROOT) == []

    def test_are_found_in_the_code_that_follows_the_pages(self):
        cited = [
            (found["page"], number)
            for path, text in texts(ROOT)
            if path.suffix == ".py"
            for found in CITATION.finditer(text)
            for number in _numbers(found["numbers"] or "")
        ]

        assert {page for page, _ in cited} >= {"docs/domain.md", "docs/model.md"}
        assert {number for page, number in cited if page == "docs/domain.md"} >= {3, 4, 5, 6, 7}

    def test_without_a_fault_are_let_through(self, project):
        assert broken_citations(project) == []

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("# docs/nowhere.md", "docs/nowhere.md"),
            ('"""rules.md section 1"""', "rules.md"),
            ("# Source: rules.md section 1.", "rules.md"),
            ("# docs/rules.md section 3", "docs/rules.md section 3"),
            ("# docs/rules.md\n# section 3", "docs/rules.md section 3"),
            ("# docs/rules.md sections 1 and 4", "docs/rules.md section 4"),
            ("# docs/rules.md sections 1 to 3", "docs/rules.md section 3"),
        ],
    )
    def test_to_nowhere_are_found(self, project, text, fault):
        (project / "bad.py").write_text(text)

        assert broken_citations(project) == [f"bad.py: {fault}"]


class TestLinks:
    def test_lead_somewhere(self):
        assert broken_links(ROOT) == []

    def test_without_a_fault_are_let_through(self, project):
        assert broken_links(project) == []

    @pytest.mark.parametrize("link", ["gone.md", "rules.md#3-nothing", "#nothing", "../code.txt"])
    def test_to_nowhere_are_found(self, project, link):
        (project / "docs" / "bad.md").write_text(f"# Bad\n\nSee [this]({link}).\n")

        assert broken_links(project) == [f"docs/bad.md: {link}"]


class TestMutationPage:
    def test_lists_survivors_that_the_modules_still_have(self):
        page = (ROOT / "docs" / "mutation.md").read_text()
        _, *sections = re.split(r"^### `(.+\.py)`.*$", page, flags=re.MULTILINE)
        listed = {
            (module, before)
            for module, text in zip(sections[::2], sections[1::2], strict=True)
            for before in re.findall(r"^- `(.+)` → ", text, flags=re.MULTILINE)
        }

        stale = [
            (module, before)
            for module, before in sorted(listed)
            if " ".join(before.split()) not in " ".join((ROOT / module).read_text().split())
        ]
        assert len(listed) > 10
        assert stale == []


class TestPlaces:
    def test_of_no_machine_and_no_package_host_are_named(self):
        assert foreign_places(ROOT) == []

    def test_that_are_nobodys_are_let_through(self, project):
        assert foreign_places(project) == []

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            (f"data in {SLASH}work/shared/data", f"{SLASH}work"),
            ('FOLDER = "/root"', "/root"),
            (f"see `{SLASH}home/olivia/notes`", f"{SLASH}home"),
            ("cp x /Users/me/y", "/Users"),
            ("pip install --index-url=https://example.com", "index-url"),
            ("https://pypi.org/simple", "pypi.org"),
        ],
    )
    def test_of_somebodys_are_found(self, project, line, fault):
        (project / "bad.md").write_text(f"# Bad\n{line}\n")

        assert foreign_places(project) == [f"bad.md:2: {fault}"]
