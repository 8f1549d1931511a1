from datetime import timedelta
from pathlib import Path

import pytest

from apps.snapshots import actions
from apps.snapshots.actions import payloads
from apps.snapshots.models import Feed, FeedKind, OddsFormat, ProviderPoll
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi import client
from apps.snapshots.providers.ports import (
    MarketDataProvider,
    ParticipantsProvider,
    ResultsProvider,
)
from apps.snapshots.rhythm import EARLY
from apps.snapshots.tests.asking import KEY, ONE_GAME, question
from apps.snapshots.tests.factories import CLOCK, SATURDAY
from apps.snapshots.tests.wires import (
    answer,
    faulty,
)
from beatvegas.settings.environment import Environment


@pytest.fixture
def live(settings, request):
    """Feeds of the real adapter at a loopback server."""
    registry.forget()
    settings.ODDS_API_KEY = KEY
    request.getfixturevalue("queued")
    yield settings
    registry.forget()


def feed(kind: FeedKind = FeedKind.ODDS, **other: object) -> Feed:
    return actions.register_feed(
        adapter=registry.ODDS_API,
        provider="the_odds_api",
        kind=kind,
        league="NFL",
        rhythm_s=60,
        by=CLOCK,
        at=SATURDAY,
        **other,
    )


class TestRegistry:
    def test_hands_out_one_provider_for_address_and_key(self, live):
        provider = registry.provider_for("oddsapi", "")

        assert isinstance(provider, MarketDataProvider)
        assert isinstance(provider, ResultsProvider)
        assert isinstance(provider, ParticipantsProvider)
        assert provider is registry.provider_for("oddsapi", "")
        live.ODDS_API_KEY = "another"
        assert provider is not registry.provider_for("oddsapi", "")

    def test_refuses_without_a_key(self, live):
        live.ODDS_API_KEY = ""

        with pytest.raises(registry.ProviderNotConfigured):
            registry.provider_for("oddsapi", "")

    def test_refuses_an_archive(self, live):
        with pytest.raises(registry.ProviderNotConfigured):
            registry.fetch("oddsapi", "ARCHIVE", "", question())


@pytest.mark.django_db
class TestFetchDue:
    def test_stores_what_came_with_what_it_cost(self, live):
        feed(odds_format=OddsFormat.DECIMAL)
        script = answer(body=ONE_GAME, x_requests_last="3", x_requests_remaining="97")
        with faulty(script) as server:
            live.ODDS_API_URL = server.address
            actions.fetch_due(by=CLOCK, at=SATURDAY)

        poll = ProviderPoll.objects.get()
        assert (poll.outcome, poll.http_status, poll.captured_at) == ("OK", 200, SATURDAY)
        assert (poll.credits_cost, poll.credits_remaining) == (3, 97)
        assert payloads.load(poll.payload_id) == ONE_GAME
        assert "oddsFormat=decimal" in server.asked[0]
        assert Feed.objects.get().next_due_at == SATURDAY + timedelta(seconds=60) - EARLY

    def test_stores_a_failure_without_the_key(self, live):
        feed()
        body = f'{{"message": "Bad key {KEY}", "error_code": "INVALID_KEY"}}'.encode()
        with faulty(answer(401, body)) as server:
            live.ODDS_API_URL = server.address
            actions.fetch_due(by=CLOCK, at=SATURDAY)

        poll = ProviderPoll.objects.get()
        assert (poll.outcome, poll.error_code, poll.payload_id) == ("AUTH", "INVALID_KEY", None)
        assert poll.detail == "Bad key ***"

    def test_keeps_half_a_body_and_lets_nobody_read_it(self, live):
        feed()
        with faulty(answer(body=b"[{", length=99)) as server:
            live.ODDS_API_URL = server.address
            actions.fetch_due(by=CLOCK, at=SATURDAY)

        poll = ProviderPoll.objects.get()
        assert (poll.outcome, payloads.load(poll.payload_id)) == ("UNREADABLE", b"[{")
        assert not ProviderPoll.objects.unread().exists()

    def test_an_address_that_is_refused_is_a_poll_that_failed(self, live):
        feed()
        live.ODDS_API_URL = "http://169.254.169.254"

        actions.fetch_due(by=CLOCK, at=SATURDAY)

        assert ProviderPoll.objects.get().error_code == "PROVIDER_ADDRESS_REFUSED"


class TestSettings:
    def test_name_the_provider_and_no_key_is_read_by_tests(self, settings):
        assert settings.ODDS_API_KEY == ""
        assert settings.ODDS_API_URL.startswith("https://")

    def test_the_environments_own_picture_hides_the_key(self, monkeypatch):
        monkeypatch.setenv("ODDS_API_KEY", KEY)

        assert KEY not in repr(Environment())
        assert Environment().odds_api_key.get_secret_value() == KEY

    def test_no_source_file_of_the_adapter_prints(self):
        folder = Path(client.__file__).parent
        assert not [path for path in folder.glob("*.py") if "print(" in path.read_text()]
