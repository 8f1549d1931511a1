"""What one poll says against another: games that drift, bodies that come again, boards gone."""

from datetime import timedelta

import pytest

from apps.catalog.models import Event
from apps.ops.tests.faults.conftest import MINUTE, open_quotes, rows
from apps.snapshots.models import (
    Consensus,
    LatestQuote,
    PayloadReading,
    ProviderPoll,
    RawPayload,
)

pytestmark = pytest.mark.django_db


def drifted():
    return Event.objects.exclude(frozen_code="")


class TestRow54:
    """Home and away are turned between two polls."""

    def test_the_game_is_frozen_and_a_person_decides(self, feeding):
        receipt = feeding.read({"fault": "swapped"})

        assert set(receipt.quarantined) == {"MAPPING_DRIFT"}
        [event] = drifted()
        assert event.frozen_code == "MAPPING_DRIFT"
        assert "MAPPING_DRIFT" in feeding.look()

    def test_and_stays_so_when_the_next_poll_is_right_again(self, feeding):
        feeding.read({"fault": "swapped"})
        [event] = drifted()
        turned_at = feeding.at
        feeding.read(after=30 * MINUTE)

        assert list(drifted()) == [event]
        seen = LatestQuote.objects.filter(last_seen_at__gt=turned_at)
        assert seen.filter(event=event).exists()  # facts go on, what is made of them does not


class TestRow59:
    """An id comes back on another game, or a start moves by more than a day."""

    def test_the_id_is_not_believed(self, feeding):
        receipt = feeding.read({"fault": "reused_id"})

        assert "MAPPING_DRIFT" in receipt.quarantined or drifted().exists()
        assert drifted().count() == 1
        assert "MAPPING_DRIFT" in feeding.look()

    def test_nor_is_the_start(self, feeding):
        before = set(Event.objects.values_list("pk", "start_time"))
        receipt = feeding.read({"fault": "moved_start", "hours": 30})

        assert receipt.quarantined == {}  # its prices are facts; what is made of them waits
        assert drifted().count() == 1
        assert "MAPPING_DRIFT" in feeding.look()
        assert set(Event.objects.values_list("pk", "start_time")) == before

    def test_a_start_that_moves_by_an_hour_is(self, feeding):
        before = dict(Event.objects.values_list("pk", "start_time"))
        receipt = feeding.read({"fault": "moved_start", "hours": 1})

        moved = [event for event in Event.objects.all() if event.start_time != before[event.pk]]
        assert receipt.quarantined == {}
        assert [event.start_time - before[event.pk] for event in moved] == [timedelta(hours=1)]


class TestRow60:
    """The same bytes again."""

    def test_count_and_write_nothing(self, feeding):
        first = feeding.read().poll
        before, payloads_before = rows(), RawPayload.objects.count()
        receipt = feeding.read({"fault": "replay"})

        again = ProviderPoll.objects.order_by("-captured_at").first()
        assert (again.outcome, again.payload_id) == ("UNCHANGED", first.payload_id)
        assert (rows(), RawPayload.objects.count()) == (before, payloads_before)
        assert (receipt.written, receipt.unchanged) == (0, receipt.prices)
        seen = set(LatestQuote.objects.values_list("last_seen_at", flat=True))
        assert seen == {feeding.at}


class TestRow61:
    """What was true before comes after what is true now."""

    def test_it_is_stored_and_never_becomes_current(self, feeding):
        """A cache of the provider's answers once more with a board of half an hour ago."""
        feeding.read(after=30 * MINUTE)
        now = dict(LatestQuote.objects.values_list("pk", "price_american"))
        lines = dict(LatestQuote.objects.values_list("pk", "line"))
        agreed = Consensus.objects.count()
        receipt = feeding.read({"fault": "older", "seconds": 1_800})

        assert receipt.prices > 150
        assert dict(LatestQuote.objects.values_list("pk", "price_american")) == now
        assert dict(LatestQuote.objects.values_list("pk", "line")) == lines
        assert Consensus.objects.count() == agreed

    def test_a_poll_that_is_read_late_changes_nothing_that_is_newer(self, feeding):
        late = feeding.fetch()
        feeding.odds.refresh_from_db()
        type(feeding.odds).objects.filter(pk=feeding.odds.pk).update(read_through=feeding.at)
        feeding.read(after=20 * MINUTE)
        now = dict(LatestQuote.objects.values_list("pk", "poll_id"))
        type(feeding.odds).objects.filter(pk=feeding.odds.pk).update(
            read_through=late.captured_at - timedelta(microseconds=1)
        )
        feeding.read(after=MINUTE)

        assert PayloadReading.objects.filter(poll=late).exists()
        assert late.pk not in LatestQuote.objects.values_list("poll_id", flat=True)
        assert now.keys() <= set(LatestQuote.objects.values_list("pk", flat=True))


class TestRow63:
    """The board is empty, in the middle of a season."""

    def test_that_is_not_no_games(self, feeding):
        before = open_quotes()
        receipt = feeding.read({"fault": "empty"})

        assert ProviderPoll.objects.get(pk=receipt.poll_id).outcome == "EMPTY"
        assert open_quotes() == before
        assert "FEED_EMPTY" in feeding.look()

    def test_and_over_with_the_next_full_one(self, feeding):
        feeding.read({"fault": "empty"})
        feeding.look()

        assert "FEED_EMPTY" not in feeding.answer(after=(1, 1, 20))
