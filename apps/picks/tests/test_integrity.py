"""What is wrong is blocked with every reason; what is right is about one selection."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from apps.core.tenancy import tenant_scope
from apps.picks import actions
from apps.picks.actions import ProposedDue
from apps.picks.board import Board
from apps.picks.kinds import Gate
from apps.picks.models import Pick, ProposalRound
from apps.picks.tests.boards import board, evaluate, funnel, only_round, run
from apps.picks.tests.factories import NOON_BEFORE, Game, facts
from apps.rulebook.evaluation import Violation
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.thresholds import Tier

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LATER = NOON_BEFORE + A_MINUTE
SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


@pytest.fixture
def game() -> Game:
    """The home team is expected to win by seven, and gives three and a half."""
    game = Game()
    run(game)
    return game


def propose(ops, at=NOON_BEFORE) -> ProposedDue:
    return actions.propose_due(by=ops, at=at)


class TestIntegrity:
    def test_blocks_the_golden_incoherent_case(self, game, ops):
        """Market +5.5, fair line +14.5, and a claimed chance of .84 to cover."""
        board(game, side=Side.AWAY, line="5.5")
        claim = {"a": 0.84, "b": 0.16, "v": 0.0, "model_prob": 0.84, "decision_prob": 0.84}
        evaluate(
            game,
            **claim,
            edge_prob=0.34,
            ev=round(0.84 * 0.909091 - 0.16, 10),
            fair_line=14.5,
            edge_points=-9.0,
        )

        propose(ops)

        blocked = Pick.objects.filter(side="AWAY").first()
        assert (blocked.status, blocked.tier) == (PickStatus.BLOCKED, Tier.BLOCKED)
        assert Violation.DIRECTION_MISMATCH in blocked.block_reasons
        assert not Pick.objects.waiting().exists()

    def test_keeps_a_block_once_for_a_selection_and_reason(self, game, ops):
        for minute in range(4):
            at = NOON_BEFORE + minute * A_MINUTE
            board(game, prices=(f"1.91{minute}", "1.9"), at=at)
            evaluate(game, at=at, books=2)
            propose(ops, at)

        blocked = Pick.objects.get()
        assert (blocked.block_reason, blocked.born_blocked) == ("BOOKS_BELOW_MINIMUM", True)
        rounds = ProposalRound.objects.order_by("captured_at")
        assert [row.blocked for row in rounds] == [1, 0, 0, 0]
        assert all(funnel(row)[Gate.INTEGRITY][1] == {"BOOKS_BELOW_MINIMUM": 6} for row in rounds)

    def test_does_not_keep_what_nobody_would_have_seen(self, game, ops):
        board(game, line="-6")
        evaluate(game, books=2)

        done = propose(ops)

        assert (done.blocked, Pick.objects.count()) == (0, 0)
        assert only_round()[Gate.INTEGRITY] == (6, {"BOOKS_BELOW_MINIMUM": 6})

    def test_blocks_a_stale_quote_and_takes_a_fresh_one_beside_it(self, game, ops):
        board(game, books=("fanduel",), prices=("1.98", "1.85"))
        at = NOON_BEFORE + 4 * A_MINUTE
        board(game, books=("betmgm", "draftkings"), at=at)
        evaluate(game, at=at)

        propose(ops, at)

        stale, taken = Pick.objects.order_by("status")
        assert (stale.block_reason, stale.book.key) == (Violation.SNAPSHOT_STALE, "fanduel")
        assert (taken.status, taken.book.key) == (PickStatus.PROPOSED, "betmgm")

    def test_does_not_depend_on_who_pays(self, game, ops, rival):
        """The limits are the configuration's, for whoever the tenant is."""
        board(game)
        evaluate(game, overround=1.24)
        propose(ops)
        ours = Pick.objects.get().block_reasons

        with facts(), tenant_scope(rival):
            propose(ops)
            theirs = Pick.objects.get().block_reasons

        assert ours == theirs == [Violation.OVERROUND_OUT_OF_RANGE]


class TestOpposites:
    """Whose chances mirror each other: the two sides of one book's market."""

    @staticmethod
    def row(market_type: MarketType, side: Side) -> SimpleNamespace:
        idea = UUID(int=1), market_type.value, "FULL_GAME"
        return SimpleNamespace(
            idea=idea, participant="", book_id=1, market_type=market_type.value, side=side.value
        )

    def test_are_the_other_side_of_two(self):
        rows = [self.row(MarketType.MONEYLINE, side) for side in (Side.HOME, Side.AWAY)]

        assert Board(rows, NOON_BEFORE).opposites == rows[::-1]

    def test_are_nobody_of_three(self):
        rows = [
            self.row(MarketType.MONEYLINE_3WAY, side) for side in (Side.HOME, Side.AWAY, Side.DRAW)
        ]

        assert Board(rows, NOON_BEFORE).opposites == [None, None, None]


class TestSides:
    """One selection, its own line, its own probability."""

    @pytest.mark.parametrize(
        ("margin", "line", "side"),
        [(6.0, "-3.5", "HOME"), (-6.0, "3.5", "AWAY"), (6.0, "3.5", "HOME"), (1.0, "-7", "AWAY")],
    )
    def test_are_chosen_by_signed_edge_and_carry_their_own_line(self, ops, margin, line, side):
        game = Game()
        made_from = run(game, margin=margin)
        board(game, line=line)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert pick.side == side
        assert float(pick.line) == (float(line) if side == "HOME" else -float(line))
        expected = made_from.scores().price(SPREAD, Side(side), pick.line)
        assert pick.model_prob == pytest.approx(expected.model_prob)
        assert pick.edge_prob == pytest.approx(pick.decision_prob - pick.fair_prob)
        assert pick.edge_prob > 0
        assert pick.edge_points > 0

    @pytest.mark.parametrize(("total", "side"), [(54.0, "OVER"), (33.0, "UNDER")])
    def test_of_a_total_are_judged_at_the_snapshot_s_line(self, ops, total, side):
        game = Game()
        run(game, total=total)
        board(game, TOTAL, Side.OVER, line="40.5")
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.side, float(pick.line)) == (side, 40.5)
        assert pick.model_prob > 0.6

    def test_take_a_pick_em_for_the_line_that_it_is(self, ops):
        game = Game()
        run(game, margin=5.0)
        board(game, line="0")
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.side, pick.line) == ("HOME", 0)
        assert pick.v > 0
