from datetime import timedelta
from decimal import Decimal

import pytest
import zstandard

from apps.governance.models import FeatureFlag
from apps.rulebook.markets import MarketType
from apps.snapshots import actions
from apps.snapshots.actions import ReadSoFar
from apps.snapshots.models import (
    Feed,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    RawBody,
    RawPayload,
)
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import (
    CLOCK,
    GOLDEN_PRICES,
    LATER,
    MINUTE,
    NEXT,
    SATURDAY,
    golden,
    moved,
    quote,
    receipt_at,
    without,
)

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


class TestOrder:
    def test_older_body_after_a_newer_is_stored_and_never_becomes_current(self, odds):
        odds.show((NEXT, golden()))
        odds.bring_late(SATURDAY, moved(6.5, at=SATURDAY - MINUTE))

        actions.read_unread(by=CLOCK, at=LATER)

        row = quote(SPREAD, "HOME")
        assert (row.line, row.last_seen_at) == (Decimal("7.50"), NEXT)
        late = receipt_at(SATURDAY)
        assert (late.written, late.unchanged) == (2, GOLDEN_PRICES - 4)
        assert Decimal("6.5") in MarketSnapshot.objects.of(row.selection_id).values_list(
            "line", flat=True
        )

    def test_older_body_withdraws_nothing(self, odds):
        odds.show((NEXT, golden()))
        odds.bring_late(SATURDAY, without(golden()))

        actions.read_unread(by=CLOCK, at=LATER)

        assert set(LatestQuote.objects.values_list("status", flat=True)) == {"OPEN"}
        assert receipt_at(SATURDAY).withdrawn == 0

    def test_older_body_of_another_feed_does_not_become_current(self, odds):
        odds.show((NEXT, golden()))
        odds.odds("second", at=SATURDAY)

        odds.show((SATURDAY, moved(6.5, at=SATURDAY - MINUTE)), source="second")

        assert quote(SPREAD, "HOME").line == Decimal("7.50")
        assert receipt_at(SATURDAY).written == 2

    def test_late_body_is_not_passed_over(self, odds):
        odds.show((NEXT, golden()))
        late = odds.bring_late(SATURDAY, golden())

        assert list(ProviderPoll.objects.unread()) == [late]
        assert due_and_done(NEXT)["read"].waiting == 1
        actions.read_unread(by=CLOCK, at=LATER)
        assert not ProviderPoll.objects.unread().exists()

    def test_bodies_before_the_mark_are_not_looked_through(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, golden()))

        assert Feed.objects.get().read_through == NEXT


class TestOnce:
    def test_a_poll_is_read_once(self, odds):
        odds.show((SATURDAY, golden()))

        again = actions.read_unread(by=CLOCK, at=NEXT)

        assert again == ReadSoFar()
        assert PayloadReading.objects.count() == 1

    def test_a_body_is_read_at_every_poll_that_brought_it(self, odds):
        odds.show(*[(SATURDAY + n * MINUTE, golden()) for n in range(3)])

        assert PayloadReading.objects.count() == 3

    def test_what_is_not_there_yet_is_not_read(self, odds):
        odds.hold("odds", (NEXT, golden()))
        actions.fetch_due(by=CLOCK, at=NEXT)

        assert actions.read_unread(by=CLOCK, at=SATURDAY) == ReadSoFar()

    def test_a_body_that_is_not_what_came_is_refused_and_the_next_is_read(self, odds):
        payload = RawPayload.objects.create(
            sha256="0" * 64, size=2, stored_size=11, first_captured_at=SATURDAY
        )
        packed = zstandard.compress(b"[]")
        RawBody.objects.create(payload_id=payload.pk, captured_at=SATURDAY, body=packed)
        ProviderPoll.objects.create(
            feed=Feed.objects.get(),
            captured_at=SATURDAY,
            outcome="OK",
            duration_ms=1,
            payload=payload,
        )

        odds.show((NEXT, golden()))

        assert receipt_at(SATURDAY).refused_code == "PAYLOAD_CORRUPT"
        assert receipt_at(NEXT).written == GOLDEN_PRICES - 2


class TestTogether:
    def test_many_workers_read_every_poll_once(self, fresh_database, feeds):
        feeds.odds()
        boards = [golden(), moved(7), moved(6.5), without(golden(), book="fanduel"), moved(7.5)]
        polls = [(SATURDAY + n * MINUTE, board) for n, board in enumerate(boards)]
        feeds.hold("odds", *polls)
        late = SATURDAY + timedelta(hours=1)
        actions.fetch_due(by=CLOCK, at=late)

        def read() -> ReadSoFar:
            return actions.read_unread(by=CLOCK, at=late)

        first = fresh_database.in_threads(*[read] * 4)
        rest = read()

        assert sum(each.polls for each in (*first, rest)) == PayloadReading.objects.count() == 5
        assert not ProviderPoll.objects.unread().exists()
        row = quote(SPREAD, "HOME")
        assert (row.line, row.last_seen_at) == (Decimal("7.50"), SATURDAY + 4 * MINUTE)
        shown = MarketSnapshot.objects.of(row.selection_id).filter(book=row.book)
        assert len(shown) == 4


class TestSwitch:
    @pytest.mark.parametrize("scope", ["GLOBAL", "league:NFL"])
    def test_off_lets_bodies_wait_and_on_again_reads_them(self, scope, odds):
        odds.hold("odds", (SATURDAY, golden()), (NEXT, moved()))
        actions.fetch_due(by=CLOCK, at=NEXT)
        flags = FeatureFlag.objects.filter(name="INGEST", scope=scope)
        flags.update(enabled=False)

        stopped = actions.read_unread(by=CLOCK, at=NEXT)
        waiting = due_and_done(NEXT)["read"]
        flags.update(enabled=True)
        caught_up = actions.read_unread(by=CLOCK, at=LATER)

        assert (stopped.polls, stopped.waiting) == (0, 2)
        assert (waiting.due, waiting.done) == (2, 0)
        assert caught_up.polls == 2
        assert due_and_done(LATER)["read"].waiting == 0
        assert quote(SPREAD, "HOME").line == Decimal("7.00")
