from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from apps.catalog.actions import approve_spelling, change_book
from apps.catalog.models import (
    Book,
    Event,
    EventScheduleChange,
    ReviewItem,
    ReviewKind,
    ReviewStatus,
)
from apps.catalog.tests.factories import team
from apps.rulebook.markets import EventStatus, MarketType
from apps.snapshots import actions
from apps.snapshots.models import (
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    QuarantinedRow,
)
from apps.snapshots.tests.factories import (
    CLOCK,
    GOLDEN_PRICES,
    JETS,
    JETS_GAME,
    KICKOFF,
    MINUTE,
    NEXT,
    SATURDAY,
    changed,
    golden,
    moved,
    quote,
    receipt_at,
    without,
)

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


class TestUnknown:
    def test_team_is_quarantined_and_asked_about_once(self, odds):
        def rename(board):
            board[0]["home_team"] = "NY Jets"

        odds.show((SATURDAY, changed(rename)), (NEXT, changed(rename)))

        assert Event.objects.count() == 1
        item = ReviewItem.objects.get()
        assert (item.kind, item.subject, item.seen_count) == (
            ReviewKind.UNKNOWN_SPELLING,
            "NY Jets",
            2,
        )
        assert item.status == ReviewStatus.OPEN
        row = QuarantinedRow.objects.filter(code="UNKNOWN_TEAM").first()
        assert (row.source_event_id, row.poll.captured_at) == (JETS_GAME, SATURDAY)
        receipt = receipt_at(SATURDAY)
        # Its outcomes name the team as it was spelled before, so they are nobody's, too.
        assert receipt.quarantined_total == 22
        assert receipt.written == GOLDEN_PRICES - 22

    def test_team_is_read_once_a_person_has_said_who_it_is(self, odds, ops):
        def rename(board):
            board[0]["home_team"] = "NY Jets"
            for book in board[0]["bookmakers"]:
                for market in book["markets"]:
                    for outcome in market["outcomes"]:
                        outcome["name"] = outcome["name"].replace(JETS, "NY Jets")

        odds.show((SATURDAY, changed(rename)))
        approve_spelling(
            item_id=ReviewItem.objects.get().pk,
            team_id=team(JETS),
            by=ops,
            at=SATURDAY,
            reason="Short form.",
        )
        odds.show((NEXT, changed(rename)))

        assert quote(SPREAD, "HOME").line == Decimal("7.5")
        assert receipt_at(NEXT).quarantined == {"LAY_NOT_STORED": 2}

    def test_book_is_quarantined_whole_and_asked_about_once(self, odds):
        def rename(board):
            for event in board:
                event["bookmakers"][0]["key"] = "newbook"

        odds.show((SATURDAY, changed(rename)), (NEXT, changed(rename)))

        item = ReviewItem.objects.get()
        assert (item.kind, item.subject) == (ReviewKind.UNKNOWN_BOOK, "newbook")
        assert receipt_at(SATURDAY).quarantined["UNKNOWN_BOOK"] == 12
        assert QuarantinedRow.objects.filter(code="UNKNOWN_BOOK").count() == 2
        assert not LatestQuote.objects.filter(book__key="draftkings").exists()

    def test_book_that_was_retired_is_counted_only(self, odds, ops):
        change_book(
            book_id=Book.objects.get(key="betmgm").pk,
            changes={"status": "RETIRED"},
            by=ops,
            at=SATURDAY,
            reason="Left the state.",
        )

        odds.show((SATURDAY, golden()))

        assert receipt_at(SATURDAY).quarantined["BOOK_RETIRED"] == 10
        assert not QuarantinedRow.objects.exists()

    def test_swap_of_home_and_away_is_quarantined_and_freezes_the_event(self, odds):
        def swap(board):
            board[0]["home_team"], board[0]["away_team"] = (
                board[0]["away_team"],
                board[0]["home_team"],
            )

        odds.show((SATURDAY, golden()), (NEXT, changed(swap)))

        assert Event.objects.get(home__name=JETS).frozen_code == "MAPPING_DRIFT"
        assert receipt_at(NEXT).quarantined["MAPPING_DRIFT"] == 20
        assert quote(SPREAD, "HOME").line == Decimal("7.5")


class TestGame:
    def in_play(self, moment=KICKOFF):
        return moved(3.5, at=moment - timedelta(seconds=20))

    def test_begins_with_the_first_poll_in_play(self, odds):
        odds.show((SATURDAY, golden()), (KICKOFF, self.in_play()))

        event = Event.objects.get(home__name=JETS)
        assert (event.status, event.latched_at) == (EventStatus.LIVE, KICKOFF)
        row = quote(SPREAD, "HOME")
        assert (row.line, row.pre_game) == (Decimal("3.50"), False)
        newest = MarketSnapshot.objects.of(row.selection_id).filter(book=row.book).last()
        assert not newest.pre_game

    def test_keeps_the_last_quote_before_it_as_the_close(self, odds):
        noon = KICKOFF - 5 * MINUTE

        odds.show((SATURDAY, golden()), (noon, golden()), (KICKOFF, self.in_play()))

        row = quote(SPREAD, "HOME")
        assert (row.close_line, row.close_price_american) == (Decimal("7.50"), -112)
        assert (row.close_last_seen_at, row.close_age) == (noon, 5 * MINUTE)
        assert row.close_in_time
        assert row.close_poll_id == ProviderPoll.objects.get(captured_at=SATURDAY).pk

    def test_leaves_a_close_that_is_too_old_out_of_time(self, odds):
        odds.show((SATURDAY, golden()), (KICKOFF, self.in_play()))

        assert quote(SPREAD, "HOME").close_age == KICKOFF - SATURDAY
        assert not quote(SPREAD, "HOME").close_in_time

    def test_needs_no_poll_in_play_for_its_close(self, odds):
        noon = KICKOFF - 5 * MINUTE

        odds.show((noon, golden()))

        row = quote(SPREAD, "HOME")
        assert (row.close_line, row.close_age, row.close_in_time) == (
            Decimal("7.50"),
            5 * MINUTE,
            True,
        )

    def test_keeps_the_quote_of_a_market_that_was_suspended_before_it(self, odds):
        noon = KICKOFF - 5 * MINUTE
        half = without(golden(), book="draftkings", key="spreads")

        odds.show((SATURDAY, golden()), (noon, half), (KICKOFF, self.in_play()))

        row = quote(SPREAD, "HOME")
        assert (row.close_line, row.close_last_seen_at) == (Decimal("7.50"), SATURDAY)

    def test_gives_a_book_that_came_only_during_it_no_close(self, odds):
        noon = KICKOFF - 5 * MINUTE

        odds.show((noon, without(golden(), book="fanduel")), (KICKOFF, golden()))

        assert quote(SPREAD, "HOME", book="fanduel").close_last_seen_at is None
        closing = LatestQuote.objects.closing().filter(event__home__name=JETS)
        assert not closing.filter(book__key="fanduel").exists()
        assert closing.filter(book__key="draftkings").count() == 6

    def test_is_not_begun_again_by_a_start_that_is_rewritten(self, odds):
        def rewrite(board):
            board[0]["commence_time"] = "2025-10-12T21:00:00Z"

        during = KICKOFF + 30 * MINUTE
        odds.show(
            (KICKOFF - MINUTE, golden()),
            (KICKOFF, self.in_play()),
            (during, changed(rewrite, self.in_play(during))),
        )

        row = quote(SPREAD, "HOME")
        assert (row.pre_game, row.close_last_seen_at) == (False, KICKOFF - MINUTE)
        starts = EventScheduleChange.objects.filter(event__home__name=JETS)
        assert [change.in_play for change in starts] == [False, True]


class TestReceipts:
    @pytest.mark.parametrize(
        "body",
        [
            "odds_nfl_american_20251012.json",
            "odds_nfl_american_20251012_inplay.json",
        ],
    )
    def test_of_recorded_bodies_add_up(self, body, odds, shared_data):
        odds.show((SATURDAY, (shared_data / "oddsapi" / body).read_bytes()))

        receipt = PayloadReading.objects.get()
        assert receipt.prices > 0
        assert receipt.written + receipt.quarantined_total == receipt.prices
        assert QuarantinedRow.objects.count() <= receipt.quarantined_total

    def test_of_a_recorded_series_lead_into_the_game(self, odds, shared_data, settings):
        folder = shared_data / "oddsapi" / "series_nfl_20251012"
        settings.RECORDINGS = {"odds": {"folder": str(folder)}}
        end = datetime.fromisoformat("2025-10-12T22:00:00+00:00")

        actions.fetch_due(by=CLOCK, at=end)
        read = actions.read_unread(by=CLOCK, at=end)

        assert read.polls == 23
        assert read.prices == read.written + read.unchanged + read.quarantined
        assert Event.objects.filter(status=EventStatus.LIVE).count() == 3
        assert LatestQuote.objects.closing().filter(close_age__lte=30 * MINUTE).exists()
