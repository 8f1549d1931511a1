"""Published picks followed through the market: what changes is written, and nothing else."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import Event
from apps.core.db import fetch_all
from apps.governance.models import AuditEntry, FeatureFlag
from apps.picks import actions
from apps.picks.actions import WatchedLive
from apps.picks.kinds import WithdrawReason
from apps.picks.models import LineTracking, Pick, PickChange
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.rulebook.validity import ValidityReason
from apps.snapshots.models import MarketSnapshot

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LATER = NOON_BEFORE + A_MINUTE
SPREAD = MarketType.SPREAD


@pytest.fixture
def game() -> Game:
    return Game()


@pytest.fixture
def pick(game, ops) -> Pick:
    """HOME -3.5 at -110, published at noon with the home team expected to win by seven."""
    opine("acme", **limits())
    run(game)
    return published(game, ops)


def published(game: Game, ops) -> Pick:
    board(game)
    evaluate(game)
    actions.propose_due(by=ops, at=NOON_BEFORE)
    assert actions.publish_ready(by=ops, at=NOON_BEFORE).published == 1
    return Pick.objects.get(event=game.event)


def watch(ops, at=LATER) -> WatchedLive:
    return actions.watch_live(by=ops, at=at)


def stands(pick: Pick) -> tuple[str, str]:
    pick.refresh_from_db()
    return pick.validity_state, pick.validity_reason


def move(game: Game, at=LATER, **quoted) -> None:
    """A poll shows another market, and it is evaluated."""
    board(game, at=at, **quoted)
    evaluate(game, at=at)


class TestWatchLive:
    def test_writes_nothing_while_nothing_changed(self, game, pick, ops):
        board(game, at=LATER)
        rows = "SELECT xmin::text FROM pick UNION ALL SELECT xmin::text FROM line_tracking"
        before = fetch_all(rows)

        assert watch(ops) == WatchedLive()

        assert fetch_all(rows) == before
        assert not PickChange.objects.of_validity().exists()

    def test_stays_valid_at_a_worse_price_with_enough_value(self, game, pick, ops):
        move(game, prices=("1.87", "1.95"))

        assert watch(ops) == WatchedLive()
        assert stands(pick) == (Validity.VALID, ValidityReason.AS_GOOD)

    def test_says_moved_but_ok_below_the_tier_s_minimum(self, game, ops):
        opine(
            "acme",
            edge={"edge_prob_min": "0.4", "ev_min": "0.05"},
            lean={"edge_prob_min": "0.02", "ev_min": "0.03"},
            **limits(),
        )
        run(game)
        pick = published(game, ops)
        move(game, prices=("1.78", "2.05"))

        done = watch(ops)

        assert stands(pick) == (Validity.MOVED_BUT_OK, ValidityReason.LESS_VALUE)
        assert done == WatchedLive(changed=1, now={"MOVED_BUT_OK": 1})

    def test_invalidates_what_has_no_value_any_more(self, game, pick, ops):
        move(game, line="-7.5")

        done = watch(ops)

        assert stands(pick) == (Validity.INVALIDATED, ValidityReason.NO_VALUE)
        assert done.now == {"INVALIDATED": 1}

    def test_invalidates_a_line_worse_than_it_may_be_played_at(self, game, pick, ops):
        board(game, line="-7.5", at=LATER)  # nobody evaluated it yet

        watch(ops)

        assert stands(pick) == (Validity.INVALIDATED, ValidityReason.BEYOND_PLAYABLE)

    def test_invalidates_a_price_worse_than_it_may_be_played_at(self, game, pick, ops):
        board(game, prices=("1.5", "2.8"), at=LATER)

        watch(ops)

        assert stands(pick) == (Validity.INVALIDATED, ValidityReason.BEYOND_PLAYABLE)

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (QuoteStatus.SUSPENDED, ValidityReason.MARKET_SUSPENDED),
            (QuoteStatus.ABSENT, ValidityReason.MARKET_ABSENT),
        ],
    )
    def test_invalidates_a_market_that_is_off_for_too_long(self, status, reason, game, pick, ops):
        for at in (LATER, NOON_BEFORE + 3 * A_MINUTE):
            game.quote(
                *(SPREAD, Side.HOME),
                line="-3.5",
                price="1.909091",
                at=LATER,
                book=pick.book.key,
                status=status,
            )
            watch(ops, at)
            assert stands(pick)[0] != Validity.INVALIDATED

        watch(ops, LATER + timedelta(seconds=181))

        assert stands(pick) == (Validity.INVALIDATED, reason)

    def test_recommends_a_refresh_of_a_stale_quote_and_takes_it_back(self, game, pick, ops):
        at = NOON_BEFORE + 4 * A_MINUTE
        watch(ops, at)
        assert stands(pick) == (Validity.REFRESH_RECOMMENDED, ValidityReason.QUOTE_STALE)

        board(game, at=at + A_MINUTE)
        watch(ops, at + A_MINUTE)

        assert stands(pick) == (Validity.VALID, ValidityReason.AS_GOOD)
        assert PickChange.objects.of_validity().count() == 2

    def test_recommends_a_refresh_after_a_new_run(self, game, pick, ops):
        run(game, margin=7.5, at=LATER)
        board(game, at=LATER)

        watch(ops)

        assert stands(pick) == (Validity.REFRESH_RECOMMENDED, ValidityReason.INPUTS_CHANGED)

    def test_recommends_a_refresh_when_the_start_moved(self, game, pick, ops):
        board(game, at=LATER)
        with facts():
            Event.objects.filter(pk=pick.event_id).update(start_time=KICKOFF + timedelta(hours=3))

        watch(ops)

        assert stands(pick) == (Validity.REFRESH_RECOMMENDED, ValidityReason.INPUTS_CHANGED)

    def test_does_not_know_the_worth_of_a_quote_that_nobody_evaluated(self, game, pick, ops):
        board(game, prices=("1.9", "1.92"), at=LATER)

        watch(ops)

        assert stands(pick) == (Validity.REFRESH_RECOMMENDED, ValidityReason.VALUE_UNKNOWN)

    def test_goes_by_the_newest_word_on_the_quote(self, game, pick, ops):
        """The books' common price moved; the pick's own quote did not."""
        board(game, at=LATER)
        evaluate(game, at=LATER, ev=-0.01)

        watch(ops)

        assert stands(pick) == (Validity.INVALIDATED, ValidityReason.NO_VALUE)

    def test_never_brings_an_invalidated_pick_back(self, game, pick, ops):
        move(game, line="-7.5")
        watch(ops)

        move(game, line="-3.5", at=LATER + A_MINUTE)
        done = watch(ops, LATER + A_MINUTE)

        assert stands(pick)[0] == Validity.INVALIDATED
        assert done.changed == 0

    def test_leaves_a_game_alone_once_it_has_begun(self, game, pick, ops):
        board(game, line="-7.5", at=LATER)
        with facts():
            Event.objects.filter(pk=pick.event_id).update(latched_at=LATER)

        assert watch(ops).changed == 0

    def test_watches_also_while_nothing_may_be_published(self, game, pick, ops):
        with facts():
            FeatureFlag.objects.update(enabled=False)
        move(game, line="-7.5")

        assert watch(ops).now == {"INVALIDATED": 1}

    def test_changes_nothing_the_second_time(self, game, pick, ops):
        move(game, line="-7.5")
        watch(ops)

        assert watch(ops) == WatchedLive()


class TestHistoryOfValidity:
    def test_keeps_the_quote_that_caused_the_change(self, game, pick, ops):
        move(game, line="-7.5", prices=("1.95", "1.87"))

        watch(ops)

        change = PickChange.objects.of_validity().get()
        quote = game.selection(SPREAD, Side.HOME).quotes.get(book=pick.book_id)
        assert (change.from_validity, change.to_validity) == ("VALID", "INVALIDATED")
        assert (change.pick_id, change.reason, change.changed_at) == (pick.pk, "NO_VALUE", LATER)
        assert (change.book_id, change.line, change.price) == (
            pick.book_id,
            Decimal("-7.5"),
            Decimal("1.95"),
        )
        assert (change.quote_observed_at, change.quote_seq) == (quote.observed_at, quote.seq)
        assert change.ev < 0
        assert change.by == f"OPS:{ops.id}"

    def test_names_the_snapshot_of_every_change(self, game, pick, ops):
        """Proposed, replaced, published, moved, superseded, withdrawn: each with a market then."""
        move(game, line="-2.5")
        watch(ops)
        second = actions.supersede_pick(pick_id=pick.pk, by=ops, at=LATER)
        actions.withdraw_pick(pick_id=second.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)
        total = Game(home="Miami Dolphins", away="New York Jets")
        run(total)
        for minute in (2, 3):
            move(total, at=NOON_BEFORE + minute * A_MINUTE, prices=(f"1.9{minute}", "1.9"))
            actions.propose_due(by=ops, at=NOON_BEFORE + minute * A_MINUTE)
        actions.close_started(by=ops, at=KICKOFF)

        changes = list(PickChange.objects.select_related("pick"))
        snapshots = set(
            MarketSnapshot.objects.values_list("selection_id", "book_id", "observed_at", "seq")
        )
        assert {(one.to_status, one.reason) for one in changes} >= {
            ("PROPOSED", ""),
            ("PUBLISHED", "AS_GOOD"),
            ("SUPERSEDED", "REPLACED"),
            ("PUBLISHED", "MANUAL"),
            ("EXPIRED", "REPLACED"),
            ("EXPIRED", "EVENT_STARTED"),
        }
        for one in changes:
            quote = (
                *(one.pick.selection_id, one.book_id),
                *(one.quote_observed_at, one.quote_seq),
            )
            assert quote in snapshots, str(one)
            assert one.quote_last_seen_at <= one.changed_at

    def test_continues_the_audit_where_publication_left_it(self, game, pick, ops):
        move(game, line="-7.5")

        watch(ops)

        entries = AuditEntry.objects.filter(object_type="Pick").order_by("recorded_at")
        actions_, hashes = zip(
            *((each.action, (each.before_hash, each.after_hash)) for each in entries), strict=True
        )
        assert actions_ == ("pick.proposed", "pick.published", "pick.validity_changed")
        assert hashes[1][0] == hashes[0][1]
        assert hashes[2][0] == hashes[1][1]
        diff = entries.last().diff
        assert diff["validity_state"] == ["VALID", "INVALIDATED"]
        assert "price" not in diff


class TestBestPrice:
    def best(self) -> tuple[Decimal, Decimal, int]:
        row = LineTracking.objects.get()
        return row.best_price, row.best_line, row.best_book_id

    def test_rises_with_any_book_at_the_taken_line_or_a_better_one(self, game, pick, ops):
        board(game, line="-2.5", prices=("2.0", "1.8"), books=("fanduel",), at=LATER)

        assert watch(ops).better == 1

        price, line, book = self.best()
        assert (price, line) == (Decimal("2.0"), Decimal("-2.5"))
        assert book == game.selection(SPREAD, Side.HOME).quotes.get(book__key="fanduel").book_id

    def test_has_an_age_from_its_publication_on(self, game, pick, ops):
        assert LineTracking.objects.get().best_age_s == 0
        board(game, prices=("2.0", "1.8"), books=("fanduel",), at=LATER)

        watch(ops, LATER + timedelta(seconds=90))

        assert LineTracking.objects.get().best_age_s == 90

    def test_does_not_count_a_worse_line_however_well_it_pays(self, game, pick, ops):
        board(game, line="-4.5", prices=("2.3", "1.6"), books=("fanduel",), at=LATER)

        assert watch(ops).better == 0

    def test_never_falls(self, game, pick, ops):
        board(game, prices=("1.95", "1.87"), at=LATER)
        watch(ops)
        board(game, prices=("1.85", "1.95"), at=LATER + A_MINUTE)

        assert watch(ops, LATER + A_MINUTE).better == 0
        assert self.best()[0] == Decimal("1.95")

    def test_takes_a_total_the_other_way_round(self, game, ops):
        opine("acme", **limits())
        run(game, total=54.0)
        board(game, MarketType.TOTAL, Side.OVER, line="47.5")
        evaluate(game)
        actions.propose_due(by=ops, at=NOON_BEFORE)
        actions.publish_ready(by=ops, at=NOON_BEFORE)

        board(
            *(game, MarketType.TOTAL, Side.OVER),
            line="48.5",
            prices=("2.2", "1.7"),
            books=("fanduel",),
            at=LATER,
        )
        assert watch(ops).better == 0
        board(
            *(game, MarketType.TOTAL, Side.OVER),
            line="46.5",
            prices=("2.0", "1.8"),
            books=("fanduel",),
            at=LATER + A_MINUTE,
        )
        assert watch(ops, LATER + A_MINUTE).better == 1

    def test_ignores_a_quote_that_is_not_fresh(self, game, pick, ops):
        board(game, prices=("2.0", "1.8"), books=("fanduel",), at=LATER)

        assert watch(ops, LATER + 4 * A_MINUTE).better == 0


class TestSuperseded:
    def test_is_watched_no_more(self, game, pick, ops):
        pick.status = PickStatus.SUPERSEDED
        pick.save(update_fields=["status"])
        board(game, line="-7.5", at=LATER)

        assert watch(ops).changed == 0
