from datetime import timedelta
from decimal import Decimal

import pytest
import zstandard

from apps.core.db import fetch_all
from apps.governance.models import FeatureFlag
from apps.rulebook.markets import MarketType
from apps.snapshots import actions
from apps.snapshots.actions import ReadSoFar
from apps.snapshots.models import (
    Consensus,
    Feed,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    RawBody,
    RawPayload,
    Sighting,
)
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import (
    CLOCK,
    FALCONS,
    GOLDEN_PRICES,
    JETS,
    KICKOFF,
    LATER,
    MINUTE,
    NEXT,
    SATURDAY,
    changed,
    golden,
    market_of,
    moved,
    quote,
    receipt_at,
    stamped,
    without,
)

SECOND = timedelta(seconds=1)
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


class TestAGameThatBegan:
    """It was seen on Saturday and in play; what was shown between comes later."""

    @pytest.fixture
    def late(self, odds):
        def bring(*boards):
            odds.show((SATURDAY, golden()), (KICKOFF + MINUTE, moved(3, at=KICKOFF)))
            for captured_at, board in boards:
                odds.bring_late(captured_at, board)
            actions.read_unread(by=CLOCK, at=KICKOFF + 2 * MINUTE)
            return quote(SPREAD, "HOME")

        return bring

    def test_is_closed_by_a_body_that_is_read_late(self, late):
        before = KICKOFF - 5 * MINUTE

        row = late((before, moved(6.5, at=before - MINUTE)))

        assert (row.closing_line, row.closing_last_seen_at) == (Decimal("6.50"), before)
        stored = MarketSnapshot.objects.get(
            selection=row.selection, book=row.book, observed_at=row.closing_observed_at
        )
        assert (stored.line, stored.poll_id) == (Decimal("6.50"), row.closing_poll_id)
        assert (row.line, row.pre_game) == (Decimal("3.00"), False)  # the newest is what it was
        same = quote(TOTAL, "OVER")
        assert (same.closing_last_seen_at, same.closing_observed_at < SATURDAY) == (before, True)

    def test_has_a_consensus_of_what_had_changed_by_then(self, late):
        before = KICKOFF - 5 * MINUTE

        row = late((before, moved(6.5, at=before - MINUTE)))

        newest = Consensus.objects.closing([row.event_id])
        assert {one.captured_at for one in newest if one.market_type == SPREAD} == {before}
        assert {one.captured_at for one in newest if one.market_type == TOTAL} == {SATURDAY}

    def test_ends_alike_in_whatever_order_its_bodies_are_read(self, late):
        first, last = KICKOFF - 9 * MINUTE, KICKOFF - 5 * MINUTE

        row = late((last, moved(6.5, at=last)), (first, moved(7, at=first)))

        assert (row.closing_line, row.closing_last_seen_at) == (Decimal("6.50"), last)

    def test_is_not_closed_by_an_old_board_shown_late(self, late):
        row = late((KICKOFF - 5 * MINUTE, moved(6.5, at=SATURDAY - timedelta(days=1))))

        assert (row.closing_line, row.closing_last_seen_at) == (Decimal("7.50"), SATURDAY)


class TestABookThatGoesBack:
    """DraftKings shows its spread as it was, or with a time before the one we know."""

    def back(self, board):
        """The board with DraftKings' spread of an hour ago, another line."""
        stale = moved(6.5, at=SATURDAY - timedelta(hours=1))
        market_of(board).update(market_of(stale))
        return board

    def test_does_not_become_current_and_counts_as_unseen(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, self.back(golden())))

        row = quote(SPREAD, "HOME")
        assert (row.line, row.last_seen_at) == (Decimal("7.50"), SATURDAY)
        assert quote(TOTAL, "OVER").last_seen_at == NEXT
        assert receipt_at(NEXT).written == 2

    def test_holds_up_its_own_withdrawals_only(self, odds):
        board = without(self.back(stamped(NEXT - 10 * SECOND)), book="fanduel", key="totals")
        board = without(board, book="draftkings", key="totals")

        odds.show((SATURDAY, golden()), (NEXT, board))

        assert quote(TOTAL, "OVER", book="fanduel").status == "SUSPENDED"
        assert quote(TOTAL, "OVER", book="draftkings").status == "OPEN"

    def test_holds_up_all_where_no_other_book_shows_news(self, odds):
        board = without(self.back(golden()), book="fanduel", key="totals")

        odds.show((SATURDAY, golden()), (NEXT, board))

        assert quote(TOTAL, "OVER", book="fanduel").status == "OPEN"


class TestSightings:
    """One row per game says that everything on it was seen, and only exceptions are told."""

    def versions(self):
        """Where each row of the newest state lies: it moves when it is written."""
        return dict(fetch_all("SELECT id, ctid::text FROM latest_quote"))

    def test_a_board_that_is_as_it_was_writes_no_quote(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, golden()))
        before = self.versions()
        odds.show((LATER, golden()))

        assert self.versions() == before
        assert set(LatestQuote.objects.values_list("last_seen_at", flat=True)) == {LATER}
        assert set(Sighting.objects.values_list("seen_at", flat=True)) == {LATER}

    def test_only_what_changed_or_is_missing_is_written(self, odds):
        def unreadable(board):
            market_of(board, book="betmgm", key="totals")["outcomes"][0]["price"] = None

        odds.show((SATURDAY, golden()))
        before = self.versions()
        odds.show((NEXT, changed(unreadable, moved())))

        touched = {pk for pk, place in self.versions().items() if place != before[pk]}
        written = LatestQuote.objects.filter(pk__in=touched)
        assert set(written.values_list("book__key", "selection__market_type")) == {
            ("draftkings", SPREAD.value),
            ("betmgm", TOTAL.value),
        }
        assert len(touched) == 4
        assert quote(TOTAL, "OVER", book="betmgm").last_seen_at == SATURDAY

    def test_what_was_left_behind_goes_along_again_once_it_is_shown(self, odds):
        def unreadable(board):
            market_of(board)["outcomes"][0]["price"] = None

        odds.show((SATURDAY, golden()), (NEXT, changed(unreadable)), (LATER, golden()))
        assert quote(SPREAD, "HOME").last_seen_at == LATER
        odds.show((LATER + MINUTE, golden()))

        assert quote(SPREAD, "HOME").last_seen_at == LATER + MINUTE
        assert not LatestQuote.objects.exclude(seen_until=None).exists()

    def test_a_game_that_is_not_asked_for_stays_as_it_was_seen(self, odds):
        odds.show((SATURDAY, golden()))
        odds.odds("second", at=NEXT)
        odds.show((NEXT, without(golden())), source="second")

        seen = dict(LatestQuote.objects.values_list("event__home__name", "last_seen_at"))
        assert seen == {JETS: SATURDAY, FALCONS: NEXT}

    def test_two_feeds_hand_a_quote_to_each_other(self, odds):
        odds.show((SATURDAY, golden()))
        odds.odds("second", at=NEXT)
        odds.show((NEXT, golden()), source="second")
        assert quote(SPREAD, "HOME").feed.source == "second"
        odds.show((LATER, without(golden(), book="fanduel")))

        assert (quote(SPREAD, "HOME").feed.source, quote(SPREAD, "HOME").last_seen_at) == (
            "odds",
            LATER,
        )
        left = quote(SPREAD, "HOME", book="fanduel")
        assert (left.feed.source, left.status, left.last_seen_at) == ("second", "OPEN", NEXT)

    def test_the_close_is_as_old_as_the_poll_before_the_game(self, odds):
        for minutes in (3, 2, 1):
            odds.show((KICKOFF - minutes * MINUTE, golden()))
        odds.show((KICKOFF, moved(3.5, at=KICKOFF - 20 * SECOND)))

        closes = LatestQuote.objects.closing().filter(event__home__name=JETS)
        assert set(closes.values_list("close_last_seen_at", flat=True)) == {KICKOFF - MINUTE}


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
