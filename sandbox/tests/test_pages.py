"""docs/sandbox.md says what the code says."""

import re
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.faults.kinds import KINDS
from sandbox.protocol.answers import _ROUTES
from sandbox.protocol.refusals import Refusal
from sandbox.telegram.bot import first_chats
from sandbox.telegram.methods import METHODS
from sandbox.world.leagues import LEAGUES, SFL

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "sandbox.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the one table whose first heading that is."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


class TestSandboxPage:
    def test_has_every_refusal_under_its_status(self):
        told = {
            (int(status), code)
            for status, codes in rows("status")
            for code in re.findall(r"`(\w+)`", codes)
        }

        assert told == {(refusal.status, refusal.name) for refusal in Refusal}

    def test_has_every_address(self):
        told = [cells[0].strip("`").format(sport="x", id="y") for cells in rows("address")]

        assert all(any(p.fullmatch(path) for p, _ in _ROUTES) for path in told)
        assert all(any(p.fullmatch(path) for path in told) for p, _ in _ROUTES)

    def test_has_every_option_and_what_it_is_at_first(self, capsys):
        with pytest.raises(SystemExit):
            main(["--help"])
        offered = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

        assert {cells[0].strip("`") for cells in rows("option")} == offered

    def test_has_every_league(self):
        told = {(cells[0], cells[1].strip("`")) for cells in rows("title")}

        assert told == {(league.sport.title, league.key) for league in LEAGUES.values()}

    def test_has_every_fault_with_its_rows_and_options(self):
        told = [
            (fault.strip("`"), numbers, tuple(re.findall(r"`(\w+)`", options)))
            for fault, numbers, options in rows("fault")
        ]

        assert told == [
            (kind.name, ", ".join(map(str, kind.rows)) or "-", kind.options) for kind in KINDS
        ]

    def test_has_every_method_and_chat_of_the_bot(self):
        assert all(f"`{method.__name__}`" in PAGE for method in METHODS.values())
        chats = " ".join(cells[0] for cells in rows("chat"))
        assert all(str(chat.id) in chats for chat in first_chats() if chat.id != -1001000000003)

    def test_has_how_wrong_the_market_is(self):
        assert f"standard deviation {SFL.rules.truth_sd[0]} points" in PAGE
        assert f"in total ({SFL.rules.truth_sd[1]})" in PAGE
        assert f"misjudges teams by {SFL.rules.mistake_sd[0]} points" in PAGE
