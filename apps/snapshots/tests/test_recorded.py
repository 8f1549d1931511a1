import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.snapshots.providers import registry
from apps.snapshots.providers.ports import (
    ArchiveProvider,
    FetchOutcome,
    FetchRequest,
    MarketDataProvider,
    Outcome,
    ResultsProvider,
)
from apps.snapshots.providers.recorded import (
    ChangeLog,
    RecordedArchive,
    RecordedBodies,
    RecordedOdds,
    RecordedResults,
)
from apps.snapshots.tests.factories import BRONCOS, JETS, SATURDAY

NFL = "americanfootball_nfl"
LOGS = [
    ("intraday_nfl_2025w05.csv", NFL),
    ("intraday_nfl_2025w06.csv", NFL),
    ("intraday_nfl_2025w07.csv", NFL),
    ("intraday_ncaaf_20251011.csv", "americanfootball_ncaaf"),
    ("intraday_mlb_20260710.csv", "baseball_mlb"),
    ("intraday_wnba_20260715.csv", "basketball_wnba"),
    ("intraday_worldcup_20260620.csv", "soccer_fifa_world_cup"),
]

EVENTS = (
    "event_id,sport_key,home,away,commence_first,first_seen,last_seen,game_id\n"
    "game1,americanfootball_nfl,New York Jets,Denver Broncos,2025-10-12T13:30:00Z,"
    "2025-10-12T12:00:00Z,2025-10-12T13:40:00Z,2025_06_DEN_NYJ\n"
)
HEAD = (
    "captured_at,last_update,event_id,book,market,kind,in_play,"
    "side1_price,side2_price,draw_price,side1_point,side2_point\n"
)
LOG = HEAD + (
    "2025-10-12T12:00:00Z,2025-10-12T11:59:00Z,game1,fanduel,spreads,first,0,-110,-110,,7.5,-7.5\n"
    "2025-10-12T12:00:00Z,2025-10-12T11:58:00Z,game1,betmgm,h2h,first,0,280,-350,,,\n"
    "2025-10-12T12:10:00Z,2025-10-12T12:09:00Z,game1,fanduel,spreads,change,0,-105,-115,,7,-7\n"
    "2025-10-12T12:20:00Z,,game1,betmgm,h2h,gone,0,,,,,\n"
    "2025-10-12T12:30:00Z,2025-10-12T12:29:00Z,game1,betmgm,h2h,back,0,270,-340,,,\n"
    "2025-10-12T13:35:00Z,2025-10-12T13:34:00Z,game1,fanduel,spreads,change,0,-108,-112,,7,-7\n"
    "2025-10-12T13:40:00Z,2025-10-12T13:39:00Z,game1,fanduel,spreads,change,1,-120,100,,6,-6\n"
    "2025-10-12T13:50:00Z,,game1,fanduel,spreads,gone,1,,,,,\n"
    "2025-10-12T13:50:00Z,,game1,betmgm,h2h,gone,1,,,,,\n"
    "2025-10-12T14:00:00Z,2025-10-12T13:59:00Z,game2,fanduel,h2h,first,0,100,-120,,,\n"
)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2025-10-12T{clock}+00:00").astimezone(UTC)


@pytest.fixture
def odds(tmp_path: Path) -> RecordedOdds:
    events = EVENTS + (
        "game2,americanfootball_nfl,Atlanta Falcons,Buffalo Bills,2025-10-13T23:15:00Z,"
        "2025-10-12T14:00:00Z,2025-10-13T23:00:00Z,2025_06_BUF_ATL\n"
    )
    (tmp_path / "events.csv").write_text(events)
    (tmp_path / "log.csv").write_text(LOG)
    return RecordedOdds(
        ChangeLog(changelogs=[tmp_path / "log.csv"], events=tmp_path / "events.csv")
    )


def ask(clock: str, after: str | None = None, **options: str) -> FetchRequest:
    return FetchRequest(
        league_key=NFL, at=at(clock), after=at(after) if after else None, options=options
    )


def shown(answer: FetchOutcome) -> dict[str, dict]:
    """What a body shows, by event and book: markets by key."""
    return {
        event["id"]: {
            book["key"]: {market["key"]: market for market in book["markets"]}
            for book in event["bookmakers"]
        }
        for event in json.loads(answer.body)
    }


class TestWhen:
    def test_the_polls_come_at_their_own_time_one_by_one(self, odds):
        first = odds.fetch_odds(ask("12:25"))
        second = odds.fetch_odds(ask("12:25", after="12:00"))

        assert (first.outcome, first.captured_at, first.next_at) == (
            Outcome.OK,
            at("12:00"),
            at("12:10"),
        )
        assert second.captured_at == at("12:10")

    def test_nothing_comes_before_its_time(self, odds):
        early = odds.fetch_odds(ask("11:00"))

        assert (early.outcome, early.body, early.next_at) == (Outcome.NOT_DUE, None, at("12:00"))

    def test_nothing_comes_after_the_last(self, odds):
        last = odds.fetch_odds(ask("20:00", after="13:50"))
        over = odds.fetch_odds(ask("20:00", after="14:00"))

        assert (last.captured_at, last.exhausted) == (at("14:00"), True)
        assert (over.outcome, over.exhausted) == (Outcome.NOT_DUE, True)

    def test_a_window_leaves_out_what_is_beyond_and_knows_what_was_before(self, odds):
        window = {"from": "2025-10-12T12:15:00Z", "to": "2025-10-12T12:30:00Z"}

        first = odds.fetch_odds(ask("20:00", **window))
        last = odds.fetch_odds(ask("20:00", after="12:20", **window))

        assert first.captured_at == at("12:20")
        assert shown(first)["game1"]["fanduel"]["spreads"]["outcomes"][0]["price"] == -105
        assert (last.captured_at, last.exhausted) == (at("12:30"), True)

    def test_a_poll_asked_for_again_is_the_same_bytes(self, odds):
        first = odds.fetch_odds(ask("12:30"))
        odds.fetch_odds(ask("20:00", after="13:35"))

        assert odds.fetch_odds(ask("12:30")) == first


class TestBoard:
    def test_holds_what_the_poll_changed_and_what_it_did_not(self, odds):
        books = shown(odds.fetch_odds(ask("12:10", after="12:00")))["game1"]

        assert books["fanduel"]["spreads"]["outcomes"] == [
            {"name": JETS, "price": -105, "point": 7},
            {"name": BRONCOS, "price": -115, "point": -7},
        ]
        # Not stamped anew: the quote was seen again, it did not change.
        assert books["betmgm"]["h2h"]["last_update"] == "2025-10-12T11:58:00Z"

    def test_loses_what_is_gone_and_shows_what_is_back(self, odds):
        gone = shown(odds.fetch_odds(ask("12:20", after="12:10")))["game1"]
        back = shown(odds.fetch_odds(ask("12:30", after="12:20")))["game1"]

        assert set(gone) == {"fanduel"}
        assert back["betmgm"]["h2h"]["last_update"] == "2025-10-12T12:29:00Z"

    def test_shows_a_game_empty_once_and_then_no_more(self, odds):
        left = shown(odds.fetch_odds(ask("13:50", after="13:40")))
        after = shown(odds.fetch_odds(ask("14:00", after="13:50")))

        assert left == {"game1": {}}
        assert set(after) == {"game2"}

    @pytest.mark.parametrize(
        ("clock", "after", "start"),
        [
            ("12:00", None, "2025-10-12T13:30:00Z"),  # the first known
            ("13:35", "12:30", "2025-10-12T13:36:00Z"),  # passed, and not in play
            ("13:40", "13:35", "2025-10-12T13:30:00Z"),
        ],
    )
    def test_reports_the_start_that_the_feed_must_have_reported(self, odds, clock, after, start):
        answer = odds.fetch_odds(ask(clock, after=after))

        assert json.loads(answer.body)[0]["commence_time"] == start

    def test_reports_a_game_in_play_that_began_before_its_first_start(self, tmp_path):
        (tmp_path / "events.csv").write_text(EVENTS.replace("T13:30:00Z", "T20:25:00Z"))
        (tmp_path / "log.csv").write_text(LOG.rpartition("2025-10-12T14:00")[0])
        odds = RecordedOdds(
            ChangeLog(changelogs=[tmp_path / "log.csv"], events=tmp_path / "events.csv")
        )

        answer = odds.fetch_odds(ask("13:40", after="13:35"))

        assert json.loads(answer.body)[0]["commence_time"] == "2025-10-12T13:40:00Z"


class TestRealLogs:
    @pytest.mark.parametrize(("log", "sport"), LOGS)
    def test_every_row_of_a_log_comes_out_in_play_as_it_says(self, log, sport, shared_data):
        games = shared_data / "games"
        odds = RecordedOdds(
            ChangeLog(changelogs=[games / log], events=games / "intraday_events.csv")
        )
        starts: dict[tuple[str, str], datetime] = {}
        for index, moment in enumerate(odds.log.instants):
            for event in json.loads(odds.body_at(index, sport)):
                start = datetime.fromisoformat(event["commence_time"])
                starts[moment.isoformat(), event["id"]] = start

        with (games / log).open(newline="") as file:
            rows = list(csv.DictReader(file))
        agrees: Counter[bool] = Counter()
        for row in rows:
            moment = datetime.fromisoformat(row["captured_at"])
            in_play = moment >= starts[moment.isoformat(), row["event_id"]]
            agrees[in_play is (row["in_play"] == "1")] += 1

        assert agrees == {True: len(rows)}

    @pytest.mark.parametrize(("log", "sport"), LOGS)
    def test_the_board_of_a_log_is_what_its_rows_add_up_to(self, log, sport, shared_data):
        games = shared_data / "games"
        odds = RecordedOdds(
            ChangeLog(changelogs=[games / log], events=games / "intraday_events.csv")
        )
        quoted: dict[tuple[str, str, str], tuple[str, ...]] = {}
        draws = 0
        for index, moment in enumerate(odds.log.instants):
            for change in odds.log.by_poll[moment]:
                key = (change.event_id, change.book, change.market)
                quoted.pop(key, None)
                if change.kind != "gone":
                    quoted[key] = (change.last_update, *change.prices)
                    draws += bool(change.prices[2])
            if index % 40 and index != len(odds.log.instants) - 1:
                continue
            body = json.loads(odds.body_at(index, sport))
            board = {
                (event["id"], book["key"], market["key"]): market
                for event in body
                for book in event["bookmakers"]
                for market in book["markets"]
            }
            on_air = {event["id"] for event in body}
            assert {key: market["last_update"] for key, market in board.items()} == {
                key: value[0] for key, value in quoted.items() if key[0] in on_air
            }
            for key, market in board.items():
                prices = [str(outcome["price"]) for outcome in market["outcomes"]]
                assert prices == [price for price in quoted[key][1:] if price]

        assert bool(draws) is (sport == "soccer_fifa_world_cup")

    def test_three_weeks_are_written_in_seconds(self, shared_data):
        games = shared_data / "games"
        logs = [games / name for name, sport in LOGS if sport == NFL]
        odds = RecordedOdds(ChangeLog(changelogs=logs, events=games / "intraday_events.csv"))

        bodies = [odds.body_at(index, NFL) for index in range(len(odds.log.instants))]

        assert len(bodies) == 778
        assert all(json.loads(body) for body in bodies[::100])


class TestBodies:
    def test_come_as_they_were_recorded_at_the_time_in_their_name(self, shared_data):
        folder = shared_data / "oddsapi" / "series_nfl_20251012"
        recorded = RecordedBodies(folder)

        first = recorded.fetch_odds(ask("21:30"))
        second = recorded.fetch_odds(ask("21:30", after="15:18:58"))

        assert first.captured_at == at("15:18:58")
        assert first.body == (folder / "20251012T151858Z.json").read_bytes()
        assert second.captured_at == at("15:30:58")
        assert len(recorded.shelf.instants) == 23

    def test_fail_while_nobody_answered_and_go_on_afterwards(self, tmp_path):
        for clock in ("12:00", "13:00", "16:00"):
            (tmp_path / f"{at(clock):%Y%m%dT%H%M%SZ}.json").write_bytes(b"[]")
        (tmp_path / f"{at('12:30'):%Y%m%dT%H%M%SZ}.down").write_text("2025-10-12T15:30:00Z\n")
        recorded = RecordedBodies(tmp_path)

        before = recorded.fetch_odds(ask("12:00"))
        down = [recorded.fetch_odds(ask(clock, after="12:00")) for clock in ("12:30", "15:29")]
        after = recorded.fetch_odds(ask("15:30", after="12:00"))

        # It is asked when the outage begins and again by its own rhythm: those calls failed.
        assert (before.captured_at, before.next_at) == (at("12:00"), at("12:30"))
        assert [(one.outcome, one.http_status, one.next_at) for one in down] == [
            (Outcome.SERVER, 503, None)
        ] * 2
        assert [one.captured_at for one in down] == [at("12:30"), at("15:29")]
        assert (after.outcome, after.captured_at) == (Outcome.OK, at("13:00"))


class TestResults:
    @pytest.fixture
    def results(self, tmp_path: Path) -> RecordedResults:
        (tmp_path / "events.csv").write_text(
            EVENTS + "game2,americanfootball_nfl,Atlanta Falcons,Buffalo Bills,"
            "2025-10-13T23:16:00Z,2025-10-07T12:00:00Z,2025-10-14T02:00:00Z,2025_06_BUF_ATL\n"
        )
        (tmp_path / "results.csv").write_text(
            "game_id,gameday,gametime,away_score,home_score,overtime\n"
            "2025_06_DEN_NYJ,2025-10-12,09:30,13,11,0\n"
            "2025_06_BUF_ATL,2025-10-13,19:15,14,24,1\n"
            "2025_06_NOT_ONE,2025-10-13,19:15,,,\n"
        )
        return RecordedResults(results=[tmp_path / "results.csv"], events=tmp_path / "events.csv")

    def test_speak_when_a_game_is_final_under_the_feeds_id(self, results):
        early = results.fetch_results(ask("16:59"))
        final = results.fetch_results(ask("17:00"))

        assert (early.outcome, early.next_at) == (Outcome.NOT_DUE, at("17:00"))
        [game] = json.loads(final.body)
        assert (game["id"], game["completed"]) == ("game1", True)
        assert game["scores"] == [
            {"name": JETS, "score": "11"},
            {"name": BRONCOS, "score": "13"},
        ]
        assert game["last_update"] == "2025-10-12T17:00:00Z"

    def test_take_four_hours_for_a_game_with_overtime(self, results):
        first = results.fetch_results(ask("17:00"))

        assert first.next_at == datetime(2025, 10, 14, 3, 15, tzinfo=UTC)

    def test_show_what_was_final_for_three_days(self, results):
        request = FetchRequest(NFL, at("17:00") + timedelta(days=5), at("17:00"))

        last = results.fetch_results(request)

        assert [game["id"] for game in json.loads(last.body)] == ["game1", "game2"]
        assert last.exhausted

    def test_of_another_sport_stay_out(self, results):
        other = results.fetch_results(FetchRequest("baseball_mlb", at("17:00")))

        assert json.loads(other.body) == []


class TestArchive:
    def test_is_handed_over_once(self, tmp_path):
        (tmp_path / "games.csv").write_text("game_id\n")
        archive = RecordedArchive(tmp_path / "games.csv")

        first = archive.fetch_archive(ask("12:00"))
        again = archive.fetch_archive(ask("12:30", after="12:00"))

        assert (first.captured_at, first.body, first.exhausted) == (
            at("12:00"),
            b"game_id\n",
            True,
        )
        assert again.outcome is Outcome.NOT_DUE


class TestRegistry:
    def test_refuses_an_adapter_that_nobody_set_up(self, settings):
        settings.RECORDINGS = {}

        with pytest.raises(registry.ProviderNotConfigured):
            registry.provider_for("nobody", "")
        with pytest.raises(registry.ProviderNotConfigured):
            registry.provider_for("recorded", "odds")

    def test_refuses_a_question_that_a_provider_does_not_answer(self, settings, tmp_path):
        settings.RECORDINGS = {"bodies": {"folder": str(tmp_path)}}

        with pytest.raises(registry.ProviderNotConfigured):
            registry.fetch("recorded", "ARCHIVE", "bodies", FetchRequest(NFL, SATURDAY))

    @pytest.mark.parametrize(
        ("description", "answers_for"),
        [
            ({"changelogs": [], "events": "games.csv"}, [MarketDataProvider]),
            ({"folder": "bodies"}, [MarketDataProvider, ResultsProvider]),
            ({"results": [], "events": "games.csv"}, [ResultsProvider]),
            ({"archive": "games.csv"}, [ArchiveProvider]),
        ],
    )
    def test_hands_out_what_fits_its_ports_and_no_others(
        self, description, answers_for, settings, tmp_path, monkeypatch
    ):
        (tmp_path / "games.csv").write_text("game_id\n")
        monkeypatch.chdir(tmp_path)
        settings.RECORDINGS = {"tape": description}

        provider = registry.provider_for("recorded", "tape")

        ports = (MarketDataProvider, ResultsProvider, ArchiveProvider)
        assert [one for one in ports if isinstance(provider, one)] == answers_for

    def test_refuses_a_recording_that_is_none(self, settings):
        settings.RECORDINGS = {"odd": {"tape": "x"}}

        with pytest.raises(registry.ProviderNotConfigured):
            registry.provider_for("recorded", "odd")

    def test_builds_each_recording_once(self, settings, tmp_path):
        settings.RECORDINGS = {"bodies": {"folder": str(tmp_path)}}

        assert registry.provider_for("recorded", "bodies") is registry.provider_for(
            "recorded", "bodies"
        )
