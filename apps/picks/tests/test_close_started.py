"""Where the market closed, whose close it is, and what a pick was worth against it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.catalog.models import Event
from apps.core.db import execute
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.actions import ClosedStarted
from apps.picks.models import LineTracking, Pick, PickChange
from apps.picks.tests.boards import agree, board, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.rulebook import clv
from apps.rulebook.clv import CloseGap, CloseSource
from apps.rulebook.lifecycle import ExpiryReason, PickStatus, Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.snapshots.models import LatestQuote, PayloadReading
from apps.snapshots.tests.factories import seen

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LAST_CALL = KICKOFF - 3 * A_MINUTE
EVEN_MORE = ("1.87", "1.952381")
SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


def published(game: Game, ops, **columns) -> Pick:
    opine("acme", **limits())
    made_from = run(game)
    pick = make_pick(game, run_id=made_from.pk, **columns)
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)


@pytest.fixture
def game() -> Game:
    return Game()


@pytest.fixture
def pick(game, ops) -> Pick:
    """HOME -3.5 at 1.909091 of DraftKings."""
    return published(game, ops)


def close(ops, at=KICKOFF) -> ClosedStarted:
    return actions.close_started(by=ops, at=at)


def tracking() -> LineTracking:
    return LineTracking.objects.get()


class TestCloseStarted:
    def test_takes_the_same_book_s_last_quote(self, game, pick, ops):
        board(game, line="-4.5", prices=("1.95", "1.87"), books=("fanduel",), at=LAST_CALL)
        quote = game.pair(line="-4", prices=EVEN_MORE, at=LAST_CALL)

        done = close(ops)

        row = tracking()
        assert done == ClosedStarted(closed=1, sources={"SAME_BOOK": 1})
        assert (row.close_source, row.close_book_id) == (CloseSource.SAME_BOOK, pick.book_id)
        assert (row.close_line, row.close_price) == (Decimal("-4"), Decimal("1.87"))
        assert (row.close_observed_at, row.close_seq) == (quote.observed_at, quote.seq)
        assert (row.close_last_seen_at, row.close_age_s) == (LAST_CALL, 180)
        assert (row.started_at, row.completed_at) == (KICKOFF, KICKOFF)
        assert row.close_fair_prob == pytest.approx(
            (1 / 1.87 - 1 / 1.952381 + 1) / 2  # additive
        )

    def test_measures_a_line_that_moved_with_the_run_s_distribution(self, game, pick, ops):
        game.pair(line="-4", prices=EVEN_MORE, at=LAST_CALL)

        close(ops)

        row = tracking()
        assert (row.clv_points, row.clv_price) == (Decimal("0.50"), None)
        assert row.clv_ev == clv.expected(
            market_type=SPREAD,
            side=Side.HOME,
            price=pick.price,
            taken_line=Decimal("-3.5"),
            close_line=Decimal("-4"),
            fair_prob=row.close_fair_prob,
            distribution=run(game).scores(),
        )
        assert row.clv_ev > 0
        assert (row.method_version, row.margin_method) == (str(clv.CLV_VERSION), "ADDITIVE")

    def test_measures_an_equal_line_in_price_too(self, game, pick, ops):
        game.pair(prices=("1.8", "2.0"), at=LAST_CALL)

        close(ops)

        row = tracking()
        assert row.clv_points == 0
        assert row.clv_price == pytest.approx(1.909091 / 1.8 - 1, abs=1e-6)
        assert row.clv_ev > 0

    @pytest.mark.parametrize(
        ("market_type", "side", "taken", "closed", "points"),
        [
            (SPREAD, Side.AWAY, "3.5", "3", "0.5"),
            (TOTAL, Side.OVER, "44.5", "46", "1.5"),
            (TOTAL, Side.UNDER, "44.5", "46", "-1.5"),
            (MONEYLINE, Side.HOME, None, None, None),
        ],
    )
    def test_knows_what_is_better_on_every_market(
        self, game, ops, market_type, side, taken, closed, points
    ):
        published(game, ops, market_type=market_type, side=side, line=taken)
        game.pair(market_type, side, line=closed, at=LAST_CALL)

        close(ops)

        row = tracking()
        assert row.clv_points == (None if points is None else Decimal(points))
        assert row.clv_missing == ""

    def test_is_done_once(self, game, pick, ops):
        game.pair(line="-4", at=LAST_CALL)
        close(ops)
        before = LineTracking.objects.values().get()
        game.pair(line="-9", at=KICKOFF - A_MINUTE)

        assert close(ops, KICKOFF + A_MINUTE) == ClosedStarted()

        assert LineTracking.objects.values().get() == before
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            execute("UPDATE line_tracking SET close_line = -5")

    def test_waits_for_the_start(self, game, pick, ops):
        assert close(ops, KICKOFF - timedelta(seconds=1)) == ClosedStarted()
        assert tracking().completed_at is None

    def test_is_audited(self, game, pick, ops):
        game.pair(line="-4", at=LAST_CALL)

        close(ops)

        entry = AuditEntry.objects.get(object_type="LineTracking")
        assert (entry.action, entry.object_id) == ("line_tracking.completed", str(pick.pk))
        assert entry.diff["close_source"] == ["", "SAME_BOOK"]

    @pytest.mark.parametrize("status", [PickStatus.SUPERSEDED, PickStatus.GRADED])
    def test_closes_also_what_is_live_no_more(self, game, pick, ops, status):
        Pick.objects.filter(pk=pick.pk).update(status=status)
        game.pair(line="-4", at=LAST_CALL)

        assert close(ops).closed == 1

    def test_closes_also_what_was_invalidated(self, game, pick, ops):
        Pick.objects.filter(pk=pick.pk).update(validity_state=Validity.INVALIDATED)
        game.pair(line="-4", at=LAST_CALL)

        assert close(ops).closed == 1


class TestSource:
    """The same book, else a sharp one, else a consensus of enough books, else nothing."""

    def test_is_a_sharp_book_where_the_own_one_left(self, game, pick, ops):
        board(game, line="-4", books=("pinnacle",), at=LAST_CALL)

        close(ops)

        row = tracking()
        assert (row.close_source, row.close_line) == (CloseSource.SHARP_BOOK, Decimal("-4"))
        assert row.close_age_s == 180

    def test_is_a_consensus_of_three_where_neither_is_there(self, game, pick, ops):
        board(game, line="-4", books=("betmgm", "fanduel", "bovada"), at=LAST_CALL)
        agree(game, line="-4", fair=0.51, at=LAST_CALL - timedelta(hours=2))

        close(ops)

        row = tracking()
        assert (row.close_source, row.close_books) == (CloseSource.CONSENSUS, 3)
        assert (row.close_book_id, row.close_price, row.close_fair_prob) == (None, None, 0.51)
        assert (row.close_line, row.close_last_seen_at) == (Decimal("-4"), LAST_CALL)

    @pytest.mark.parametrize(
        ("books", "at", "gap"),
        [
            (("betmgm", "fanduel"), LAST_CALL, CloseGap.TOO_OLD),
            (("betmgm", "fanduel", "bovada"), KICKOFF - 11 * A_MINUTE, CloseGap.TOO_OLD),
        ],
    )
    def test_is_no_consensus_of_too_few_or_too_old_books(self, game, pick, ops, books, at, gap):
        board(game, line="-4", books=books, at=at)
        agree(game, line="-4", at=at)

        done = close(ops)

        row = tracking()
        assert (row.close_source, row.close_missing, row.clv_missing) == ("MISSING", gap, gap)
        assert (row.close_line, row.close_fair_prob, row.clv_ev) == (None, None, None)
        assert (done.missing, done.no_value) == ({gap: 1}, {gap: 1})

    def test_says_that_nobody_quoted_it_before_the_game(self, game, pick, ops):
        with facts():
            LatestQuote.objects.filter(event=game.event).update(
                pre_game=False, closing_last_seen_at=None
            )

        close(ops)

        assert tracking().close_missing == CloseGap.NO_PREGAME_QUOTE

    def test_has_no_fair_price_with_one_side_only(self, game, pick, ops):
        game.quote(SPREAD, Side.HOME, line="-4", price="1.9", at=LAST_CALL)

        close(ops)

        assert tracking().close_missing == CloseGap.MARGIN_NOT_REMOVABLE

    def test_does_not_pair_sides_of_two_boards(self, game, pick, ops):
        game.quote(SPREAD, Side.AWAY, line="4.5", price="1.9", at=LAST_CALL - A_MINUTE)
        game.quote(SPREAD, Side.HOME, line="-4", price="1.9", at=LAST_CALL)

        close(ops)

        assert tracking().close_missing == CloseGap.MARGIN_NOT_REMOVABLE

    def test_is_the_quote_before_the_latch_and_none_after_it(self, game, pick, ops):
        game.pair(line="-4", prices=EVEN_MORE, at=LAST_CALL)
        with facts():
            # The first poll in play, three minutes before the announced start, moved the quotes.
            for quote in LatestQuote.objects.filter(event=game.event):
                quote.closing_status, quote.closing_line = quote.status, quote.line
                quote.closing_price_decimal = quote.price_decimal
                quote.closing_observed_at, quote.closing_seq = quote.observed_at, quote.seq
                quote.closing_last_seen_at, quote.closing_poll_id = LAST_CALL, quote.poll_id
                quote.pre_game, quote.line, quote.price_decimal = False, Decimal("-10"), Decimal(3)
                seen(quote, KICKOFF - A_MINUTE).save()
            Event.objects.filter(pk=game.event.pk).update(latched_at=KICKOFF - A_MINUTE)

        close(ops, KICKOFF - A_MINUTE)

        row = tracking()
        assert (row.close_line, row.started_at) == (Decimal("-4"), KICKOFF - A_MINUTE)
        assert row.close_age_s == 120

    def test_keeps_the_last_quote_of_a_market_suspended_at_the_end(self, game, pick, ops):
        game.pair(line="-4", at=LAST_CALL)
        for side, line in ((Side.HOME, "-4"), (Side.AWAY, "4")):
            game.quote(
                *(SPREAD, side),
                line=line,
                price="1.9",
                at=KICKOFF - A_MINUTE,
                status=QuoteStatus.SUSPENDED,
            )

        close(ops)

        assert tracking().close_line == Decimal("-4")

    def test_says_when_there_is_no_run_to_move_a_line_with(self, game, ops):
        """No such pick goes out any more; those of before there was a check are closed, too."""
        LineTracking.objects.create(pick=make_pick(game, status=PickStatus.PUBLISHED))
        game.pair(line="-4", at=LAST_CALL)

        done = close(ops)

        row = tracking()
        assert (row.close_source, row.clv_ev) == ("SAME_BOOK", None)
        assert row.clv_missing == CloseGap.NO_DISTRIBUTION
        assert row.clv_points == Decimal("0.5")
        assert done.no_value == {CloseGap.NO_DISTRIBUTION: 1}


class TestUnreadPoll:
    def test_from_before_the_start_makes_the_close_wait(self, game, pick, ops):
        game.pair(line="-4", at=LAST_CALL)
        poll = game.poll(KICKOFF - A_MINUTE, read=False)

        waited = close(ops)
        assert (waited.closed, waited.waiting) == (0, 1)
        with facts():
            PayloadReading.objects.create(
                poll=poll,
                reader_version=1,
                read_at=KICKOFF,
                **dict.fromkeys(
                    (
                        *("events", "prices", "written", "unchanged"),
                        *("quarantined_total", "withdrawn"),
                    ),
                    0,
                ),
            )

        assert close(ops, KICKOFF + A_MINUTE).closed == 1

    def test_from_after_the_start_does_not(self, game, pick, ops):
        game.pair(line="-4", at=LAST_CALL)
        game.poll(KICKOFF + A_MINUTE, read=False)

        assert close(ops, KICKOFF + A_MINUTE).closed == 1


class TestWaitingPick:
    def test_ends_when_its_game_begins(self, game, ops):
        pick = make_pick(game)

        done = close(ops)

        pick.refresh_from_db()
        assert done == ClosedStarted(expired=1)
        assert (pick.status, pick.expiry_reason) == ("EXPIRED", ExpiryReason.EVENT_STARTED)
        change = PickChange.objects.get()
        assert (change.to_status, change.reason) == ("EXPIRED", "EVENT_STARTED")
        assert AuditEntry.objects.get(object_type="Pick").action == "pick.expired"

    def test_goes_on_waiting_until_then(self, game, ops):
        make_pick(game)

        assert close(ops, KICKOFF - A_MINUTE) == ClosedStarted()


class TestManyPicks:
    def test_are_closed_by_as_many_statements_as_one(self, ops, django_assert_max_num_queries):
        opine("acme", **limits())
        teams = (("Dallas Cowboys", "Chicago Bears"), ("Denver Broncos", "Houston Texans"))
        for home, away in (*teams, ("Miami Dolphins", "New York Jets")):
            game = Game(home=home, away=away)
            pick = make_pick(game, run_id=run(game).pk, version=1)
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)
            game.pair(line="-4", at=LAST_CALL)

        with django_assert_max_num_queries(25):
            assert close(ops).closed == 3
