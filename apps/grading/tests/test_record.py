"""The record to date: every bet that was published, its profit, its promise, its closing line."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.grading.actions import grade_due
from apps.grading.record import changes_with, delays, record
from apps.grading.record import published as every
from apps.grading.segments import segments
from apps.grading.tests.factories import DUE_AT, FINAL_AT, end, finish, published
from apps.picks.models import LineTracking, Pick
from apps.picks.tests.factories import KICKOFF, Game, make_pick
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Side

pytestmark = pytest.mark.usefixtures("in_acme")

# Home -3.5 at -110: a win pays .909091.
WON, LOST = (24, 17), (24, 23)


def graded(*scores: tuple[int, int], at=DUE_AT, **columns: object) -> None:
    for home, away in scores:
        game = Game()
        published(game, **columns)
        end(game, home, away)


class TestRecord:
    def test_of_nothing_is_nothing(self):
        found = record()

        assert (found.bets, found.profit, found.break_even, found.path) == (0, 0, None, [])
        assert (found.clv.mean, found.clv.n, found.clv.missing) == (None, 0, 0)

    def test_counts_every_bet_and_those_that_were_none_beside(self, ops):
        graded(WON, WON, LOST)
        graded((20, 17), line="-3.00")
        void = Game()
        published(void)
        finish(void, status=EventStatus.CANCELED)
        grade_due(by=ops, at=DUE_AT)

        found = record()

        assert (found.won, found.lost, found.pushed) == (2, 1, 1)
        assert (found.void, found.bets) == (1, 4)
        assert found.profit == Decimal("0.81818200")

    def test_holds_the_profit_against_what_the_probabilities_promised(self, ops):
        graded(WON, LOST)  # 55 % at -110
        grade_due(by=ops, at=DUE_AT)

        found = record()

        promise = 0.55 * 0.909091 - 0.45
        variance = 0.55 * 0.909091**2 + 0.45 - promise**2
        assert found.promised == pytest.approx(2 * promise, abs=1e-4)
        assert found.deviation == pytest.approx((2 * variance) ** 0.5, abs=1e-4)
        assert [point[0] for point in found.path] == [1, 2]
        assert found.path[-1][1] == pytest.approx(-0.0909, abs=1e-4)

    def test_breaks_even_where_its_prices_return_nothing(self, ops):
        graded(WON, LOST)
        grade_due(by=ops, at=DUE_AT)

        assert record().break_even == pytest.approx(110 / 210)

    def test_breaks_even_bet_by_bet_where_prices_differ(self, ops):
        graded(LOST, price="5.000000", american=400, win=0.3)
        graded(WON, price="1.250000", american=-400, win=0.85)
        grade_due(by=ops, at=DUE_AT)

        assert record().break_even == pytest.approx((1 / 5 + 1 / 1.25) / 2)

    def test_tells_the_tiers_apart(self, ops):
        graded(WON, LOST, tier="LEAN", uncapped_tier="LEAN")
        graded(WON, tier="EDGE", uncapped_tier="EDGE")
        grade_due(by=ops, at=DUE_AT)

        tiers = {one.tier: (one.won, one.lost) for one in record().tiers}

        assert tiers == {"EDGE": (1, 0), "LEAN": (1, 1)}

    def test_counts_a_corrected_grade_once(self, ops):
        game = Game()
        published(game)
        end(game, *WON)
        grade_due(by=ops, at=DUE_AT)
        end(game, *LOST, at=FINAL_AT + timedelta(minutes=5))
        grade_due(by=ops, at=DUE_AT + timedelta(hours=1))

        assert (record().won, record().lost) == (0, 1)

    def test_counts_missing_closing_lines_and_leaves_them_out_of_the_mean(self, ops):
        for clv in (0.04, 0.02, None):
            game = Game()
            pick = published(game)
            end(game, *WON)
            LineTracking.objects.create(
                pick=pick,
                close_source="OWN_BOOK" if clv else "MISSING",
                close_missing="" if clv else "NO_PREGAME_QUOTE",
                clv_missing="" if clv else "NO_PREGAME_QUOTE",
                clv_ev=clv,
                close_fair_prob=0.5 if clv else None,
                started_at=KICKOFF,
                completed_at=KICKOFF,
            )
        grade_due(by=ops, at=DUE_AT)

        clv = record().clv

        assert (clv.n, clv.missing) == (2, 1)
        assert clv.mean == pytest.approx(0.03)
        assert clv.low < clv.mean < clv.high


class TestEveryPublishedPick:
    """Nothing leaves the record: not by being replaced, withdrawn, void, or not settled yet."""

    def scene(self, ops) -> None:
        game, void, open_still = Game(), Game(), Game()
        withdrawn = published(game)
        withdrawn.validity_state = Validity.INVALIDATED
        withdrawn.save(update_fields=["validity_state"])
        replaced = published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5")
        replaced.status = PickStatus.SUPERSEDED
        replaced.save(update_fields=["status"])
        published(game, market_type=MarketType.MONEYLINE, side=Side.HOME, line=None)
        published(void)
        published(open_still)
        make_pick(Game())  # proposed, and seen by nobody
        end(game, *WON)
        finish(void, status=EventStatus.CANCELED)
        grade_due(by=ops, at=DUE_AT)

    def test_counts_replaced_and_withdrawn_like_all_others(self, ops):
        self.scene(ops)

        found = record()

        assert (found.won, found.lost, found.pushed) == (2, 1, 0)
        assert found.profit == Decimal("0.81818200")

    def test_adds_up_to_everything_that_was_ever_published(self, ops):
        self.scene(ops)

        found = record()

        assert (found.bets, found.void, found.ungradeable, found.open) == (3, 1, 0, 1)
        assert Pick.objects.seen().count() == 5
        assert len(every()) == 5

    def test_reaches_from_the_first_settled_game_to_the_last(self, ops):
        assert record().period is None
        self.scene(ops)

        assert record().period == (KICKOFF, KICKOFF)

    def test_is_the_same_part_by_part(self, ops):
        self.scene(ops)

        whole, parts = record(), segments(every(), at=DUE_AT)

        everything = parts[0]
        for name in ("won", "lost", "pushed", "void", "ungradeable", "open", "period", "clv"):
            assert getattr(everything, name) == getattr(whole, name), name
        assert (everything.profit, everything.profit_reach) == (whole.profit, whole.profit_reach)
        assert everything.published == 5
        assert sum(part.published for part in parts[1:-1]) == 5, "tier by tier"

    def test_names_another_state_whenever_it_changes(self, ops):
        names = [changes_with()]
        self.scene(ops)
        names.append(changes_with())
        game = Game()
        published(game)  # at the very instant of those before it
        names.append(changes_with())
        end(game, *WON)
        grade_due(by=ops, at=DUE_AT + timedelta(hours=1))
        names.append(changes_with())

        assert len(set(names)) == 4


class TestDelays:
    def test_fall_into_the_bar_that_they_reach(self, ops):
        graded(WON)
        grade_due(by=ops, at=DUE_AT)
        graded(WON)
        grade_due(by=ops, at=FINAL_AT + timedelta(hours=5))

        assert delays(FINAL_AT + timedelta(hours=6)) == [0, 1, 0, 0, 0, 0, 0, 1]

    def test_older_than_the_window_are_left_out(self, ops):
        graded(WON)
        grade_due(by=ops, at=DUE_AT)

        assert sum(delays(DUE_AT + timedelta(days=31))) == 0
