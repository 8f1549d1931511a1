"""What happens in a season of hockey: finals late and corrected, games put off, moved, gone."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog.actions import install_sandbox_league, place_event
from apps.catalog.models import Event, ReviewItem
from apps.core.actor import Actor
from apps.snapshots import actions
from apps.snapshots.models import LatestQuote, ResultSnapshot
from apps.snapshots.providers import registry
from benchmarks.soak.leagues import PROVIDER, add, asked, follow
from sandbox.world import World
from sandbox.world.leagues import SHL

pytestmark = pytest.mark.django_db

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
CLOCK = Actor.job("tests.clock")


@pytest.fixture(scope="module")
def outside(module_sandbox):
    return module_sandbox(epoch=EPOCH, calls_a_second=100_000, leagues="SFL,SHL")


@pytest.fixture(scope="module")
def season():
    """The same season that the process plays: what will happen is known here, and only here."""
    return World(seed=7, epoch=EPOCH, league=SHL).before_epoch()


@pytest.fixture
def league(outside, settings, queued, db):
    """The league, known to the platform from the provider's answers; gives a poll at an instant."""
    registry.forget()
    settings.ODDS_API_KEY, settings.ODDS_API_URL = outside.key, outside.address
    long_ago = EPOCH - timedelta(days=57)
    install_sandbox_league(by=CLOCK, at=long_ago)
    [sport] = [
        one
        for one in asked(outside.address, outside.key, "/v4/sports")
        if one["title"] == SHL.sport.title
    ]
    add(outside.address, outside.key, sport, by=CLOCK, at=long_ago)
    follow("SHL", by=CLOCK, at=long_ago)

    def poll(unix):
        at = datetime.fromtimestamp(unix, UTC)
        outside.plan()
        outside.stand(at)
        actions.fetch_due(by=CLOCK, at=at)
        actions.read_unread(by=CLOCK, at=at)
        actions.check_facts(by=CLOCK, at=at)

    return poll


def event_of(game):
    return Event.objects.get(sources__provider=PROVIDER, sources__source_event_id=game.id)


def first(season, what):
    """The first game to which that alone happens."""
    return next(game for game in season if what(game.eventful))


class TestFinals:
    def test_one_that_comes_late_is_waited_for(self, league, season):
        game = first(season, lambda told: told.final_late and told.withdrawn is None)
        league(game.starts - 3_600)
        league(game.ends + 60)
        assert not ResultSnapshot.objects.filter(event=event_of(game)).exists()

        league(game.completes + 60)
        result = ResultSnapshot.objects.get(event=event_of(game))
        assert (result.home_score, result.away_score) == game.final

    def test_one_that_is_corrected_is_kept_beside_what_was_told_first(self, league, season):
        game = first(season, lambda told: told.mistake and told.withdrawn is None)
        league(game.starts - 3_600)
        league(game.completes + 60)
        league(game.ends + game.eventful.mistake.stands_for + 60)

        told = ResultSnapshot.objects.filter(event=event_of(game)).order_by("captured_at")
        assert [(one.home_score, one.away_score) for one in told] == [
            game.eventful.mistake.final,
            game.final,
        ]
        current = ResultSnapshot.objects.current_of([event_of(game).pk]).get()
        assert (current.home_score, current.away_score) == game.final


class TestPostponed:
    def test_a_game_that_moves_by_more_than_a_day_waits_for_a_person(self, league, season):
        game = next(
            game
            for game in season
            if game.eventful.moved
            and game.eventful.moved.to - game.eventful.moved.before > 25 * 3_600
        )
        league(game.eventful.moved.at - 600)
        before = event_of(game)
        league(game.eventful.moved.at + 600)

        event = event_of(game)
        assert event.frozen_code == "MAPPING_DRIFT"
        assert event.start_time == before.start_time
        assert ReviewItem.objects.filter(kind="MAPPING_DRIFT").count() == 1

    def test_a_game_under_another_id_is_what_a_person_says_that_it_is(self, league, season, ops):
        game = first(season, lambda told: told.again is not None)
        again = next(one for one in season if one.fixture.key == f"{game.fixture.key}-again")
        league(game.eventful.withdrawn - 600)
        event = event_of(game)
        league(game.eventful.withdrawn + 600)

        def newest_seen():
            quotes = LatestQuote.objects.with_close().filter(event=event)
            return max(quote.last_seen_at for quote in quotes).timestamp()

        # Nothing of it is taken for the old one, and none of the old one's quotes is seen any more.
        assert newest_seen() < game.eventful.withdrawn
        item = ReviewItem.objects.get(kind="EVENT_AMBIGUOUS")
        assert (item.subject, item.suggestions[0]["event"]) == (again.id, str(event.pk))
        assert not Event.objects.filter(sources__source_event_id=again.id).exists()

        at = datetime.fromtimestamp(game.eventful.withdrawn + 700, UTC)
        place_event(item_id=item.pk, event_id=event.pk, by=ops, at=at, reason="Put off.")
        actions.reread_explained(by=CLOCK, at=at)

        event.refresh_from_db()
        assert newest_seen() > game.eventful.withdrawn
        assert event.start_time.timestamp() == again.fixture.scheduled


class TestNews:
    def test_prices_that_were_taken_down_for_an_injury_come_back(self, league, season):
        game = next(
            one
            for one in season
            if one.eventful.suspended and one.is_played and not one.eventful.moved
        )
        [(since, until)] = game.eventful.suspended
        league(since - 120)
        quotes = LatestQuote.objects.filter(event=event_of(game))
        assert set(quotes.values_list("status", flat=True)) == {"OPEN"}

        league(until - 60)
        assert set(quotes.values_list("status", flat=True)) <= {"SUSPENDED", "ABSENT"}

        league(until + 3_600)
        assert "OPEN" in set(quotes.values_list("status", flat=True))
