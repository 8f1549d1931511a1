"""What the provider answers, asked over a socket: shapes, parameters, costs."""

import gzip
import re
from datetime import datetime

import pytest

from sandbox.tests.conftest import SFL, unix
from sandbox.world.league import BOOKS
from sandbox.world.leagues import SFL as LEAGUE

EVENT = {"id", "sport_key", "sport_title", "commence_time", "home_team", "away_team"}
ALL = {"regions": "us,us2", "markets": "h2h,spreads,totals", "oddsFormat": "american"}
NAMES = {team.name for team in LEAGUE.teams}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class TestSports:
    def test_lists_the_league(self, client):
        (sport,) = client.get("/v4/sports").body

        assert sport == {
            "key": "americanfootball_sfl",
            "group": "American Football",
            "title": "SFL",
            "description": "Sandbox Football League",
            "active": True,
            "has_outrights": False,
        }

    @pytest.mark.parametrize("path", ["/v4/sports/", "/v4/sports"])
    def test_is_free(self, client, path):
        assert client.get(path, all="true").quota == (0, 5_000_000, 0)


class TestOdds:
    def test_has_the_shape_that_was_recorded(self, client):
        body = client.get(f"{SFL}/odds", **ALL).body

        assert len(body) >= 6
        for event in body:
            assert set(event) == EVENT | {"bookmakers"}
            assert re.fullmatch(r"[0-9a-f]{32}", event["id"])
            assert event["sport_key"] == LEAGUE.key
            assert ISO.fullmatch(event["commence_time"])
            assert {event["home_team"], event["away_team"]} < NAMES
            for book in event["bookmakers"]:
                assert set(book) == {"key", "title", "last_update", "markets"}
                assert book["markets"]
                for market in book["markets"]:
                    assert set(market) == {"key", "last_update", "outcomes"}
                    assert ISO.fullmatch(market["last_update"])
                    assert len(market["outcomes"]) == 2

    def test_names_outcomes_by_team_or_by_over_and_under(self, client):
        for event in client.get(f"{SFL}/odds", **ALL).body:
            for book in event["bookmakers"]:
                for market in book["markets"]:
                    names = {outcome["name"] for outcome in market["outcomes"]}
                    points = [outcome.get("point") for outcome in market["outcomes"]]
                    if market["key"] == "totals":
                        assert names == {"Over", "Under"}
                        assert points[0] == points[1] > 20
                    else:
                        assert names == {event["home_team"], event["away_team"]}
                    if market["key"] == "spreads":
                        assert points[0] == -points[1]
                    if market["key"] == "h2h":
                        assert points == [None, None]

    def test_writes_american_prices_as_whole_numbers(self, client):
        prices = prices_of(client.get(f"{SFL}/odds", **ALL).body)

        assert all(isinstance(price, int) for price in prices)
        assert all(price >= 100 or price < -100 for price in prices)

    def test_writes_decimal_prices_when_nothing_is_said(self, client):
        asked = {name: value for name, value in ALL.items() if name != "oddsFormat"}
        american = prices_of(client.get(f"{SFL}/odds", **ALL).body)
        decimal = prices_of(client.get(f"{SFL}/odds", **asked).body)

        for quoted, written in zip(american, decimal, strict=True):
            exact = 1 + (quoted / 100 if quoted > 0 else 100 / -quoted)
            assert written == pytest.approx(exact, abs=0.00501)
            assert round(written, 2) == written

    def test_writes_instants_as_numbers_on_request(self, client):
        iso = client.get(f"{SFL}/odds", **ALL).body
        numbers = client.get(f"{SFL}/odds", **ALL, dateFormat="unix").body

        assert [unix(event["commence_time"]) for event in iso] == [
            event["commence_time"] for event in numbers
        ]
        assert isinstance(numbers[0]["bookmakers"][0]["last_update"], int)

    def test_is_moneylines_when_no_market_is_named(self, client):
        body = client.get(f"{SFL}/odds", regions="us").body

        assert {m["key"] for e in body for b in e["bookmakers"] for m in b["markets"]} == {"h2h"}

    def test_is_not_older_than_the_books_rhythm(self, client):
        now = unix(client.get("/sandbox/clock").body["now"])
        for event in client.get(f"{SFL}/odds", **ALL).body:
            if unix(event["commence_time"]) > now:
                ages = [now - unix(book["last_update"]) for book in event["bookmakers"]]
                assert all(0 <= age < 60 for age in ages)

    def test_knows_regions_and_their_books(self, client):
        def books(**asked):
            body = client.get(f"{SFL}/odds", markets="h2h", **asked).body
            return {book["key"] for event in body for book in event["bookmakers"]}

        by_region = {
            region: {book.key for book in BOOKS if book.region == region}
            for region in ("us", "us2")
        }
        assert books(regions="us") == by_region["us"]
        assert books(regions="us2") <= by_region["us2"]
        assert books(regions="us,us2") > by_region["us"]
        assert books(regions="eu") == set()

    def test_prefers_named_bookmakers_to_regions(self, client):
        body = client.get(f"{SFL}/odds", regions="us2", bookmakers="palisade,cobblestone").body

        named = {book["key"] for event in body for book in event["bookmakers"]}
        assert named == {"palisade", "cobblestone"}

    def test_takes_ids_and_times_of_events(self, client):
        events = client.get(f"{SFL}/events").body
        chosen = [event["id"] for event in events[1:3]]
        third = events[2]["commence_time"]

        by_id = client.get(f"{SFL}/odds", regions="us", eventIds=",".join(chosen)).body
        later = client.get(f"{SFL}/odds", regions="us", commenceTimeFrom=third).body
        earlier = client.get(f"{SFL}/odds", regions="us", commenceTimeTo=third).body

        assert [event["id"] for event in by_id] == chosen
        assert {e["id"] for e in later} == {e["id"] for e in events if e["commence_time"] >= third}
        assert {e["id"] for e in earlier} == {
            e["id"] for e in events if e["commence_time"] <= third
        }

    @pytest.mark.parametrize(
        ("asked", "cost"),
        [
            ({"regions": "us"}, 1),
            ({"regions": "us", "markets": "h2h,spreads,totals"}, 3),
            ({"regions": "us,us2,eu", "markets": "h2h,spreads"}, 6),
            ({"bookmakers": ",".join(book.key for book in BOOKS), "markets": "h2h,totals"}, 2),
            ({"regions": "us", "eventIds": "0" * 32}, 0),
        ],
    )
    def test_costs_markets_times_regions_and_nothing_when_empty(self, client, asked, cost):
        reply = client.get(f"{SFL}/odds", **asked)

        assert reply.quota == (cost, 5_000_000 - cost, cost)
        assert (reply.body == []) == (cost == 0)

    def test_is_packed_for_who_can_unpack(self, client):
        address = f"{SFL}/odds?apiKey=a-key-for-tests&regions=us"
        plain = client.send("GET", address)
        packed = client.send("GET", address, **{"Accept-Encoding": "gzip, deflate"})

        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.raw) == plain.raw
        assert len(packed.raw) < len(plain.raw) / 4


class TestOddsOfOneEvent:
    def test_is_the_event_as_it_stands_on_the_board(self, client):
        board = client.get(f"{SFL}/odds", **ALL).body

        one = client.get(f"{SFL}/events/{board[3]['id']}/odds", **ALL).body

        assert one == board[3]

    def test_is_charged_for_what_came_back(self, client):
        event = client.get(f"{SFL}/events").body[0]["id"]

        assert client.get(f"{SFL}/events/{event}/odds", regions="us").quota[2] == 1

    def test_may_be_asked_for_markets_that_no_book_has(self, client):
        event = client.get(f"{SFL}/events").body[0]["id"]

        reply = client.get(
            f"{SFL}/events/{event}/odds",
            regions="us",
            markets="h2h,alternate_spreads,player_pass_yds,totals_h1",
        )

        assert {m["key"] for b in reply.body["bookmakers"] for m in b["markets"]} == {"h2h"}
        assert reply.quota[2] == 1

    def test_names_the_markets_each_book_has(self, client):
        event = client.get(f"{SFL}/events").body[0]["id"]
        odds = client.get(f"{SFL}/events/{event}/odds", **ALL).body

        reply = client.get(f"{SFL}/events/{event}/markets", regions="us,us2")

        assert reply.quota[2] == 1
        assert [
            [market["key"] for market in book["markets"]] for book in reply.body["bookmakers"]
        ] == [[market["key"] for market in book["markets"]] for book in odds["bookmakers"]]
        assert all(
            set(market) == {"key", "last_update"}
            for book in reply.body["bookmakers"]
            for market in book["markets"]
        )

    def test_of_the_past_is_in_an_envelope(self, client):
        client.set_clock("2026-02-24T18:05:00Z")
        then = client.get(f"{SFL}/odds", **ALL).body[2]
        client.set_clock("2026-03-03T20:00:00Z")

        reply = client.get(
            f"/v4/historical/sports/americanfootball_sfl/events/{then['id']}/odds",
            **ALL,
            date="2026-02-24T18:09:59Z",
        )

        assert reply.body["data"] == then
        assert reply.quota[2] == 60

    def test_is_gone_once_the_game_has_ended(self, client):
        event = client.get(f"{SFL}/events").body[0]["id"]
        client.set_clock("2026-03-04T14:00:00Z")

        reply = client.get(f"{SFL}/events/{event}/odds", regions="us")

        assert (reply.status, reply.body["error_code"]) == (404, "EVENT_NOT_FOUND")
        assert reply.quota[2] == 0


class TestEvents:
    def test_has_no_odds_and_costs_nothing(self, client):
        reply = client.get(f"{SFL}/events")

        assert all(set(event) == EVENT for event in reply.body)
        assert reply.quota == (0, 5_000_000, 0)

    def test_of_upcoming_are_those_in_play_and_the_next_eight(self, client):
        events = client.get("/v4/sports/upcoming/events").body

        starts = [event["commence_time"] for event in events]
        assert starts == sorted(starts)
        assert len(events) <= 8


class TestScores:
    def test_has_the_shape_of_the_documentation(self, client):
        for game in client.get(f"{SFL}/scores", daysFrom="1").body:
            assert set(game) == EVENT | {"completed", "scores", "last_update"}
            if game["scores"] is None:
                assert game["last_update"] is None
                assert game["completed"] is False
                continue
            names = {score["name"] for score in game["scores"]}
            assert names == {game["home_team"], game["away_team"]}
            assert all(score["score"].isdigit() for score in game["scores"])

    def test_without_days_are_of_games_in_play_and_to_come(self, client):
        client.set_clock("2026-03-04T01:30:00Z")
        games = client.get(f"{SFL}/scores").body

        assert not any(game["completed"] for game in games)
        assert any(game["scores"] for game in games)
        assert any(game["scores"] is None for game in games)

    @pytest.mark.parametrize("days", [1, 2, 3])
    def test_of_some_days_are_the_finals_of_those_days(self, client, days):
        client.set_clock("2026-03-01T12:00:00Z")
        games = client.get(f"{SFL}/scores", daysFrom=str(days)).body
        finals = [game for game in games if game["completed"]]
        since = datetime.fromisoformat("2026-03-01T12:00:00Z").timestamp() - days * 86_400

        assert len(finals) == 6 * days
        assert all(unix(game["last_update"]) > since for game in finals)

    def test_are_told_as_the_real_start_not_as_the_announced_one(self, client):
        client.set_clock("2026-03-02T12:00:00Z")
        before = {e["id"]: e["commence_time"] for e in client.get(f"{SFL}/events").body}
        client.set_clock("2026-03-03T12:00:00Z")
        after = {
            game["id"]: game["commence_time"]
            for game in client.get(f"{SFL}/scores", daysFrom="2").body
            if game["completed"] and game["id"] in before
        }

        moved = {one for one, start in after.items() if start != before[one]}
        assert len(after) == 6
        assert moved
        assert all(after[one] > before[one] for one in moved)

    def test_costs_one_and_two_with_finals(self, client):
        assert client.get(f"{SFL}/scores").quota[2] == 1
        assert client.get(f"{SFL}/scores", daysFrom="3").quota[2] == 2

    def test_of_named_events_are_theirs(self, client):
        client.set_clock("2026-03-01T12:00:00Z")
        finals = client.get(f"{SFL}/scores", daysFrom="3").body[:2]

        again = client.get(
            f"{SFL}/scores", daysFrom="3", eventIds=",".join(game["id"] for game in finals)
        )

        assert again.body == finals


class TestParticipants:
    def test_are_the_teams(self, client):
        reply = client.get(f"{SFL}/participants")

        assert {one["full_name"] for one in reply.body} == NAMES
        assert len({one["id"] for one in reply.body}) == len(LEAGUE.teams)
        assert all(one["id"].startswith("par_") for one in reply.body)
        assert reply.quota[2] == 1


class TestHistorical:
    def test_is_the_board_of_then_in_an_envelope(self, client):
        client.set_clock("2026-02-24T18:05:00Z")
        then = client.get(f"{SFL}/odds", **ALL).body
        client.set_clock("2026-03-03T20:00:00Z")

        reply = client.get(
            "/v4/historical/sports/americanfootball_sfl/odds",
            **ALL,
            date="2026-02-24T18:08:11Z",
        )

        assert reply.body["data"] == then
        assert reply.body["timestamp"] == "2026-02-24T18:05:00Z"
        assert reply.body["previous_timestamp"] == "2026-02-24T18:00:00Z"
        assert reply.body["next_timestamp"] == "2026-02-24T18:10:00Z"
        assert reply.quota[2] == 60

    def test_never_tells_what_is_still_to_come(self, client):
        reply = client.get(
            "/v4/historical/sports/americanfootball_sfl/odds",
            regions="us",
            date="2026-03-09T00:00:00Z",
        )

        assert reply.body["timestamp"] == "2026-03-03T20:00:00Z"
        assert reply.body["next_timestamp"] is None

    def test_of_events_costs_one(self, client):
        reply = client.get(
            "/v4/historical/sports/americanfootball_sfl/events", date="2026-02-24T18:05:00Z"
        )

        assert reply.body["data"]
        assert reply.quota[2] == 1


def prices_of(body):
    return [
        outcome["price"]
        for event in body
        for book in event["bookmakers"]
        for market in book["markets"]
        for outcome in market["outcomes"]
    ]
