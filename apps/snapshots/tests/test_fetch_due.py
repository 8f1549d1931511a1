import threading
from datetime import timedelta
from hashlib import sha256

import celery
import pytest
import zstandard
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.core.append_only import AppendOnlyRefused
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.snapshots import actions
from apps.snapshots.actions import Fetched, payloads
from apps.snapshots.models import Feed, ProviderPoll, RawBody, RawPayload
from apps.snapshots.providers import registry
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import CLOCK, MINUTE, SATURDAY, body_of, golden


def fetch(moment=SATURDAY) -> Fetched:
    return actions.fetch_due(by=CLOCK, at=moment)


class TestFetchDue:
    def test_stores_the_bytes_before_anybody_reads_them(
        self, feeds, queued, django_capture_on_commit_callbacks
    ):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))

        with django_capture_on_commit_callbacks(execute=True):
            done = fetch()

        poll = ProviderPoll.objects.get()
        assert done == Fetched(polls=1)
        assert (poll.outcome, poll.captured_at) == ("OK", SATURDAY)
        assert payloads.load(poll.payload_id) == body_of(golden())
        assert queued == [("snapshots.read", {"after_poll": poll.pk}, "public")]
        assert AuditEntry.across_tenants.filter(
            action="provider_poll.stored", object_id=str(poll.pk)
        ).exists()

    def test_keeps_what_cannot_be_read_as_well(self, feeds):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, b"<html>oops"))

        fetch()

        assert payloads.load(ProviderPoll.objects.get().payload_id) == b"<html>oops"

    def test_compresses_a_body_to_less_than_a_tenth(self, feeds, shared_data):
        body = (shared_data / "oddsapi" / "odds_nfl_american_20251012.json").read_bytes()
        feeds.odds()
        feeds.hold("odds", (SATURDAY, body))

        fetch()

        payload = RawPayload.objects.get()
        assert (payload.sha256, payload.size) == (sha256(body).hexdigest(), len(body))
        assert payload.stored_size <= 0.1 * payload.size
        assert zstandard.decompress(bytes(RawBody.objects.get().body)) == body

    def test_stores_a_repeated_body_once_and_every_poll(self, feeds):
        feeds.odds()
        feeds.hold("odds", *[(SATURDAY + n * MINUTE, golden()) for n in range(3)])

        for n in range(3):
            fetch(SATURDAY + n * MINUTE)

        assert [poll.outcome for poll in ProviderPoll.objects.all()] == [
            "OK",
            "UNCHANGED",
            "UNCHANGED",
        ]
        assert RawPayload.objects.count() == RawBody.objects.count() == 1

    def test_tells_an_empty_answer_from_no_answer(self, feeds):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, b" [] "))

        fetch()

        assert ProviderPoll.objects.get().outcome == "EMPTY"

    def test_asks_nobody_before_the_time(self, feeds):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))

        assert fetch(SATURDAY - MINUTE) == Fetched()
        assert fetch() == Fetched(polls=1)
        assert fetch() == Fetched()

    def test_plans_the_next_poll_and_knows_the_last(self, feeds):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()), (SATURDAY + 7 * MINUTE, golden()))

        fetch()
        assert Feed.objects.get().next_due_at == SATURDAY + 7 * MINUTE
        fetch(SATURDAY + 7 * MINUTE)
        assert Feed.objects.get().next_due_at is None

    def test_catches_up_poll_by_poll(self, feeds):
        feeds.odds()
        feeds.hold("odds", *[(SATURDAY + n * MINUTE, golden()) for n in range(4)])

        assert fetch(SATURDAY + 2 * MINUTE) == Fetched(polls=3)
        assert [poll.captured_at for poll in ProviderPoll.objects.all()] == [
            SATURDAY + n * MINUTE for n in range(3)
        ]

    def test_records_that_nobody_answers_and_asks_others(self, feeds, settings):
        lost = feeds.odds("lost")
        feeds.odds("odds")
        feeds.hold("odds", (SATURDAY, golden()))
        settings.RECORDINGS = {"odds": settings.RECORDINGS["odds"]}

        done = fetch()

        assert done == Fetched(polls=2, failed=1)
        failed = ProviderPoll.objects.get(feed=lost)
        assert (failed.outcome, failed.error_code) == ("BAD_REQUEST", "PROVIDER_NOT_CONFIGURED")
        assert not ProviderPoll.objects.readable().filter(feed=lost).exists()

    @pytest.mark.parametrize("scope", ["GLOBAL", "league:NFL"])
    def test_waits_while_its_switch_is_off_and_catches_up(self, scope, feeds, ops):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))
        turn(scope, on=False)

        stopped = fetch()
        waiting = due_and_done(SATURDAY)["fetch"]
        turn(scope, on=True)
        caught_up = fetch(SATURDAY + MINUTE)

        assert (stopped, waiting.due, waiting.done) == (Fetched(waiting=1), 1, 0)
        assert caught_up == Fetched(polls=1)
        assert due_and_done(SATURDAY + MINUTE)["fetch"].waiting == 0

    def test_asks_nothing_of_a_feed_that_is_disabled(self, feeds, ops):
        feed = feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))
        actions.change_feed(
            feed_id=feed.pk, changes={"enabled": False}, by=ops, at=SATURDAY, reason="Off season."
        )

        assert fetch() == Fetched()


def turn(scope: str, *, on: bool) -> None:
    FeatureFlag.objects.filter(name=switches.INGEST, scope=scope).update(enabled=on)


class TestDoorbell:
    def test_that_cannot_be_rung_stops_nothing(self, fresh_database, feeds, monkeypatch):
        def away(*args: object, **kwargs: object) -> None:
            raise OperationalError("Connection refused")

        monkeypatch.setattr(celery.current_app, "send_task", away)
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))

        done = fetch()

        assert done == Fetched(polls=1)
        assert list(ProviderPoll.objects.unread()) == [ProviderPoll.objects.get()]


class TestTogether:
    def test_two_workers_ask_a_feed_once(self, fresh_database, feeds):
        feeds.odds()
        feeds.hold("odds", *[(SATURDAY + n * MINUTE, golden()) for n in range(6)])
        late = SATURDAY + timedelta(hours=1)

        done = fresh_database.in_threads(*[lambda: fetch(late)] * 4)

        assert sum(each.polls for each in done) == ProviderPoll.objects.count() == 6

    def test_reading_does_not_wait_for_a_slow_provider(self, fresh_database, feeds, monkeypatch):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()), (SATURDAY + MINUTE, golden()))
        fetch()
        asked, answered = threading.Event(), threading.Event()
        slow_answer = registry.fetch

        def slow(*args: object) -> object:
            asked.set()
            assert answered.wait(timeout=20)
            return slow_answer(*args)

        def read() -> int:
            assert asked.wait(timeout=20)
            try:
                return actions.read_unread(by=CLOCK, at=SATURDAY).polls
            finally:
                answered.set()

        monkeypatch.setattr(registry, "fetch", slow)

        fetched, polls = fresh_database.in_threads(lambda: fetch(SATURDAY + MINUTE), read)

        assert (fetched.polls, polls) == (1, 1)

    def test_two_workers_store_the_same_bytes_once(self, fresh_database, feeds):
        def store() -> int:
            with transaction.atomic():
                return payloads.store(b"the same bytes", captured_at=SATURDAY)

        keys = fresh_database.in_threads(*[store] * 6)

        assert len(set(keys)) == 1
        assert RawPayload.objects.count() == RawBody.objects.count() == 1


@pytest.mark.django_db
class TestFeeds:
    def test_are_registered_once(self, feeds):
        assert feeds.odds() == feeds.odds()
        assert AuditEntry.across_tenants.filter(action="feed.registered").count() == 1

    @pytest.mark.parametrize("column", ["provider", "source", "read_through", "next_due_at"])
    def test_are_not_changed_in_what_they_are_or_how_far_they_are(self, column, feeds, ops):
        feed = feeds.odds()

        with pytest.raises(actions.FeedFixed):
            actions.change_feed(
                feed_id=feed.pk, changes={column: None}, by=ops, at=SATURDAY, reason="Try."
            )

    def test_are_retimed_with_a_reason(self, feeds, ops):
        feed = feeds.odds()

        actions.change_feed(
            feed_id=feed.pk, changes={"rhythm_s": 300}, by=ops, at=SATURDAY, reason="Credits."
        )

        entry = AuditEntry.across_tenants.get(action="feed.changed")
        assert (entry.reason, entry.diff) == ("Credits.", {"rhythm_s": [60, 300]})


@pytest.mark.django_db
class TestFacts:
    def test_are_written_once(self, feeds):
        feeds.odds()
        feeds.hold("odds", (SATURDAY, golden()))
        fetch()
        poll = ProviderPoll.objects.get()
        poll.outcome = "EMPTY"

        with pytest.raises(AppendOnlyRefused):
            poll.save()
        with pytest.raises(AppendOnlyRefused):
            RawPayload.objects.all().delete()
