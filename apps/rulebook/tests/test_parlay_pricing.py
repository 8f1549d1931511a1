"""What parlays are worth, held against counting simulated games one by one."""

from decimal import Decimal
from itertools import product
from math import exp, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.evaluation import value
from apps.rulebook.markets import HomeMargin, MarketType, Period, Side
from apps.rulebook.parlays import (
    JointLeg,
    JointMethod,
    NoJoint,
    ParlayOutcome,
    PricedGame,
    Shape,
    joint_of_game,
    leg_alone,
    price_parlay,
    settle_parlay,
    shape_of,
)
from apps.rulebook.scoring import ScoreDistribution, TargetMeans, score_model, simulate
from apps.rulebook.settlement import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    VOID,
    WIN,
    FinalScore,
    Outcome,
    Settled,
    parlay_return,
    settle,
)
from apps.rulebook.thresholds import settlement_rules

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
HOME, AWAY, OVER, UNDER = Side.HOME, Side.AWAY, Side.OVER, Side.UNDER
UNGRADEABLE = Settled(Outcome.UNGRADEABLE, 0, Decimal(1))
PRICES = st.decimals("1.05", "9", places=4)


@pytest.fixture(scope="module")
def scores() -> ScoreDistribution:
    model = score_model("football", "football-nfl-2015")
    means = TargetMeans(HomeMargin(3.0), 45.0)
    return simulate(model, means, seed=11, sims=100_000).sampled


def by_hand(
    scores: ScoreDistribution, bets: list[tuple[MarketType, Side, str | None]]
) -> dict[tuple[Outcome, ...], float]:
    """Settle every simulated game for every bet by the rules that settle real ones."""
    found: dict[tuple[Outcome, ...], float] = {}
    for row, column in np.argwhere(scores.weights):
        score = FinalScore(scores.low_home + int(row), scores.low_away + int(column))
        ends = tuple(_end(bet, score) for bet in bets)
        share = float(scores.weights[row, column]) / scores.sims
        found[ends] = found.get(ends, 0.0) + share
    return found


def _end(bet: tuple[MarketType, Side, str | None], score: FinalScore) -> Outcome:
    market_type, side, line = bet
    rules = settlement_rules("NFL", market_type, Period.FULL_GAME)
    rules = rules.model_copy(update={"nil_nil_possible": True})
    return settle(rules, side, None if line is None else Decimal(line), score).outcome


def raw(scores: ScoreDistribution, market_type: MarketType, side: Side, line: str | None):
    """A leg that is judged by the model alone."""
    at = None if line is None else Decimal(line)
    abv = scores.price(market_type, side, at)
    return JointLeg(market_type, side, at, abv.a, abv.b, abv.v)


def judged(scores, market_type, side, line, *, apart: float = 0.15) -> JointLeg:
    """A leg that is judged between the model and a market that likes its side less."""
    at = None if line is None else Decimal(line)
    abv = scores.price(market_type, side, at)
    fair = 1 / (1 + exp(apart) * abv.b / abv.a)
    found = value(abv, fair_prob=fair, weight=0.3, price=2.0)
    return JointLeg(market_type, side, at, found.a, found.b, found.v)


BETS = [
    [(SPREAD, HOME, "-3"), (TOTAL, OVER, "45.5")],
    [(SPREAD, HOME, "-3.25"), (TOTAL, UNDER, "44.75")],
    [(SPREAD, AWAY, "2.75"), (TOTAL, OVER, "45"), (MONEYLINE, AWAY, None)],
    [(MONEYLINE, HOME, None), (TOTAL, UNDER, "47")],
]


class TestOneGame:
    @pytest.mark.parametrize("bets", BETS)
    def test_legs_judged_by_the_model_end_as_the_simulated_games_do(self, scores, bets):
        expected = by_hand(scores, bets)

        joint = joint_of_game(scores, [raw(scores, *bet) for bet in bets])

        assert joint.keys() == expected.keys()
        for pattern, chance in joint.items():
            assert chance == pytest.approx(expected[pattern], abs=2e-9)

    @pytest.mark.parametrize("bets", BETS)
    def test_each_leg_keeps_the_chance_it_was_published_with(self, scores, bets):
        legs = [judged(scores, *bet) for bet in bets]

        joint = joint_of_game(scores, legs)

        assert sum(joint.values()) == pytest.approx(1, abs=1e-9)
        for index, leg in enumerate(legs):
            for (outcome,), chance in leg_alone(leg).items():
                found = sum(one for ends, one in joint.items() if ends[index] is outcome)
                assert found == pytest.approx(chance, abs=1e-8)

    def test_and_legs_hang_together_as_they_do_in_the_simulation(self, scores):
        bets = [(SPREAD, HOME, "-3.5"), (TOTAL, OVER, "45.5")]
        before = by_hand(scores, bets)

        after = joint_of_game(scores, [judged(scores, *bet) for bet in bets])

        def odds_ratio(joint):
            win, loss = Outcome.WIN, Outcome.LOSS
            return (joint[win, win] * joint[loss, loss]) / (joint[win, loss] * joint[loss, win])

        assert odds_ratio(after) == pytest.approx(odds_ratio(before), rel=1e-6)

    def test_a_favourite_that_covers_has_won(self, scores):
        """Strangers would multiply: here one follows from the other."""
        legs = [raw(scores, MONEYLINE, HOME, None), raw(scores, SPREAD, HOME, "-6.5")]

        priced = price_parlay(
            [PricedGame(joint_of_game(scores, legs), (Decimal("1.6"), Decimal("2.6")))]
        )

        assert priced.joint_prob == pytest.approx(legs[1].a, abs=1e-8)
        assert priced.joint_prob > priced.independent_prob + 0.1
        assert priced.method is JointMethod.JOINT_DISTRIBUTION

    def test_chances_that_cannot_all_be_true_are_refused(self, scores):
        """Covering 3.5 likelier than winning: no distribution of scores says so."""
        covers = raw(scores, SPREAD, HOME, "-3.5")
        legs = [
            JointLeg(MONEYLINE, HOME, None, a=0.40, b=0.60, v=0.0),
            JointLeg(SPREAD, HOME, Decimal("-3.5"), a=0.55, b=0.45, v=0.0),
        ]
        assert covers.a < 0.55

        with pytest.raises(NoJoint):
            joint_of_game(scores, legs)

    def test_the_same_legs_give_the_same_numbers_in_any_order(self, scores):
        legs = [judged(scores, *bet) for bet in BETS[2]]

        one = joint_of_game(scores, legs)
        other = joint_of_game(scores, legs[::-1])

        for pattern, chance in one.items():
            assert other[pattern[::-1]] == pytest.approx(chance, abs=1e-8)


class TestLegAlone:
    @pytest.mark.parametrize(
        ("bet", "shape"),
        [
            ((SPREAD, HOME, "-3"), Shape.PLAIN),
            ((SPREAD, HOME, "-3.5"), Shape.PLAIN),
            ((SPREAD, HOME, "-3.25"), Shape.HALF_LOSS),
            ((SPREAD, HOME, "-2.75"), Shape.HALF_WIN),
            ((SPREAD, AWAY, "3.25"), Shape.HALF_WIN),
            ((TOTAL, OVER, "45.25"), Shape.HALF_LOSS),
            ((TOTAL, UNDER, "45.25"), Shape.HALF_WIN),
            ((MONEYLINE, HOME, None), Shape.PLAIN),
        ],
    )
    def test_is_what_the_simulated_games_do(self, scores, bet, shape):
        at = None if bet[2] is None else Decimal(bet[2])
        assert shape_of(bet[0], bet[1], at) is shape

        alone = leg_alone(raw(scores, *bet))

        expected = by_hand(scores, [bet])
        assert alone.keys() == expected.keys()
        assert all(alone[end] == pytest.approx(expected[end], abs=1e-9) for end in alone)

    def test_refuses_shares_that_no_quarter_line_has(self):
        with pytest.raises(NoJoint):
            leg_alone(JointLeg(SPREAD, HOME, Decimal("-2.75"), a=0.1, b=0.5, v=0.4))


def legs_of_many_games() -> st.SearchStrategy:
    shares = st.tuples(st.floats(0.1, 0.8), st.floats(0.0, 0.15))
    return st.lists(st.tuples(shares, PRICES), min_size=2, max_size=5)


class TestManyGames:
    @settings(max_examples=60)
    @given(legs=legs_of_many_games())
    def test_is_what_trying_every_way_they_can_end_gives(self, legs):
        games = [
            PricedGame(leg_alone(JointLeg(SPREAD, HOME, Decimal(-3), a, 1 - a - v, v)), (price,))
            for (a, v), price in legs
        ]

        priced = price_parlay(games)

        returned = all_win = 0.0
        for ends in product((WIN, PUSH, LOSS), repeat=len(legs)):
            chance = prod(
                {"WIN": a, "PUSH": v, "LOSS": 1 - a - v}[str(end.outcome)]
                for end, ((a, v), _price) in zip(ends, legs, strict=True)
            )
            paid = parlay_return(
                (end, price) for end, (_shares, price) in zip(ends, legs, strict=True)
            )
            returned += chance * float(paid)
            all_win += chance if all(end is WIN for end in ends) else 0.0
        assert priced.ev == pytest.approx(returned - 1, abs=1e-8, rel=1e-8)
        assert priced.joint_prob == pytest.approx(all_win, abs=1e-9)
        assert priced.independent_prob == priced.joint_prob
        assert float(priced.price) == pytest.approx(float(prod(p for _s, p in legs)), abs=1e-6)
        assert priced.method is JointMethod.INDEPENDENT

    @given(legs=legs_of_many_games())
    def test_pays_for_itself_exactly_from_its_break_even_price_on(self, legs):
        games = [
            PricedGame(leg_alone(JointLeg(SPREAD, HOME, Decimal(-3), a, 1 - a - v, v)), (price,))
            for (a, v), price in legs
        ]
        priced = price_parlay(games)

        short = float(priced.price - priced.break_even_price)

        # Only what is paid where all legs win changes with the price.
        assert priced.ev == pytest.approx(priced.joint_prob * short, abs=2e-6)

    def test_a_single_leg_is_worth_what_its_pick_is(self):
        alone = leg_alone(JointLeg(SPREAD, HOME, Decimal("-3.25"), a=0.5, b=0.42, v=0.08))

        priced = price_parlay([PricedGame(alone, (Decimal("2.1"),))])

        assert priced.ev == pytest.approx(0.5 * 1.1 - 0.42)


class TestSettling:
    @pytest.mark.parametrize(
        ("legs", "outcome", "returned"),
        [
            ([(WIN, "2"), (WIN, "1.5"), (WIN, "3")], "WIN", "9"),
            ([(WIN, "2"), (PUSH, "1.5"), (WIN, "3")], "WIN", "6"),
            ([(WIN, "2"), (VOID, "1.5"), (WIN, "3")], "WIN", "6"),
            ([(WIN, "2"), (HALF_WIN, "1.5"), (WIN, "3")], "WIN", "7.5"),
            ([(WIN, "2"), (HALF_LOSS, "1.5"), (WIN, "3")], "WIN", "3"),
            ([(WIN, "2"), (HALF_LOSS, "1.5"), (PUSH, "3")], "PUSH", "1"),
            ([(WIN, "1.5"), (HALF_LOSS, "1.5"), (VOID, "3")], "PART_LOSS", "0.75"),
            ([(WIN, "2"), (LOSS, "1.5"), (WIN, "3")], "LOSS", "0"),
            ([(UNGRADEABLE, "2"), (LOSS, "1.5"), (WIN, "3")], "LOSS", "0"),
            ([(UNGRADEABLE, "2"), (WIN, "1.5"), (WIN, "3")], "UNGRADEABLE", "1"),
            ([(VOID, "2"), (VOID, "1.5"), (VOID, "3")], "VOID", "1"),
            ([(VOID, "2"), (PUSH, "1.5"), (VOID, "3")], "PUSH", "1"),
        ],
    )
    def test_multiplies_what_its_legs_return(self, legs, outcome, returned):
        settled = settle_parlay([(leg, Decimal(price)) for leg, price in legs])

        assert (settled.outcome, settled.returned) == (ParlayOutcome(outcome), Decimal(returned))
        assert settled.profit == Decimal(returned) - 1

    @given(
        legs=st.lists(
            st.tuples(st.sampled_from([WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS, VOID]), PRICES),
            min_size=2,
            max_size=6,
        )
    )
    def test_says_in_one_word_what_the_number_says(self, legs):
        settled = settle_parlay(legs)

        assert settled.returned == parlay_return(legs)
        words = {
            ParlayOutcome.WIN: settled.returned > 1,
            ParlayOutcome.PUSH: settled.returned == 1,
            ParlayOutcome.VOID: settled.returned == 1,
            ParlayOutcome.PART_LOSS: 0 < settled.returned < 1,
            ParlayOutcome.LOSS: settled.returned == 0,
        }
        assert words[settled.outcome]
