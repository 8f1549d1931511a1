"""How each feed is: when it was heard, when it moved, and how often it failed."""

from datetime import timedelta

import pytest
from django.db.models import Subquery

from apps.snapshots.models import Feed, LatestQuote, ProviderPoll
from apps.snapshots.tests.factories import MINUTE, NEXT, SATURDAY, golden, moved

NOW = SATURDAY + timedelta(hours=2)


@pytest.fixture
def feed(feeds) -> Feed:
    """Two boards that differ, the second repeated, then three calls that failed."""
    feeds.odds()
    feeds.show((SATURDAY, golden()), (NEXT, moved()), (NEXT + MINUTE, moved()))
    feed = Feed.objects.get()
    for n in range(3):
        ProviderPoll.objects.create(
            feed=feed,
            captured_at=NEXT + (2 + n) * MINUTE,
            outcome="NETWORK",
            error_code="BROKEN",
            duration_ms=1,
        )
    return feed


def health(at=NOW) -> Feed:
    return Feed.objects.with_health(at).get()


class TestHealth:
    def test_tells_when_it_was_heard_and_when_it_moved(self, feed):
        told = health()

        assert (told.heard_at, told.moved_at) == (NEXT + MINUTE, NEXT)

    def test_counts_the_calls_of_a_day_and_those_that_failed(self, feed):
        assert (health().polls_lately, health().failed_lately) == (6, 3)
        assert health(NOW + timedelta(days=2)).polls_lately == 0

    def test_knows_nothing_that_came_later(self, feed):
        told = health(SATURDAY)

        assert (told.heard_at, told.polls_lately, told.failed_lately) == (SATURDAY, 1, 0)

    def test_of_a_week_of_silence_is_silence(self, feed):
        told = health(NOW + timedelta(days=8))

        assert (told.heard_at, told.moved_at) == (None, None)

    def test_tells_how_old_the_oldest_quote_of_a_game_ahead_is(self, feed):
        quotes = LatestQuote.objects.of_outer_feed(NOW).order_by("last_seen_at")
        told = Feed.objects.annotate(oldest=Subquery(quotes.values("last_seen_at")[:1])).get()
        gone = LatestQuote.objects.of_outer_feed(NOW + timedelta(days=9))
        over = Feed.objects.annotate(oldest=Subquery(gone.values("last_seen_at")[:1])).get()

        assert (told.oldest, over.oldest) == (NEXT + MINUTE, None)
