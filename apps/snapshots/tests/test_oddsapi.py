import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from apps.snapshots.providers.oddsapi import Client, Key, OddsApi, client
from apps.snapshots.providers.oddsapi.meaning import CODES
from apps.snapshots.providers.ports import (
    Outcome,
    Quota,
)
from apps.snapshots.tests.asking import KEY, NFL, ONE_GAME, api, ask, error, question
from apps.snapshots.tests.factories import SATURDAY
from apps.snapshots.tests.wires import (
    answer,
    faulty,
    hang_up,
)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Pauses between tries are a matter of politeness: short here."""
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(client, "_TOO_FAST_S", 0.02)


class TestQuestions:
    def test_odds_are_asked_for_in_the_format_that_the_feed_is_read_in(self):
        with faulty(answer(body=ONE_GAME)) as server:
            told = ask(server)
            ask(server, odds_format="DECIMAL")

        first, second = server.asked
        assert first.startswith(f"GET /v4/sports/{NFL}/odds?")
        for part in ("markets=h2h%2Cspreads%2Ctotals", "regions=us", "oddsFormat=american"):
            assert part in first
        assert "oddsFormat=decimal" in second
        assert "Accept-Encoding: gzip\r\n" in first
        assert (told.outcome, told.body, told.http_status) == (Outcome.OK, ONE_GAME, 200)
        assert told.captured_at == SATURDAY
        assert told.next_at is None

    @pytest.mark.parametrize(
        ("options", "asked", "not_asked"),
        [
            ({"bookmakers": ["a", "b"], "regions": "us"}, "bookmakers=a%2Cb", "regions"),
            ({"regions": ["us", "eu"]}, "regions=us%2Ceu", "bookmakers"),
            ({"markets": "h2h"}, "markets=h2h&", "spreads"),
        ],
    )
    def test_options_of_the_feed_narrow_the_question(self, options, asked, not_asked):
        with faulty(answer()) as server:
            ask(server, options=options)

        assert asked in server.asked[0]
        assert not_asked not in server.asked[0].partition(" HTTP")[0]

    @pytest.mark.parametrize(
        ("options", "since", "days"),
        [
            ({}, timedelta(minutes=1), 3),
            ({"days_from": 1}, timedelta(minutes=1), 2),
            ({"days_from": 1}, timedelta(hours=30), 3),
            ({"days_from": 1}, timedelta(days=9), 3),
            ({"days_from": 1}, None, 3),
            ({"days_from": 9}, timedelta(minutes=1), 9),  # for the provider to refuse
        ],
    )
    def test_scores_look_back_over_everything_that_was_missed(self, options, since, days):
        after = None if since is None else SATURDAY - since
        with faulty(answer()) as server:
            api(server).fetch_results(question(options=options, after=after))

        assert f"/v4/sports/{NFL}/scores?" in server.asked[0]
        assert f"daysFrom={days}&" in server.asked[0]

    def test_participants_are_asked_by_league(self):
        with faulty(answer()) as server:
            told = api(server).fetch_participants(question())

        assert server.asked[0].startswith(f"GET /v4/sports/{NFL}/participants?")
        assert told.outcome is Outcome.OK

    def test_a_league_cannot_lead_the_question_elsewhere(self):
        with faulty(answer()) as server:
            ask(server, league_key="../../sports?x=")

        assert server.asked[0].startswith("GET /v4/sports/..%2F..%2Fsports%3Fx%3D/odds?")

    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            ({"league_key": ""}, "LEAGUE_KEY_MISSING"),
            ({"options": {"market": "h2h"}}, "OPTIONS_UNKNOWN"),
        ],
    )
    def test_what_cannot_be_asked_costs_nothing_and_is_told(self, request_, code):
        with faulty(answer()) as server:
            told = ask(server, **request_)

        assert (told.outcome, told.error_code) == (Outcome.BAD_REQUEST, code)
        assert server.calls == 0


class TestQuota:
    @pytest.mark.parametrize("status", [200, 401])
    def test_is_read_from_every_answer(self, status):
        headers = {
            "x_requests_last": "3",
            "x_requests_used": "497.0",
            "x_requests_remaining": "-2",
        }
        with faulty(answer(status, **headers)) as server:
            told = ask(server)

        assert told.quota == Quota(cost=3, used=497, remaining=-2)

    def test_is_unknown_where_nothing_was_said(self):
        with faulty(answer(x_requests_last="many", x_requests_used="1e400")) as server:
            assert ask(server).quota == Quota()


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "code", "outcome"),
        [
            (401, "MISSING_KEY", Outcome.AUTH),
            (401, "INVALID_KEY", Outcome.AUTH),
            (401, "DEACTIVATED_KEY", Outcome.AUTH),
            (401, "OUT_OF_USAGE_CREDITS", Outcome.OUT_OF_CREDITS),
            (401, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", Outcome.BAD_REQUEST),
            (404, "UNKNOWN_SPORT", Outcome.GONE),
            (404, "EVENT_NOT_FOUND", Outcome.GONE),
            (422, "INVALID_MARKET_COMBO", Outcome.BAD_REQUEST),
            (422, "INVALID_MARKET", Outcome.BAD_REQUEST),
            (422, "INVALID_SCORES_DAYS_FROM", Outcome.BAD_REQUEST),
        ],
    )
    def test_are_told_apart_and_never_repeated(self, status, code, outcome):
        with faulty(error(status, code)) as server:
            told = ask(server)

        assert (told.outcome, told.error_code, told.http_status) == (outcome, code, status)
        assert told.detail == "No."
        assert told.body is None
        assert told.next_at > SATURDAY + timedelta(minutes=5)
        assert server.calls == 1

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (400, Outcome.BAD_REQUEST),
            (402, Outcome.BAD_REQUEST),
            (403, Outcome.AUTH),
            (410, Outcome.GONE),
            (204, Outcome.UNREADABLE),
        ],
    )
    def test_without_a_code_are_named_by_their_status(self, status, outcome):
        with faulty(answer(status, b"")) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (outcome, f"HTTP_{status}")

    def test_are_found_in_any_envelope_the_longest_first(self):
        for code in CODES:
            with faulty(answer(422, f"<p>Error: {code}!</p>".encode())) as server:
                assert ask(server).error_code == code

    def test_a_redirect_is_not_followed(self):
        with (
            faulty(answer()) as other,
            faulty(answer(302, b"", Location=f"{other.address}/")) as server,
        ):
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.SERVER, "HTTP_302")
        assert (server.calls, other.calls) == (1, 0)


class TestRetries:
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
    def test_what_passes_is_asked_again(self, status):
        with faulty(answer(status, b"busy"), hang_up, answer(body=ONE_GAME)) as server:
            told = ask(server)

        assert (told.outcome, told.body) == (Outcome.OK, ONE_GAME)
        assert server.calls == 3

    @pytest.mark.parametrize(
        ("script", "outcome", "code"),
        [
            (answer(503, b"busy"), Outcome.SERVER, "HTTP_503"),
            (error(429, "EXCEEDED_FREQ_LIMIT"), Outcome.FREQUENCY, "EXCEEDED_FREQ_LIMIT"),
            (hang_up, Outcome.NETWORK, "BROKEN"),
        ],
    )
    def test_three_times_and_no_more(self, script, outcome, code):
        with faulty(script) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (outcome, code)
        assert server.calls == 3

    def test_waits_as_long_as_it_was_told_to(self):
        with faulty(answer(429, Retry_After="1"), answer(body=ONE_GAME)) as server:
            began = time.monotonic()
            told = ask(server)

        assert told.outcome is Outcome.OK
        assert time.monotonic() - began >= 1
        assert told.duration_ms >= 1000

    @pytest.mark.parametrize("waiting", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "1e9" * 40])
    def test_never_beyond_its_deadline(self, waiting):
        with faulty(answer(503, Retry_After=waiting)) as server:
            began = time.monotonic()
            told = ask(server, deadline_s=1.0)

        assert told.outcome is Outcome.SERVER
        assert time.monotonic() - began < 1.0
        assert server.calls in (1, 3)

    @pytest.mark.parametrize(
        ("waiting", "minutes"), [("600", 10), ("10072", 15), ("soon", None), ("0", None)]
    )
    def test_and_is_left_in_peace_as_long_as_it_asked_within_reason(self, waiting, minutes):
        with faulty(error(429, "EXCEEDED_FREQ_LIMIT", Retry_After=waiting)) as server:
            told = ask(server)

        expected = None if minutes is None else SATURDAY + timedelta(minutes=minutes)
        assert (told.outcome, told.next_at) == (Outcome.FREQUENCY, expected)

    def test_understands_a_date(self):
        past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
        with faulty(answer(503, Retry_After=past), answer(body=ONE_GAME)) as server:
            assert ask(server).outcome is Outcome.OK

    def test_nobody_listens(self):
        with faulty(answer()) as server:
            address = server.address
        told = OddsApi(Client(address, Key(KEY))).fetch_odds(question())

        assert (told.outcome, told.error_code) == (Outcome.NETWORK, "NOT_CONNECTED")
        assert told.http_status is None
