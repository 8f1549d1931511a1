"""How far evaluations get: every gate counted, every stop with its reason."""

from datetime import timedelta
from itertools import pairwise

import pytest

from apps.catalog.models import Event
from apps.picks import actions
from apps.picks.actions import ProposedDue
from apps.picks.funnel import funnel as day_of
from apps.picks.kinds import Gate, Stop
from apps.picks.models import Pick
from apps.picks.templatetags.bv_picks import funnel_gates
from apps.picks.tests.boards import board, evaluate, limits, only_round, opine, run
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


class TestFunnelOfADay:
    """What the console shows above the picks: the rounds of a day, gate by gate, adding up."""

    def test_counts_who_reached_each_gate_and_why_others_did_not(self, game, ops):
        board(game)
        game.pair(TOTAL, Side.OVER, line="70.5", book="fanduel")
        evaluate(game)
        propose(ops)

        day = day_of(NOON_BEFORE)

        assert {gate: day.reached(gate) for gate in Gate} == {
            gate: reached for gate, (reached, _) in only_round().items()
        }
        assert day.reasons(Gate.INTEGRITY) == [("LEAGUE_RANGE", 2)]

    def test_says_what_became_of_what_was_proposed(self, game, ops):
        for minute in range(3):
            at = NOON_BEFORE + minute * A_MINUTE
            board(game, prices=(f"1.9{minute}", "1.9"), at=at)
            evaluate(game, at=at)
            propose(ops, at)
        moved = Game(home="Miami Dolphins", away="New York Jets")
        run(moved)
        at = NOON_BEFORE + 3 * A_MINUTE
        board(moved, at=at)
        evaluate(moved, at=at)
        propose(ops, at)
        board(moved, line="-9.5", at=at + A_MINUTE)
        opine("acme", at=at, **limits(spreads_per_day=0))
        actions.publish_ready(by=ops, at=at + A_MINUTE)

        day = day_of(at + A_MINUTE)

        assert (day.proposed, day.published) == (4, 0)
        assert sum(day.unpublished.values()) == 4
        assert day.unpublished["REPLACED"] == 2
        assert day.unpublished["QUOTE_MOVED"] == 1

    def test_is_written_gate_by_gate(self, game, ops):
        board(game)
        evaluate(game, books=2)
        propose(ops)

        rows = {row["name"]: row for row in funnel_gates(day_of(NOON_BEFORE))}

        assert rows["Every check holds"] == {
            "name": "Every check holds",
            "reached": "6",
            "stopped": ["6 books below minimum"],
        }
        assert rows["It is published"]["reached"] == "0"
        assert [row["reached"] for row in rows.values()] == ["6", "6", "6", "0", "0", "0", "0"]
