"""How far evaluations get: every gate counted, every stop with its reason."""

from datetime import timedelta
from itertools import pairwise

import pytest

from apps.catalog.models import Event
from apps.picks import actions
from apps.picks.actions import ProposedDue
from apps.picks.kinds import Gate, Stop
from apps.picks.models import Pick
from apps.picks.tests.boards import board, evaluate, only_round, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, facts
from apps.rulebook.markets import MarketType, QuoteStatus, Side

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


UNREACHABLE = {"edge_prob_min": "0.45", "ev_min": "0.01"}


class TestFunnel:
    def test_counts_everything_once_at_every_gate(self, game, ops):
        board(game)
        game.pair(TOTAL, Side.OVER, line="44.5", book="fanduel")
        evaluate(game)

        propose(ops)

        gates = only_round()
        assert gates == {
            Gate.BOOK: (8, {}),
            Gate.CURRENT: (8, {}),
            Gate.INTEGRITY: (8, {}),
            Gate.BEST: (8, {Stop.NOT_THE_BEST: 6}),
            Gate.TIER: (2, {Stop.NO_EDGE: 1}),
            Gate.IDEA: (1, {}),
            Gate.PROPOSED: (1, {}),
        }

    def test_holds_what_reaches_a_gate_to_what_left_the_one_before(self, game, ops):
        board(game)
        board(game, MONEYLINE, line=None, prices=("1.7", "2.2"))
        game.pair(TOTAL, Side.OVER, line="70.5", book="fanduel")
        evaluate(game)

        propose(ops)

        gates = list(only_round().values())
        for (reached, stopped), (next_reached, _) in pairwise(gates):
            assert reached - sum(stopped.values()) == next_reached

    def test_stops_books_that_the_tenant_does_not_recommend(self, game, ops):
        opine("acme", books=["fanduel"])
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.BOOK] == (6, {Stop.NOT_OUR_BOOK: 4})
        assert Pick.objects.get().book.key == "fanduel"

    def test_stops_a_quote_that_has_moved_on(self, game, ops):
        board(game)
        evaluate(game)
        board(game, line="-4.5", at=LATER)

        propose(ops, LATER)

        assert only_round()[Gate.CURRENT] == (6, {Stop.QUOTE_MOVED: 6})

    def test_stops_a_suspended_market(self, game, ops):
        board(game)
        evaluate(game)
        for side, line in ((Side.HOME, "-3.5"), (Side.AWAY, "3.5")):
            game.quote(
                *(SPREAD, side),
                line=line,
                price="1.909091",
                at=LATER,
                book="fanduel",
                status=QuoteStatus.SUSPENDED,
            )

        propose(ops, LATER)

        assert only_round()[Gate.CURRENT] == (6, {Stop.QUOTE_SUSPENDED: 2})

    @pytest.mark.parametrize(
        ("columns", "why"),
        [
            ({"start_time": NOON_BEFORE}, Stop.EVENT_STARTED),
            ({"latched_at": NOON_BEFORE}, Stop.EVENT_STARTED),
            ({"frozen_code": "MAPPING_DRIFT"}, Stop.EVENT_FROZEN),
            ({"status": "POSTPONED"}, Stop.EVENT_NOT_AHEAD),
        ],
    )
    def test_stops_a_game_that_is_not_ahead(self, game, ops, columns, why):
        board(game)
        evaluate(game)
        with facts():
            Event.objects.filter(pk=game.event.pk).update(**columns)

        propose(ops)

        assert only_round()[Gate.CURRENT] == (6, {why: 6})

    def test_leaves_a_receipt_where_nothing_was_evaluated(self, game, ops):
        evaluate(game)

        assert propose(ops) == ProposedDue(batches=1)
        assert only_round()[Gate.BOOK] == (0, {})

    def test_stops_tiers_that_are_not_published(self, game, ops):
        opine("acme", published_tiers=["EDGE"])
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.TIER] == (1, {Stop.TIER_NOT_PUBLISHED: 1})
        assert not Pick.objects.exists()

    def test_changes_with_a_configuration_and_with_nothing_else(self, game, ops):
        """An empty pool is explained by its gates, not by looser thresholds."""
        opine("acme", lean={"edge_prob_min": "0.4", "ev_min": "0"}, edge=UNREACHABLE)
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.TIER] == (1, {Stop.NO_EDGE: 1})
        assert only_round()[Gate.INTEGRITY] == (6, {})
