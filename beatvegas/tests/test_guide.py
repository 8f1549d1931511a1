"""The operator's guide says what there is: commands with their options, entries of the sidebar."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from apps.ops.navigation import GROUPS

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGES = sorted([*DOCS.glob("operate/*.md"), DOCS / "deploy.md"])
COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`\n]*)")
BOLD = re.compile(r"\*\*([A-Z][\w ]+)\*\*")


def commands(page: Path) -> list[tuple[str, str]]:
    text = page.read_text().replace("\\\n", " ")
    return COMMAND.findall(text)


class TestCommands:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
    def test_exist_with_the_options_they_are_given(self, page):
        for name, rest in commands(page):
            assert name in get_commands(), name
            command = load_command_class(get_commands()[name], name)
            known = command.create_parser("manage.py", name)._option_string_actions
            given = [word for word in shlex.split(rest, comments=True) if word.startswith("--")]
            assert set(given) <= set(known), name

    def test_are_found_in_the_guide(self):
        named = {name for page in PAGES for name, _ in commands(page)}

        assert named >= {"stop", "provision_tenant", "rehearse", "install", "create_operator"}


class TestEntries:
    def test_of_the_sidebar_are_called_as_they_are(self):
        """Each page that sends somebody to the sidebar names an entry that stands there."""
        entries = {entry.title for _, group in GROUPS for entry in group}
        sent = {
            "read-the-overview": {"Overview", "Alerts", "Approvals", "Feeds", "Polls", "Questions"},
            "stop-publishing": {"Overview", "Publishing"},
            "turn-it-on-again": {"Publishing", "Approvals"},
            "add-a-tenant": {"Tenants", "Publishing", "People", "Configuration"},
            "change-thresholds": {"Configuration"},
            "enter-what-no-provider-tells": {"Events", "Feeds", "Results", "Injuries", "Questions"},
            "put-together-a-parlay": {"Parlays", "Picks", "Parlay grades"},
            "budget-a-provider": {"Providers", "Feeds", "Alerts"},
        }
        for page, named in sent.items():
            bold = set(BOLD.findall((DOCS / "operate" / f"{page}.md").read_text()))
            assert named <= bold, page
            assert named <= entries, page

    def test_every_page_is_in_the_index(self):
        index = (DOCS / "operate" / "README.md").read_text()

        for page in DOCS.glob("operate/*.md"):
            assert page.name == "README.md" or f"({page.name})" in index, page
