from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import (
    Event,
    Selection,
)
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import MarketType, QuoteStatus
from apps.snapshots.models import (
    LatestQuote,
    MarketSnapshot,
)
from apps.snapshots.tests.factories import (
    FALCONS,
    GOLDEN_PRICES,
    JETS,
    LATER,
    MINUTE,
    NEXT,
    PROVIDER,
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

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


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
        odds.show((SATURDAY, golden()), (NEXT, stamped(NEXT)))

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
