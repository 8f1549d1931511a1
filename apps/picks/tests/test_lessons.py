"""What once named the wrong team: each fault, and the stage that does not let it pass any more.

An earlier implementation of this product showed all nine of these to people. Each is tried here on
the way that a pick really goes: evaluated, proposed, published, shown.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.picks import actions
from apps.picks.card import card, label
from apps.picks.kinds import Gate
from apps.picks.models import Pick, ProposalRound
from apps.picks.tests.boards import board, evaluate, funnel, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, facts, make_pick
from apps.picks.tests.runs import scores
from apps.rulebook.evaluation import Violation
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Period, Side, opposite
from apps.rulebook.settlement import FinalScore, Outcome, settle
from apps.rulebook.thresholds import SettlementRules, settlement_rules
from apps.snapshots.models import LatestQuote

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
LATER = NOON_BEFORE + timedelta(minutes=1)


def proposed(ops, game: Game, at=NOON_BEFORE, **claim) -> Pick | None:
    evaluate(game, at=at, **claim)
    actions.propose_due(by=ops, at=at)
    return Pick.objects.waiting().filter(event=game.event).first()


def stopped() -> set[str]:
    return set(funnel(ProposalRound.objects.get())[Gate.INTEGRITY][1])


@pytest.mark.usefixtures("in_acme")
class TestTheWrongTeam:
    @pytest.mark.parametrize("side", ["home", "Home", "HOME ", "1", ""])
    def test_a_side_is_one_of_the_words_or_no_side(self, side):
        """Sent as ``home`` and compared as ``HOME``, it named the other team."""
        with pytest.raises(ValueError, match="is not a valid Side"):
            Side(side)
        pick = make_pick()
        twin = Pick(**{field.attname: getattr(pick, field.attname) for field in Pick._meta.fields})
        twin.pk, twin.idempotency_key, twin.market_type = twin.event_id, "k" * 64, TOTAL
        twin.side = side
        refused = pytest.raises(IntegrityError, match="pick_side_suits_its_market")
        with refused, transaction.atomic():
            twin.save(force_insert=True)

    @pytest.mark.parametrize("side", [Side.HOME, Side.AWAY])
    def test_the_label_is_final_and_of_the_recommended_selection(self, side):
        game = Game()
        line = "-3.5" if side == Side.HOME else "3.5"
        pick = make_pick(game, side=side, line=line, status=PickStatus.PUBLISHED)

        shown = card(pick)["recommendation"]

        assert shown["label"] == label(pick) == f"{getattr(game, side.lower())} {float(line):+g}"
        assert shown["selection"] == game.selection(SPREAD, side).uuid

    def test_lines_of_two_sides_that_do_not_mirror_are_never_shown(self, ops):
        """One team +9.5 beside the other -9.5, with the fair line of the other side."""
        game = Game()
        run(game, margin=14.0)
        board(game, line="-9.5")
        with facts():
            LatestQuote.objects.filter(selection__side="AWAY").update(line=Decimal("-9.5"))

        assert proposed(ops, game) is None
        assert stopped() <= {Violation.PROBABILITY_INCOHERENT, Violation.DIRECTION_MISMATCH}
        kept = {reason for pick in Pick.objects.all() for reason in pick.block_reasons}
        assert Violation.DIRECTION_MISMATCH in kept


@pytest.mark.usefixtures("in_acme")
class TestTheWrongSide:
    @pytest.mark.parametrize(
        ("margin", "line", "side"),
        [
            (7.0, "-3.5", Side.HOME),  # the favourite, at home
            (1.0, "-3.5", Side.AWAY),  # the underdog, away
            (-7.0, "3.5", Side.AWAY),  # the favourite, away
            (-1.0, "3.5", Side.HOME),  # the underdog, at home
        ],
    )
    def test_is_not_derived_from_favourite_and_sign(self, margin, line, side, ops):
        """Chosen once, by the largest signed edge; the other side's edge is its negative."""
        game = Game()
        run(game, margin=margin)
        board(game, line=line)

        pick = proposed(ops, game)

        assert pick.side == side
        assert pick.edge_prob > 0
        given = Decimal(line)
        assert pick.line == (given if side == Side.HOME else -given)

    def test_preference_and_direction_are_one_column(self, ops):
        """Of the two sides exactly one is told to take this, whoever asks."""
        game = Game()
        pick = make_pick(game, status=PickStatus.PUBLISHED)

        said = {
            side: card(pick, asked=game.selection(SPREAD, side))["action"]
            for side in (Side.HOME, Side.AWAY)
        }

        assert said == {Side.HOME: "TAKE_THIS", Side.AWAY: "TAKE_OPPOSITE"}
        with pytest.raises(IntegrityError, match="pick_edge_is_signed"), transaction.atomic():
            make_pick(Game(home="Miami Dolphins", away="New York Jets"), edge_prob=-0.05)

    def test_an_edge_with_a_line_far_on_the_wrong_side_is_none(self, ops):
        """Market +5.5, fair line +14.5, and a chance of .84 to cover: the golden case."""
        game = Game()
        run(game)
        board(game, side=Side.AWAY, line="5.5")
        claim = {"a": 0.84, "b": 0.16, "v": 0.0, "model_prob": 0.84, "decision_prob": 0.84}

        pick = proposed(
            *(ops, game),
            **claim,
            edge_prob=0.34,
            ev=round(0.84 * 0.909091 - 0.16, 10),
            fair_line=14.5,
            edge_points=-9.0,
        )

        assert pick is None
        blocked = Pick.objects.filter(side="AWAY").first()
        assert Violation.DIRECTION_MISMATCH in blocked.block_reasons
        assert "analysis" not in card(blocked)

    @pytest.mark.parametrize(
        ("margin", "line"), [(7.0, "-3.5"), (1.0, "-3.5"), (-7.0, "3.5"), (-1.0, "3.5")]
    )
    @pytest.mark.parametrize("coherent", [True, False])
    def test_all_four_quadrants_are_told_apart(self, margin, line, coherent, ops):
        """Coherent games were blocked and incoherent ones passed."""
        game = Game()
        run(game, margin=margin)
        board(game, line=line)

        def across(row) -> float:
            """The fair line as far on the other side of the market's."""
            return 2 * float(row.line) - row.fair_line

        turned = {} if coherent else {"fair_line": across, "edge_points": lambda r: -r.edge_points}
        pick = proposed(ops, game, **turned)

        assert (pick is not None) is coherent
        if not coherent:
            assert stopped() == {Violation.DIRECTION_MISMATCH}


def of_the_nfl(market_type: MarketType) -> SettlementRules:
    return settlement_rules("NFL", market_type, Period.FULL_GAME)


class TestTheWrongResult:
    @given(
        home=st.integers(0, 60),
        away=st.integers(0, 60),
        half_points=st.integers(-60, 60),
        side=st.sampled_from([Side.HOME, Side.AWAY]),
    )
    def test_a_signed_line_is_added_to_the_sides_own_margin(self, home, away, half_points, side):
        """Home -6.5 that wins by three lost, and was graded as won."""
        assume(home or away)  # that cannot be, and is settled by nobody
        line = Decimal(half_points) / 2
        margin = (home - away if side == Side.HOME else away - home) + line

        settled = settle(of_the_nfl(SPREAD), side, line, FinalScore(home, away))

        expected = Outcome.WIN if margin > 0 else Outcome.LOSS if margin < 0 else Outcome.PUSH
        assert settled.outcome == expected

    @given(home=st.integers(0, 60), away=st.integers(0, 60), half_points=st.integers(-60, 60))
    @pytest.mark.parametrize("market_type", [SPREAD, TOTAL, MONEYLINE])
    def test_opposite_picks_never_both_win(self, market_type, home, away, half_points):
        """An away pick that won was graded as lost: every market as "did home win"."""
        assume(home or away)
        line = None if market_type == MONEYLINE else abs(Decimal(half_points) / 2)
        first = Side.OVER if market_type == TOTAL else Side.HOME
        other = -line if market_type == SPREAD else line

        ends = [
            settle(of_the_nfl(market_type), side, of, FinalScore(home, away)).outcome
            for side, of in ((first, line), (opposite(first), other))
        ]

        assert sorted(ends) in (
            sorted([Outcome.WIN, Outcome.LOSS]),
            [Outcome.PUSH, Outcome.PUSH],
        )


@pytest.mark.usefixtures("in_acme")
class TestTheWrongLine:
    def test_a_total_is_judged_at_the_books_line_and_not_at_our_own(self, ops):
        """A projection of 54 against 40.5 was called a coin's toss."""
        opine("acme")
        game = Game()
        run(game, total=54.0)
        board(game, TOTAL, Side.OVER, line="40.5")

        pick = proposed(ops, game)

        assert (pick.side, pick.line) == ("OVER", Decimal("40.5"))
        assert pick.model_prob > 0.8

    @pytest.mark.parametrize("side", [Side.OVER, Side.UNDER, Side.HOME, Side.AWAY])
    def test_a_better_line_is_never_less_likely(self, side):
        market_type = TOTAL if side in (Side.OVER, Side.UNDER) else SPREAD
        lines = [Decimal(n) / 2 for n in range(40, 130)]
        if market_type == SPREAD:
            lines = [line - 42 for line in lines]
        axis = scores(7.0, 54.0).axis(market_type)

        chances = [axis.price(market_type, side, line).a for line in lines]

        assert chances == sorted(chances, reverse=side == Side.OVER)
