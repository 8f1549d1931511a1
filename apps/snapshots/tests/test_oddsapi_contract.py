"""The adapter and the sandbox, each a process's own, agree about The Odds API's protocol."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.catalog.actions import install_sandbox_league
from apps.catalog.models import Event, ReviewItem
from apps.snapshots import actions
from apps.snapshots.models import (
    Consensus,
    FeedKind,
    LatestQuote,
    PayloadReading,
    ProviderPoll,
    ResultSnapshot,
)
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi import (
    Client,
    EnvelopeBroken,
    Key,
    OddsApi,
    client,
    opened,
)
from apps.snapshots.providers.ports import FetchRequest, Outcome
from apps.snapshots.tests.factories import CLOCK

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 2, 25, 22, 0, tzinfo=UTC)  # five in New York: six games this evening
SFL = "americanfootball_sfl"


@pytest.fixture
def world(sandbox):
    """The sandbox with its clock standing at an afternoon of its history."""
    started = sandbox(epoch=EPOCH)
    started.stand(AFTERNOON)
    return started


def provider(world: Any, key: str | None = None) -> OddsApi:
    return OddsApi(Client(world.address, Key(key or world.key)))


def question(league: str = SFL, **options: object) -> FetchRequest:
    return FetchRequest(league_key=league, at=AFTERNOON, options=options)


def about(*, event_key: str = "", moment: datetime | None = None, **options: object) -> Any:
    return replace(question(**options), event_key=event_key, moment=moment)


class TestAnswers:
    def test_a_board_comes_packed_and_counted(self, world):
        told = provider(world).fetch_odds(question())

        games = json.loads(told.body)
        assert (told.outcome, told.http_status) == (Outcome.OK, 200)
        assert len(games) >= 6
        assert {game["sport_key"] for game in games} == {SFL}
        assert told.quota.cost == 3
        assert told.quota.used == 3
        assert told.quota.remaining is not None

    def test_every_books_board_costs_as_one_region(self, world):
        named = ["palisade", "cobblestone", "foxglove", "harborline"]
        told = provider(world).fetch_odds(question(bookmakers=[*named, "wintergreen"]))

        books = {book["key"] for game in json.loads(told.body) for book in game["bookmakers"]}
        assert told.quota.cost == 3
        assert {"palisade", "wintergreen"} <= books <= {*named, "wintergreen"}

    def test_scores_of_past_days_cost_two(self, world):
        told = provider(world).fetch_results(question())

        assert told.outcome is Outcome.OK
        assert told.quota.cost == 2
        assert sum(game["completed"] for game in json.loads(told.body)) >= 12

    def test_participants_are_the_twelve_teams(self, world):
        told = provider(world).fetch_participants(question())

        assert len({team["full_name"] for team in json.loads(told.body)}) == 12

    def test_the_same_instant_is_answered_in_the_same_bytes(self, world):
        first, second = (provider(world).fetch_odds(question()) for _ in range(2))

        assert first.body == second.body


class TestOneEvent:
    def test_is_asked_for_by_its_id_and_charged_by_what_came(self, world):
        board = json.loads(provider(world).fetch_odds(question()).body)
        told = provider(world).fetch_event_odds(
            about(event_key=board[2]["id"], markets="h2h,alternate_spreads")
        )

        event = json.loads(told.body)
        assert (event["id"], event["home_team"]) == (board[2]["id"], board[2]["home_team"])
        assert {m["key"] for book in event["bookmakers"] for m in book["markets"]} == {"h2h"}
        assert told.quota.cost == 1

    def test_that_nobody_knows_is_gone(self, world):
        told = provider(world).fetch_event_odds(about(event_key="0" * 32))

        assert (told.outcome, told.error_code) == (Outcome.GONE, "EVENT_NOT_FOUND")

    def test_cannot_lead_the_question_elsewhere(self, world):
        told = provider(world).fetch_event_odds(about(event_key="../../../sports"))

        assert told.outcome is not Outcome.OK


class TestThePast:
    def test_comes_in_an_envelope_that_holds_a_boards_own_bytes(self, world):
        then = AFTERNOON - timedelta(days=1)
        world.stand(then)
        live = provider(world).fetch_odds(question()).body
        world.stand(AFTERNOON)

        told = provider(world).fetch_history(about(moment=then + timedelta(seconds=1)))

        envelope = opened(told.body)
        assert envelope.board == live
        assert envelope.timestamp <= then + timedelta(seconds=1)
        assert envelope.previous_timestamp < envelope.timestamp < envelope.next_timestamp
        assert told.quota.cost == 30

    def test_of_one_event_is_read_like_a_board_of_one(self, world):
        event_key = json.loads(provider(world).fetch_events(question()).body)[0]["id"]

        told = provider(world).fetch_history(about(event_key=event_key, moment=AFTERNOON))

        assert [event["id"] for event in json.loads(opened(told.body).board)] == [event_key]

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b'{"data": []}', b'{"timestamp": "2026-01-01T00:00:00", "data": []}'],
    )
    def test_is_not_guessed_out_of_another_body(self, body):
        with pytest.raises(EnvelopeBroken):
            opened(body)


class TestRefusals:
    def test_a_wrong_key_is_told_apart(self, world):
        told = provider(world, "another").fetch_odds(question())

        assert (told.outcome, told.error_code) == (Outcome.AUTH, "INVALID_KEY")
        assert told.detail
        assert "another" not in repr(told)

    @pytest.mark.parametrize(
        ("asked", "outcome", "code"),
        [
            ({"league": "americanfootball_nope"}, Outcome.GONE, "UNKNOWN_SPORT"),
            ({"markets": "player_pass_yds"}, Outcome.BAD_REQUEST, "INVALID_MARKET"),
            ({"regions": "mars"}, Outcome.BAD_REQUEST, "INVALID_REGION"),
        ],
    )
    def test_a_question_that_makes_no_sense_is_told_why(self, asked, outcome, code, world):
        told = provider(world).fetch_odds(question(**asked))

        assert (told.outcome, told.error_code) == (outcome, code)

    def test_nor_one_about_too_many_days(self, world):
        told = provider(world).fetch_results(question(days_from=9))

        assert (told.outcome, told.error_code) == (Outcome.BAD_REQUEST, "INVALID_SCORES_DAYS_FROM")

    def test_credits_run_out(self, sandbox):
        world = sandbox(epoch=EPOCH, credits=4)
        asking = provider(world)
        asking.fetch_odds(question())
        told = asking.fetch_odds(question())

        assert (told.outcome, told.error_code) == (Outcome.OUT_OF_CREDITS, "OUT_OF_USAGE_CREDITS")
        assert told.http_status == 401
        assert told.quota.remaining is not None

    def test_too_many_questions_a_second_wait_their_turn(self, sandbox, monkeypatch):
        monkeypatch.setattr(client, "_TOO_FAST_S", 0.6)
        world = sandbox(epoch=EPOCH, calls_a_second=2)
        asking = provider(world)
        told = [asking.fetch_participants(question()) for _ in range(4)]

        assert [each.outcome for each in told] == [Outcome.OK] * 4
        assert max(each.duration_ms for each in told) >= 500


@pytest.fixture
def asked(world, settings, queued, db) -> Callable[..., list[ProviderPoll]]:
    """Both feeds of the sandbox's league; called with an instant, they are fetched and read."""
    registry.forget()
    settings.ODDS_API_KEY, settings.ODDS_API_URL = world.key, world.address
    install_sandbox_league(by=CLOCK, at=AFTERNOON)
    for kind in (FeedKind.ODDS, FeedKind.RESULTS):
        actions.register_feed(
            adapter=registry.ODDS_API,
            provider="the_odds_api",
            kind=kind,
            league="SFL",
            rhythm_s=60,
            by=CLOCK,
            at=AFTERNOON,
        )

    def ask(at: datetime) -> list[ProviderPoll]:
        world.stand(at)
        actions.fetch_due(by=CLOCK, at=at)
        actions.read_unread(by=CLOCK, at=at)
        return list(ProviderPoll.objects.filter(captured_at=at))

    return ask


class TestThroughTheStages:
    def test_every_price_of_a_board_is_believed(self, asked):
        polls = asked(AFTERNOON)

        receipts = PayloadReading.objects.filter(poll__feed__kind=FeedKind.ODDS)
        assert {poll.outcome for poll in polls} == {"OK"}
        assert [receipt.quarantined for receipt in receipts] == [{}]
        assert receipts[0].prices == receipts[0].written > 150
        assert Event.objects.filter(league__code="SFL", status="SCHEDULED").count() >= 6
        assert LatestQuote.objects.filter(status="OPEN").count() > 150
        assert Consensus.objects.exists()
        assert not ReviewItem.objects.exists()

    def test_a_game_is_watched_from_its_lines_to_its_result(self, asked):
        asked(AFTERNOON)
        moved = asked(AFTERNOON + timedelta(hours=1))  # nothing has ended in between
        asked(AFTERNOON + timedelta(hours=4))
        asked(AFTERNOON + timedelta(hours=12))

        results = ResultSnapshot.objects.filter(event__league__code="SFL")
        assert {poll.feed.kind: poll.outcome for poll in moved} == {
            "ODDS": "OK",
            "RESULTS": "UNCHANGED",
        }
        assert results.count() == 6
        assert set(results.values_list("status", flat=True)) == {"FINAL"}
        assert all(
            event.status == "FINAL"
            for event in Event.objects.filter(pk__in=results.values("event"))
        )
        laid_aside = PayloadReading.objects.filter(poll__feed__kind=FeedKind.ODDS)
        assert sum(receipt.quarantined_total for receipt in laid_aside) == 0
