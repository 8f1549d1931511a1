import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.ops.settle_file import FileUnreadable, settle_file

REFERENCE_FILES = [
    "mlb_sbr_open_close_2014_2016.csv",
    "nba_sbr_open_close_2007_2017.csv",
    "ncaaf_cfbd_lines_2024_w01_w07.csv",
    "nfl_2025_w05_w07_results.csv",
    "nfl_bmr_games_2018_2019_and_2025w05_07.csv",
    "nfl_nflverse_1999_2019.csv",
    "nfl_sbr_open_close_2011_2019.csv",
    "nhl_oddsportal_2008_2019_and_2023.csv",
]


@pytest.fixture
def a_file(tmp_path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def reference_counts(shared_data) -> dict[str, dict[str, int | None]]:
    path = shared_data / "reference/settlement/grade_all_counts.csv"
    with path.open(newline="") as file:
        return {
            Path(row.pop("file")).name: {
                column: int(float(cell)) if cell else None for column, cell in row.items()
            }
            for row in csv.DictReader(file)
        }


class TestSettlingAFile:
    def test_the_reference_has_no_file_that_is_not_compared(self, shared_data):
        assert sorted(reference_counts(shared_data)) == REFERENCE_FILES

    @pytest.mark.parametrize("name", REFERENCE_FILES)
    def test_gives_the_reference_counts(self, name, shared_data):
        expected = reference_counts(shared_data)[name]

        counts = settle_file(shared_data / "games" / name).as_dict()

        assert {column: counts[column] for column in expected} == expected
        assert counts["unsettled"].get("LINE_NOT_QUARTERS") is None

    def test_reads_every_other_file_and_says_what_it_lacks(self, shared_data):
        for path in sorted((shared_data / "games").glob("*.csv")):
            counts = settle_file(path)

            assert counts.rows > 0
            if counts.final == 0:
                assert counts.home_win is None
                assert "final scores: nothing was settled" in counts.missing
            for first, push, last in [
                (counts.home_win, counts.tie, counts.away_win),
                (counts.home_cover, counts.spread_push, counts.away_cover),
                (counts.over, counts.total_push, counts.under),
            ]:
                assert first is None or first + push + last <= counts.final

    def test_counts_halves_of_quarter_lines_among_and_beside(self, shared_data):
        counts = settle_file(shared_data / "games/soccer_fd_2024_25.csv")

        assert (counts.half_home_cover, counts.half_away_cover) == (236, 280)
        assert counts.home_cover + counts.spread_push + counts.away_cover == 3479

    def test_counts_ties_that_cannot_be_as_suspect(self, shared_data):
        baseball = settle_file(shared_data / "games/mlb_sbr_open_close_2014_2016.csv")
        football = settle_file(shared_data / "games/nfl_nflverse_1999_2019.csv")

        assert (baseball.tie, baseball.suspect) == (11, 11)
        assert (football.tie, football.suspect) == (10, 0)

    def test_takes_a_pickem_for_a_line_and_an_empty_cell_for_none(self, a_file):
        path = a_file(
            "nfl_x.csv",
            "home_score,away_score,home_close_spread,close_total\n20,17,0,37\n20,17,,\n,,-3,41\n",
        )

        counts = settle_file(path)

        assert (counts.rows, counts.final, counts.home_win) == (3, 2, 2)
        assert (counts.home_cover, counts.total_push) == (1, 1)
        assert counts.unsettled == {"LINE_MISSING": 2}

    def test_guesses_no_line_from_another_column(self, a_file):
        counts = settle_file(a_file("x.csv", "home_score,away_score\n20,17\n"))

        assert counts.home_win == 1
        assert (counts.over, counts.home_cover, counts.suspect) == (None, None, None)
        assert [what.split(" (")[0] for what in counts.missing] == [
            "closing spread",
            "closing total",
        ]

    @pytest.mark.parametrize(
        "text", ["", "home_score,away_score\ntwenty,17\n", "home_score,away_score\ninf,17\n"]
    )
    def test_refuses_what_is_no_table_of_games(self, text, a_file):
        with pytest.raises(FileUnreadable):
            settle_file(a_file("x.csv", text))


class TestTheCommand:
    def test_prints_json_alone_on_request(self, a_file, capsys):
        path = a_file("nfl_x.csv", "home_score,away_score,close_total\n20,17,36.5\n")

        call_command("settle_file", str(path), "--json", "-")

        printed = json.loads(capsys.readouterr().out)
        assert (printed["home_win"], printed["over"], printed["home_cover"]) == (1, 1, None)

    def test_writes_json_beside_the_table(self, a_file, tmp_path, capsys):
        path = a_file("nfl_x.csv", "home_score,away_score\n20,17\n")
        target = tmp_path / "counts.json"

        call_command("settle_file", str(path), "--json", str(target))

        assert json.loads(target.read_text())["final"] == 1
        assert "missing: closing spread" in capsys.readouterr().out

    def test_refuses_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="nowhere"):
            call_command("settle_file", str(tmp_path / "nowhere.csv"))
