"""What the provider refuses, with which status and code; a refusal costs nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.protocol.account import Account
from sandbox.protocol.refusals import Refused
from sandbox.tests.conftest import SFL, unix

ODDS = f"{SFL}/odds"
HISTORY = "/v4/historical/sports/americanfootball_sfl/odds"
INSTANT = "2026-03-03T20:00:00Z"


class TestQuestions:
    @pytest.mark.parametrize(
        ("path", "asked", "status", "code"),
        [
            ("/v4/sports", {"all": "maybe"}, 422, "INVALID_ALL_SPORTS_PARAM"),
            ("/v4/sports/cricket_moon/odds", {"regions": "us"}, 404, "UNKNOWN_SPORT"),
            ("/v4/sports/cricket_moon/scores", {}, 404, "UNKNOWN_SPORT"),
            ("/v4/sports/cricket_moon/events", {}, 404, "UNKNOWN_SPORT"),
            (ODDS, {}, 422, "MISSING_REGION"),
            (ODDS, {"regions": ""}, 422, "MISSING_REGION"),
            (ODDS, {"regions": "us,mars"}, 422, "INVALID_REGION"),
            (ODDS, {"bookmakers": "palisade,nobody"}, 422, "INVALID_BOOKMAKERS"),
            (ODDS, {"regions": "us", "markets": ""}, 422, "MISSING_MARKET"),
            (ODDS, {"regions": "us", "markets": "h2h,alternate_spreads"}, 422, "INVALID_MARKET"),
            (ODDS, {"regions": "us", "markets": "outrights"}, 422, "INVALID_MARKET"),
            (ODDS, {"regions": "us", "markets": "h2h,outrights"}, 422, "INVALID_MARKET_COMBO"),
            (ODDS, {"regions": "us", "oddsFormat": "roman"}, 422, "INVALID_ODDS_FORMAT"),
            (ODDS, {"regions": "us", "dateFormat": "roman"}, 422, "INVALID_DATE_FORMAT"),
            (ODDS, {"regions": "us", "includeLinks": "1"}, 422, "INVALID_INCLUDE_LINKS"),
            (ODDS, {"regions": "us", "includeSids": "1"}, 422, "INVALID_INCLUDE_SIDS"),
            (ODDS, {"regions": "us", "includeBetLimits": "x"}, 422, "INVALID_INCLUDE_BET_LIMITS"),
            (
                f"{SFL}/events",
                {"includeRotationNumbers": "x"},
                422,
                "INVALID_INCLUDE_ROTATION_NUMBERS",
            ),
            (
                f"{SFL}/events/{'0' * 32}/odds",
                {"regions": "us", "markets": "corners"},
                422,
                "INVALID_MARKET",
            ),
            (ODDS, {"regions": "us", "eventIds": "7"}, 422, "INVALID_EVENT_IDS"),
            (ODDS, {"regions": "us", "eventIds": ""}, 422, "INVALID_EVENT_IDS"),
            (
                ODDS,
                {"regions": "us", "commenceTimeFrom": "soon"},
                422,
                "INVALID_COMMENCE_TIME_FROM",
            ),
            (
                ODDS,
                {"regions": "us", "commenceTimeTo": "2026-02-30T00:00:00Z"},
                422,
                "INVALID_COMMENCE_TIME_TO",
            ),
            (
                ODDS,
                {
                    "regions": "us",
                    "commenceTimeFrom": "2026-03-05T00:00:00Z",
                    "commenceTimeTo": INSTANT,
                },
                422,
                "INVALID_COMMENCE_TIME_RANGE",
            ),
            (f"{SFL}/events/7/odds", {"regions": "us"}, 422, "INVALID_EVENT_ID"),
            (f"{SFL}/events/{'0' * 32}/odds", {"regions": "us"}, 404, "EVENT_NOT_FOUND"),
            (f"{SFL}/scores", {"daysFrom": "4"}, 422, "INVALID_SCORES_DAYS_FROM"),
            (f"{SFL}/scores", {"daysFrom": "0"}, 422, "INVALID_SCORES_DAYS_FROM"),
            (f"{SFL}/scores", {"daysFrom": "2.5"}, 422, "INVALID_SCORES_DAYS_FROM"),
            ("/v4/sports/Rugby-League/odds", {"regions": "us"}, 422, "INVALID_SPORT"),
            (
                ODDS,
                {"regions": "us", "includeMultipliers": "x"},
                422,
                "INVALID_INCLUDE_MULTIPLIERS",
            ),
            (ODDS, {"regions": "us", "status": "over"}, 422, "INVALID_STATUS"),
            (f"{SFL}/events", {"participantIds": "7"}, 422, "INVALID_PARTICIPANT_ID"),
            (
                f"/v4/historical/sports/americanfootball_sfl/events/{'0' * 32}/odds",
                {"regions": "us", "markets": "player_pass_yds", "date": "2022-10-01T00:00:00Z"},
                422,
                "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE",
            ),
            (HISTORY, {"regions": "us"}, 422, "MISSING_HISTORICAL_TIMESTAMP"),
            (HISTORY, {"regions": "us", "date": "1"}, 422, "INVALID_HISTORICAL_TIMESTAMP"),
        ],
    )
    def test_that_make_no_sense_are_refused_by_name(self, client, path, asked, status, code):
        reply = client.get(path, **asked)

        assert (reply.status, reply.body["error_code"]) == (status, code)
        assert reply.body["message"]
        assert reply.quota == (0, 5_000_000, 0)

    @pytest.mark.parametrize("path", ["/v4/", "/v4/sport", "/v5/sports", f"{SFL}/lines", "/wp"])
    def test_at_no_address_are_not_found(self, client, path):
        assert client.get(path).status == 404

    @pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
    def test_in_another_method_are_not_understood(self, client, method):
        reply = client.send(method, "/v4/sports?apiKey=a-key-for-tests")

        assert reply.status == 501
        assert reply.body["message"].startswith("Unsupported method")


class TestPlan:
    def test_that_is_free_has_no_history(self, serve, world):
        client = serve(world, history=False)

        reply = client.get(HISTORY, regions="us", date=INSTANT)
        assert reply.status == 401
        assert reply.body["error_code"] == "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"
        assert client.get(ODDS, regions="us").status == 200


class TestFilters:
    def test_keep_games_to_come_and_games_in_play_apart(self, client):
        client.set_clock("2026-03-04T01:30:00Z")
        both, before, live = (
            [one["id"] for one in client.get(f"{SFL}/events", **asked).body]
            for asked in ({}, {"status": "pre"}, {"status": "live"})
        )

        assert before
        assert live
        assert sorted(before + live) == sorted(both)

    def test_keep_the_games_of_a_team(self, client):
        teams = client.get(f"{SFL}/participants").body
        team = next(one for one in teams if one["full_name"] == "Saltwater Skippers")
        found = client.get(f"{SFL}/events", participantIds=team["id"]).body

        assert found
        assert all("Saltwater Skippers" in (one["home_team"], one["away_team"]) for one in found)


class TestKey:
    @pytest.mark.parametrize(
        ("key", "code"),
        [
            (None, "MISSING_KEY"),
            ("", "MISSING_KEY"),
            ("wrong", "INVALID_KEY"),
            ("ß", "INVALID_KEY"),
        ],
    )
    def test_that_is_missing_or_wrong_is_refused(self, client, key, code):
        reply = client.get(ODDS, key=key, regions="us")

        assert (reply.status, reply.body["error_code"]) == (401, code)

    def test_is_asked_for_before_anything_else(self, client):
        assert client.get(ODDS, key=None, regions="mars").body["error_code"] == "MISSING_KEY"


class TestCredits:
    def test_are_counted_on_every_answer(self, serve, world):
        client = serve(world, credits=10)
        client.set_clock(INSTANT)

        quotas = [
            client.get(ODDS, regions="us", markets="h2h,spreads,totals").quota,
            client.get(f"{SFL}/events").quota,
            client.get(f"{SFL}/scores", daysFrom="1").quota,
        ]

        assert quotas == [(3, 7, 3), (3, 7, 0), (5, 5, 2)]

    def test_that_are_spent_refuse_what_costs_and_nothing_else(self, serve, world):
        client = serve(world, credits=4)
        client.set_clock(INSTANT)
        asked = {"regions": "us", "markets": "h2h,spreads,totals"}
        client.get(ODDS, **asked)

        spent = client.get(ODDS, **asked)

        assert (spent.status, spent.body["error_code"]) == (401, "OUT_OF_USAGE_CREDITS")
        assert spent.quota == (3, 1, 0)
        assert client.get(f"{SFL}/events").status == 200
        assert client.get(ODDS, regions="us").status == 200
        assert client.get(ODDS, regions="us").status == 401

    def test_start_again_with_the_month(self, serve, world):
        client = serve(world, credits=1)
        client.set_clock("2026-02-28T23:59:59Z")
        assert client.get(ODDS, regions="us").quota == (1, 0, 1)
        assert client.get(ODDS, regions="us").status == 401

        client.set_clock("2026-03-01T00:00:00Z")

        assert client.get(ODDS, regions="us").quota == (1, 0, 1)

    def test_are_never_spent_twice_by_many_at_once(self, serve, world):
        client = serve(world, credits=25)
        client.set_clock(INSTANT)

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: client.get(ODDS, regions="us").status, range(40)))

        assert sorted(statuses) == [200] * 25 + [401] * 15


class TestFrequency:
    def test_above_thirty_calls_a_second_is_refused(self, serve, world):
        client = serve(world, calls_a_second=30)
        client.set_clock(INSTANT)

        replies = [client.get("/v4/sports") for _ in range(40)]

        refused = [reply for reply in replies if reply.status != 200]
        assert refused
        assert {(r.status, r.body["error_code"]) for r in refused} == {(429, "EXCEEDED_FREQ_LIMIT")}

    def test_counts_within_one_second_only(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("sandbox.protocol.account.monotonic", lambda: now[0])
        account = Account("k", calls_a_second=2)
        account.admit("k")
        now[0] = 100.9
        account.admit("k")
        with pytest.raises(Refused, match="EXCEEDED_FREQ_LIMIT"):
            account.admit("k")

        now[0] = 101.0
        account.admit("k")

    def test_is_not_spent_by_a_wrong_key(self):
        account = Account("k", calls_a_second=1)
        for _ in range(5):
            with pytest.raises(Refused, match="INVALID_KEY"):
                account.admit("other")

        account.admit("k")

    def test_standing_charges_nothing(self):
        account = Account("k", credits=5)
        at = unix(INSTANT)

        account.charge(3, at)

        assert account.standing(at).headers() == {
            "x-requests-remaining": "2",
            "x-requests-used": "3",
            "x-requests-last": "0",
        }
