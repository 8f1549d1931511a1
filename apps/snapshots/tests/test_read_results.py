import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.snapshots.reading.archive import read_archive
from apps.snapshots.reading.codes import Quarantined as Q
from apps.snapshots.reading.codes import Refused, Suspect
from apps.snapshots.reading.results import ToldResult, final_time
from apps.snapshots.reading.scores import read_scores
from apps.snapshots.reading.wire import PayloadRefused
from apps.snapshots.tests.factories import (
    BRONCOS,
    JETS,
    JETS_GAME,
    KICKOFF,
    NIGHT,
    PAYLOADS,
    body_of,
    scores,
)


def told(**change):
    games = scores()
    games[0].update(change)
    return read_scores(body_of(games), captured_at=NIGHT)


def assert_adds_up(read) -> None:
    assert len(read.results) + read.tray.total == read.told


class TestScores:
    def test_are_found_by_name_and_read_from_text(self):
        read = told()

        [result] = read.results
        assert (result.source_event_id, result.home, result.away) == (JETS_GAME, JETS, BRONCOS)
        assert (result.home_score, result.away_score) == (11, 13)
        assert result.reported_at == datetime(2025, 10, 12, 20, 11, 40, tzinfo=UTC)
        assert read.told == 1  # the other game is not over

    def test_may_come_as_numbers(self):
        read = told(scores=[{"name": JETS, "score": 11}, {"name": BRONCOS, "score": 13}])

        assert read.results[0].home_score == 11

    @pytest.mark.parametrize("missing", [None, [], [{"name": JETS, "score": None}]])
    def test_may_be_missing_and_are_then_missing(self, missing):
        [result] = told(scores=missing).results

        assert None in (result.home_score, result.away_score)

    @pytest.mark.parametrize("score", ["eleven", "-3", "1e2", "\u0663", "", "1234", 7.5, True, -3])
    def test_that_are_no_points_are_set_aside(self, score):
        read = told(scores=[{"name": JETS, "score": score}, {"name": BRONCOS, "score": "13"}])

        assert read.tray.counts == {Q.SCORE_NOT_A_NUMBER: 1}
        assert_adds_up(read)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"scores": [{"name": "Jets", "score": "11"}]}, Q.UNKNOWN_OUTCOME),
            ({"scores": [{"name": JETS, "score": "1"}] * 2}, Q.DUPLICATE_OUTCOME),
            ({"home_team": None}, Q.EVENT_SHAPE),
            ({"home_team": ""}, Q.EVENT_WITHOUT_TEAMS),
            ({"home_team": BRONCOS}, Q.EVENT_SAME_TEAM_TWICE),
            ({"id": None}, Q.EVENT_ID_MISSING),
            ({"commence_time": "2025-10-12T17:00:00"}, Q.TIME_NAIVE),
            ({"commence_time": "1970-01-01T00:00:00Z"}, Q.TIME_IMPLAUSIBLE),
            ({"last_update": "2025-10-12T23:00:00Z"}, Q.TIME_IN_FUTURE),
            ({"completed": "yes"}, Q.EVENT_SHAPE),
        ],
    )
    def test_of_a_game_that_is_not_understood_are_set_aside(self, change, code):
        read = told(**change)

        assert read.tray.counts == {code: 1}
        assert read.results == []
        assert_adds_up(read)

    def test_of_a_game_told_twice_are_the_newest(self):
        games = scores()
        older = {**games[0], "scores": None, "last_update": "2025-10-12T19:00:00Z"}
        read = read_scores(body_of([older, *games]), captured_at=NIGHT)

        assert [result.home_score for result in read.results] == [11]
        assert read.tray.counts == {Q.DUPLICATE_EVENT: 1}
        assert_adds_up(read)

    def test_of_games_under_way_are_passed_by(self):
        read = told(completed=False)

        assert (read.results, read.told) == ([], 0)

    @pytest.mark.parametrize(
        ("body", "refused"),
        [(b"<html>", Refused.HTML), (b"{}", Refused.SHAPE), (b"[{", Refused.TRUNCATED)],
    )
    def test_refuse_what_is_no_list(self, body, refused):
        with pytest.raises(PayloadRefused) as refusal:
            read_scores(body, captured_at=NIGHT)

        assert refusal.value.refused is refused


class TestSuspicion:
    def told(self, home, away):
        return ToldResult("[0]", JETS_GAME, JETS, BRONCOS, KICKOFF, home, away, None)

    @pytest.mark.parametrize(
        ("home", "away", "can_tie", "scoreless", "suspect"),
        [
            (11, 13, False, False, None),
            (0, 13, False, False, None),
            (None, 13, True, True, Suspect.SCORES_MISSING),
            (None, None, True, True, Suspect.SCORES_MISSING),
            (0, 0, True, False, Suspect.SCORELESS),
            (0, 0, True, True, None),
            (20, 20, True, False, None),
            (20, 20, False, False, Suspect.TIE),
        ],
    )
    def test_falls_on_scores_that_cannot_be(self, home, away, can_tie, scoreless, suspect):
        said = self.told(home, away).suspect(
            can_tie=can_tie, can_end_scoreless=scoreless, begins_at=KICKOFF, captured_at=NIGHT
        )

        assert said is suspect

    def test_falls_on_a_final_before_the_game(self):
        said = self.told(11, 13).suspect(
            can_tie=True, can_end_scoreless=True, begins_at=NIGHT, captured_at=KICKOFF
        )

        assert said is Suspect.BEFORE_START


class TestArchive:
    def read(self, body=None, at=NIGHT):
        if body is None:
            body = (PAYLOADS / "nflverse_games.csv").read_bytes()
        return read_archive(body, captured_at=at)

    def test_tells_the_games_that_were_played(self):
        read = self.read()

        assert [result.source_event_id for result in read.results] == [
            "2024_01_ARI_BUF",
            "2024_01_NYJ_SF",
            "2024_05_MIN_NYJ",
            "2024_05_BAL_CIN",
        ]
        assert read.tray.counts == {Q.GAME_NOT_OVER: 1}
        assert_adds_up(read)

    def test_reads_new_yorks_time_and_who_is_at_home(self):
        first, _night, london, overtime = self.read().results

        assert first.start_time == datetime(2024, 9, 8, 17, 0, tzinfo=UTC)
        assert (first.home, first.home_score, first.neutral) == ("BUF", 34, False)
        assert london.neutral
        assert overtime.overtime
        assert overtime.reported_at == datetime(2024, 10, 6, 21, 0, tzinfo=UTC)
        assert all(result.over for result in self.read().results)

    def test_does_not_know_yet_what_was_not_over_then(self):
        read = self.read(at=datetime(2024, 9, 10, 3, 0, tzinfo=UTC))

        assert len(read.results) == 1
        assert read.tray.counts[Q.GAME_NOT_OVER] == 4

    @pytest.mark.parametrize(
        ("column", "value", "code"),
        [
            ("gametime", "", Q.START_TIME_MISSING),
            ("gametime", "noon", Q.TIME_UNREADABLE),
            ("home_score", "34.5", Q.SCORE_NOT_A_NUMBER),
            ("game_id", "", Q.EVENT_ID_MISSING),
            ("away_team", "", Q.EVENT_WITHOUT_TEAMS),
        ],
    )
    def test_sets_a_row_aside_and_goes_on(self, column, value, code):
        lines = (PAYLOADS / "nflverse_games.csv").read_text().splitlines()
        row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
        lines[1] = ",".join({**row, column: value}.values())

        read = self.read("\n".join(lines).encode())

        assert read.tray.counts[code] == 1
        assert len(read.results) == 3
        assert_adds_up(read)

    def test_tells_a_game_once(self):
        lines = (PAYLOADS / "nflverse_games.csv").read_text().splitlines()

        read = self.read("\n".join([*lines, lines[1]]).encode())

        assert read.tray.counts[Q.DUPLICATE_EVENT] == 1

    @pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", json.dumps([]).encode()])
    def test_refuses_another_file(self, body):
        with pytest.raises(PayloadRefused) as refusal:
            self.read(body)

        assert refusal.value.refused is Refused.NOT_CSV


class TestFinalTime:
    def test_is_half_an_hour_later_after_overtime(self):
        assert final_time(KICKOFF, overtime=False).isoformat() == "2025-10-12T20:30:00+00:00"
        assert final_time(KICKOFF, overtime=True).isoformat() == "2025-10-12T21:00:00+00:00"


SHEET = "id,home_team,away_team,commence_time,home_score,away_score,remark\r\n"


def of_sheet(*rows: str):
    return read_scores((SHEET + "\r\n".join(rows)).encode(), captured_at=NIGHT)


class TestTables:
    """What people keep says the same as a body in the provider's shape."""

    def test_of_results_read_like_a_scores_body(self):
        row = f'{JETS_GAME},{JETS},"{BRONCOS}",{KICKOFF.isoformat()},11,13,"rain, wind"'
        [result] = of_sheet(row).results
        [live] = told(last_update=None).results

        assert result == replace(live, start_time=result.start_time)
        assert result.start_time == KICKOFF

    def test_pass_by_games_that_are_not_over(self):
        read = of_sheet(f"{JETS_GAME},{JETS},{BRONCOS},{KICKOFF.isoformat()},,,")

        assert (read.told, read.results, read.tray.total) == (0, [], 0)

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            (f"{JETS_GAME},{JETS},{BRONCOS},2025-10-12T17:00:00,11,13,", Q.TIME_NAIVE),
            (f"{JETS_GAME},{JETS},{BRONCOS},2025-10-12T17:00:00Z,eleven,13,", Q.SCORE_NOT_A_NUMBER),
            (f",{JETS},{BRONCOS},2025-10-12T17:00:00Z,11,13,", Q.EVENT_ID_MISSING),
            (f"{JETS_GAME},{JETS},,2025-10-12T17:00:00Z,11,13,", Q.EVENT_WITHOUT_TEAMS),
        ],
    )
    def test_lose_no_row_that_cannot_be_read(self, row, code):
        read = of_sheet(row)

        assert read.tray.counts == {code: 1}
        assert_adds_up(read)

    def test_with_one_score_are_doubted_not_completed(self):
        [result] = of_sheet(f"{JETS_GAME},{JETS},{BRONCOS},{KICKOFF.isoformat()},11,,").results

        assert (result.home_score, result.away_score) == (11, None)

    @pytest.mark.parametrize(
        ("body", "refused"),
        [
            (b"id,home_team\r\n1,2", Refused.NOT_CSV),
            (b"nothing of the kind", Refused.NOT_CSV),
            (SHEET.encode() + b"\xff\xfe,1", Refused.NOT_UTF8),
            (SHEET.encode() + b'1,"unclosed', Refused.NOT_CSV),
        ],
    )
    def test_that_are_none_are_refused(self, body, refused):
        with pytest.raises(PayloadRefused) as refusal:
            read_scores(body, captured_at=NIGHT)

        assert refusal.value.refused is refused
