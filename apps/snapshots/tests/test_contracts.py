"""What every implementation of every port owes whoever asks it."""

from datetime import timedelta

import pytest

from apps.snapshots.providers import ports, registry
from apps.snapshots.providers.ports import READABLE, FetchOutcome, FetchRequest, Outcome
from apps.snapshots.providers.sportradar import Sportradar
from apps.snapshots.tests.contracts import (
    AFTERNOON,
    EPOCH,
    IMPLEMENTATIONS,
    SUNDAY,
    Implementation,
    World,
)

PORTS = [
    value
    for name, value in vars(ports).items()
    if name.endswith("Provider") and isinstance(value, type)
]

# All but the live ones, which answer as often as they are asked.
STILL = [one for one in IMPLEMENTATIONS if not one.name.startswith("oddsapi")]


@pytest.fixture(scope="module")
def server(module_sandbox):
    started = module_sandbox(epoch=EPOCH)
    started.stand(AFTERNOON)
    return started


@pytest.fixture
def world(server, tmp_path) -> World:
    return World(server, tmp_path)


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda one: one.name)
def one(request) -> Implementation:
    return request.param


def sound(told: FetchOutcome, request: FetchRequest) -> None:
    """What holds for every answer, good or bad."""
    assert isinstance(told.outcome, Outcome)
    assert told.captured_at.tzinfo is not None
    assert told.captured_at <= request.at
    assert told.duration_ms >= 0
    assert len(told.error_code) <= 64
    assert len(told.detail) <= 300
    if told.outcome in READABLE:
        assert isinstance(told.body, bytes)
        assert told.error_code == ""
    elif told.outcome is Outcome.NOT_DUE:
        assert told.body is None
    else:
        assert told.error_code
    assert told.next_at is None or told.next_at.tzinfo is not None
    assert not (told.exhausted and told.next_at)


class TestEveryImplementation:
    def test_is_of_its_port(self, one, world):
        assert isinstance(one.build(world), one.port)

    def test_answers_with_bytes_and_says_when_they_were_taken(self, one, world):
        provider = one.build(world)
        request = one.question(provider, world)

        told = one.ask(provider)(request)

        sound(told, request)
        assert told.outcome in READABLE
        assert told.body

    def test_answers_the_same_question_in_the_same_bytes(self, one, world):
        provider = one.build(world)
        request = one.question(provider, world)

        first, second = (one.ask(provider)(request) for _ in range(2))

        assert (first.outcome, first.body) == (second.outcome, second.body)

    def test_never_answers_with_another_leagues_games(self, one, world):
        provider = one.build(world)
        request = one.question(provider, world, league_key="curling_nobody")

        told = one.ask(provider)(request)

        sound(told, request)
        # A file is of one league by its place, and the list of leagues is of all.
        if "file" not in one.name and one.method != "fetch_leagues":
            assert b"americanfootball" not in (told.body or b"")

    def test_is_not_asked_in_vain_about_no_league(self, one, world):
        provider = one.build(world)
        request = one.question(provider, world, league_key="")

        told = one.ask(provider)(request)

        sound(told, request)
        assert not told.quota.cost
        if one.name.startswith("oddsapi") and one.method != "fetch_leagues":
            # Refused here: an answer of the provider would tell what is left.
            assert (told.outcome, told.error_code) == (Outcome.BAD_REQUEST, "LEAGUE_KEY_MISSING")
            assert told.quota.remaining is None

    def test_shows_no_secret(self, one, world):
        provider = one.build(world)

        assert world.server.key not in repr(provider)
        assert world.server.key not in repr(one.ask(provider)(one.question(provider, world)))


class TestRecordingsAndFiles:
    @pytest.mark.parametrize("still", STILL, ids=lambda one: one.name)
    def test_are_handed_over_once(self, still, world):
        provider = still.build(world)
        told = still.ask(provider)(still.question(provider, world))
        request = still.question(provider, world, after=told.captured_at)

        again = still.ask(provider)(request)

        assert again.outcome is Outcome.NOT_DUE or again.captured_at > told.captured_at
        sound(again, request)


class TestPorts:
    @pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
    def test_have_an_implementation_in_this_suite(self, port):
        assert port in {one.port for one in IMPLEMENTATIONS}

    @pytest.mark.parametrize(
        "port", [ports.MarketDataProvider, ports.ResultsProvider], ids=lambda port: port.__name__
    )
    def test_that_the_product_stands_on_have_two(self, port):
        kinds = {one.name.split()[0] for one in IMPLEMENTATIONS if one.port is port}

        assert len(kinds) >= 2


class TestThePlaceHolder:
    @pytest.mark.parametrize("kind", ["ODDS", "RESULTS", "INJURIES", "ARCHIVE"])
    def test_refuses_every_question(self, kind):
        with pytest.raises(ports.ProviderNotConfigured) as refused:
            registry.fetch(registry.SPORTRADAR, kind, "", FetchRequest("NFL", SUNDAY))

        assert refused.value.code == "PROVIDER_NOT_CONFIGURED"

    def test_is_of_the_ports_that_it_will_answer_for(self):
        wanted = (ports.MarketDataProvider, ports.ResultsProvider, ports.InjuryProvider)

        assert all(isinstance(Sportradar(), port) for port in wanted)
        assert not registry.is_configured(registry.SPORTRADAR)


class TestFiles:
    def test_are_handed_over_again_when_somebody_has_written_them(self, world, settings):
        settings.PROVIDER_FILES = str(world.folder)
        world.file("scores.csv", "id\n", at=SUNDAY)

        def ask(after):
            request = FetchRequest("nfl", SUNDAY + timedelta(hours=2), after=after)
            return registry.fetch(registry.FILES, "RESULTS", "scores.csv", request)

        first, idle = ask(None), ask(SUNDAY + timedelta(minutes=1))
        world.file("scores.csv", "id,more\n", at=SUNDAY + timedelta(hours=1))
        again = ask(SUNDAY + timedelta(minutes=1))

        assert (first.body, idle.outcome, again.body) == (b"id\n", Outcome.NOT_DUE, b"id,more\n")
        assert idle.next_at == SUNDAY + timedelta(hours=2, minutes=1)

    def test_that_nobody_put_there_are_gone(self, world, settings):
        settings.PROVIDER_FILES = str(world.folder)

        told = registry.fetch(registry.FILES, "INJURIES", "none.csv", FetchRequest("nfl", SUNDAY))

        assert (told.outcome, told.error_code) == (Outcome.GONE, "FILE_MISSING")

    @pytest.mark.parametrize("source", ["", "../secret", "/etc/passwd", "a/b.csv", ".env", ".."])
    def test_are_looked_for_in_their_folder_only(self, source, world, settings):
        settings.PROVIDER_FILES = str(world.folder)

        with pytest.raises(ports.ProviderNotConfigured):
            registry.provider_for(registry.FILES, source)

    def test_are_not_read_without_a_folder(self, settings):
        settings.PROVIDER_FILES = ""

        with pytest.raises(ports.ProviderNotConfigured):
            registry.provider_for(registry.FILES, "scores.csv")
