from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import zstandard

from apps.catalog.models import (
    Event,
    EventScheduleChange,
    ReviewItem,
    ReviewKind,
    ReviewStatus,
    Selection,
)
from apps.governance.models import AuditEntry, FeatureFlag
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus, MarketType, QuoteStatus
from apps.snapshots import actions
from apps.snapshots.actions import ReadSoFar
from apps.snapshots.models import (
    Feed,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
    QuarantinedRow,
    RawBody,
    RawPayload,
)
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import (
    CLOCK,
    FALCONS,
    GOLDEN_PRICES,
    JETS,
    JETS_GAME,
    KICKOFF,
    MINUTE,
    PROVIDER,
    SATURDAY,
    changed,
    golden,
    market_of,
    quote,
    receipt_at,
    without,
)

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
NEXT = SATURDAY + MINUTE
LATER = SATURDAY + 2 * MINUTE


def stamped(board, moment: datetime):
    """The board with every time moved to ``moment``."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for event in board:
        for book in event["bookmakers"]:
            book["last_update"] = text
            for market in book["markets"]:
                market["last_update"] = text
    return board


def moved(line: float = 7, price: int = -110, *, at: datetime = NEXT - 10 * MINUTE / 60, **where):
    """The golden board with one spread of DraftKings changed."""

    def change(board):
        market = market_of(board, **where)
        market["last_update"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        for outcome in market["outcomes"]:
            outcome["point"] = line if outcome["name"] == JETS else -line
            outcome["price"] = price

    return changed(change)


@pytest.fixture
def odds(feeds):
    feeds.odds()
    return feeds


class TestFirstBoard:
    def test_becomes_events_selections_quotes_and_one_receipt(self, odds):
        odds.show((SATURDAY, golden()))

        assert {str(event) for event in Event.objects.all()} == {
            "Denver Broncos at New York Jets",
            "Buffalo Bills at Atlanta Falcons",
        }
        assert Selection.objects.count() == 12
        assert LatestQuote.objects.count() == MarketSnapshot.objects.count() == GOLDEN_PRICES - 2
        receipt = receipt_at(SATURDAY)
        assert (receipt.prices, receipt.written, receipt.unchanged) == (
            GOLDEN_PRICES,
            GOLDEN_PRICES - 2,
            0,
        )
        assert receipt.quarantined == {"LAY_NOT_STORED": 2}
        assert AuditEntry.across_tenants.filter(action="payload.read").count() == 1

    def test_keeps_line_price_and_times_of_each_side(self, odds):
        odds.show((SATURDAY, golden()))

        home, away = quote(SPREAD, "HOME"), quote(SPREAD, "AWAY")
        assert (home.line, away.line) == (Decimal("7.5"), Decimal("-7.5"))
        assert (home.price_decimal, home.price_american) == (Decimal("1.892857"), -112)
        assert home.observed_at == SATURDAY - timedelta(seconds=29)
        assert (home.last_seen_at, home.status) == (SATURDAY, QuoteStatus.OPEN)
        assert home.poll.captured_at == SATURDAY
        assert quote(MONEYLINE, "HOME").line is None
        assert quote(SPREAD, "HOME", home=FALCONS).line == 0

    def test_snapshots_have_a_public_id_that_can_be_computed(self, odds):
        odds.show((SATURDAY, golden()))
        row = quote(SPREAD, "HOME")

        once = keys.snapshot_id(
            row.selection.uuid,
            PROVIDER,
            row.book.key,
            row.observed_at,
            row.line,
            row.price_decimal,
            QuoteStatus.OPEN,
        )

        assert once.version == 5


class TestUnchanged:
    def test_quote_is_seen_again_and_nothing_is_stored(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, golden()))

        row = quote(SPREAD, "HOME")
        assert (row.last_seen_at, row.observed_at) == (NEXT, SATURDAY - timedelta(seconds=29))
        assert MarketSnapshot.objects.count() == GOLDEN_PRICES - 2
        receipt = receipt_at(NEXT)
        assert (receipt.written, receipt.unchanged) == (0, GOLDEN_PRICES - 2)

    def test_quote_with_a_newer_time_of_its_book_is_still_the_same(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, stamped(golden(), NEXT)))

        assert quote(SPREAD, "HOME").observed_at == SATURDAY - timedelta(seconds=29)
        assert MarketSnapshot.objects.count() == GOLDEN_PRICES - 2


class TestChanged:
    @pytest.mark.parametrize(("line", "price"), [(7, -112), (7.5, -115), (6.5, 100)])
    def test_quote_is_a_new_snapshot_and_the_newest_state(self, line, price, odds):
        odds.show((SATURDAY, golden()), (NEXT, moved(line, price)))

        row = quote(SPREAD, "HOME")
        assert (row.line, row.price_american) == (Decimal(str(line)), price)
        assert (row.poll.captured_at, row.last_seen_at) == (NEXT, NEXT)
        assert MarketSnapshot.objects.of(row.selection_id).filter(book=row.book).count() == 2
        assert receipt_at(NEXT).written == 2

    def test_quote_with_the_time_of_the_one_before_is_kept_beside_it(self, odds):
        same = SATURDAY - timedelta(seconds=29)

        odds.show((SATURDAY, golden()), (NEXT, moved(7, at=same)), (LATER, moved(6.5, at=same)))

        row = quote(SPREAD, "HOME")
        history = MarketSnapshot.objects.of(row.selection_id).filter(book=row.book)
        assert [(each.observed_at, each.seq, each.line) for each in history] == [
            (same, 0, Decimal("7.50")),
            (same, 1, Decimal("7.00")),
            (same, 2, Decimal("6.50")),
        ]
        assert (row.seq, row.line) == (2, Decimal("6.50"))

    def test_first_quote_of_a_book_is_its_opening(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, moved()))
        row = quote(SPREAD, "HOME")

        opening = MarketSnapshot.objects.first_of_each_book([row.selection_id])

        assert {(each.book.key, each.line) for each in opening} == {
            ("draftkings", Decimal("7.50")),
            ("fanduel", Decimal("7.50")),
            ("betmgm", Decimal("7.00")),
        }


class TestWithdrawn:
    def test_market_of_a_book_that_is_still_there_is_suspended(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden(), book="fanduel", key="totals")))

        row = quote(TOTAL, "OVER", book="fanduel")
        assert (row.status, row.status_since) == (QuoteStatus.SUSPENDED, NEXT)
        assert row.last_seen_at == SATURDAY
        snapshot = MarketSnapshot.objects.get(selection=row.selection_id, observed_at=NEXT)
        assert (snapshot.status, snapshot.price_decimal, snapshot.line) == ("SUSPENDED", None, None)
        assert receipt_at(NEXT).withdrawn == 2

    def test_market_of_a_book_that_is_gone_is_absent(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden(), book="fanduel")))

        assert quote(TOTAL, "OVER", book="fanduel").status == QuoteStatus.ABSENT
        assert quote(TOTAL, "OVER", book="draftkings").status == QuoteStatus.OPEN

    def test_game_that_is_gone_takes_all_its_quotes(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden())))

        jets = LatestQuote.objects.filter(event__home__name=JETS)
        assert set(jets.values_list("status", flat=True)) == {"ABSENT"}
        assert quote(SPREAD, "HOME", home=FALCONS).status == QuoteStatus.OPEN
        assert receipt_at(NEXT).withdrawn == jets.count()

    def test_state_is_told_once_and_dates_from_its_beginning(self, odds):
        half = without(golden(), book="fanduel", key="totals")

        odds.show(
            (SATURDAY, golden()),
            (NEXT, half),
            (LATER, half),
            (LATER + MINUTE, without(golden(), book="fanduel")),
        )

        row = quote(TOTAL, "OVER", book="fanduel")
        assert (row.status, row.status_since) == (QuoteStatus.ABSENT, NEXT)
        assert [
            each.status
            for each in MarketSnapshot.objects.of(row.selection_id).filter(book=row.book)
        ] == ["OPEN", "SUSPENDED", "ABSENT"]

    def test_quote_that_returns_as_it_was_is_a_new_snapshot(self, odds):
        odds.show(
            (SATURDAY, golden()),
            (NEXT, without(golden(), book="fanduel", key="totals")),
            (LATER, golden()),
        )

        row = quote(TOTAL, "OVER", book="fanduel")
        assert (row.status, row.status_since, row.last_seen_at) == ("OPEN", LATER, LATER)
        assert receipt_at(LATER).written == 2

    def test_is_not_what_the_body_names_and_nobody_believes(self, odds):
        def spoil(board):
            market_of(board)["outcomes"][0]["price"] = None

        odds.show((SATURDAY, golden()), (NEXT, changed(spoil)))

        row = quote(SPREAD, "HOME")
        assert (row.status, row.last_seen_at) == (QuoteStatus.OPEN, SATURDAY)
        assert receipt_at(NEXT).withdrawn == 0

    @pytest.mark.parametrize(
        "spoil",
        [
            {"home_team": "Nobody"},
            {"home_team": None},
            {"commence_time": "noon"},
            {"id": None},
        ],
    )
    def test_is_not_a_game_that_the_body_names_and_nobody_believes(self, spoil, odds):
        odds.show((SATURDAY, golden()), (NEXT, changed(lambda board: board[0].update(spoil))))

        assert quote(SPREAD, "HOME").status == QuoteStatus.OPEN
        assert receipt_at(NEXT).withdrawn == 0

    def test_is_nothing_that_an_empty_or_broken_body_does_not_show(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, b"[]"), (LATER, b"[{"))

        assert set(LatestQuote.objects.values_list("status", flat=True)) == {"OPEN"}
        assert receipt_at(LATER).refused_code == "PAYLOAD_TRUNCATED"

    def test_is_nothing_of_another_feeds(self, odds):
        odds.show((SATURDAY, without(golden(), book="fanduel")))
        odds.odds("second", at=NEXT)

        odds.show((NEXT, without(golden(), book="draftkings")), source="second")

        assert quote(SPREAD, "HOME", book="draftkings").status == QuoteStatus.OPEN
        assert quote(SPREAD, "HOME", book="fanduel").status == QuoteStatus.OPEN

    def test_too_long_is_asked_of_the_feeds_limit(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden(), book="fanduel", key="totals")))

        gone = [
            LatestQuote.objects.gone_too_long(NEXT + timedelta(seconds=after)).count()
            for after in (180, 181)
        ]

        assert gone == [0, 2]


class TestAge:
    def test_counts_from_when_the_quote_was_seen(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, golden()))

        fresh = [
            LatestQuote.objects.fresh(NEXT + timedelta(seconds=after)).count()
            for after in (180, 181)
        ]

        assert fresh == [GOLDEN_PRICES - 2, 0]
        row = LatestQuote.objects.with_age(LATER).first()
        assert row.age == MINUTE


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
        boards = [golden(), moved(7), moved(6.5), without(golden(), book="fanduel"), golden()]
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
        from apps.catalog.actions import approve_spelling
        from apps.catalog.tests.factories import team

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
        from apps.catalog.actions import change_book
        from apps.catalog.models import Book

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
    def in_play(self, moment=KICKOFF, **where):
        return moved(3.5, at=moment - timedelta(seconds=20), **where)

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
