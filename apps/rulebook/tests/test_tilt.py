from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.markets import HomeMargin, MarketType, Side
from apps.rulebook.scoring.axis import Axis, AxisDistribution, TargetOutOfReach
from apps.rulebook.scoring.counts import SOCCER_1, CountModel
from apps.rulebook.scoring.football import NFL_2015, FootballModel
from apps.rulebook.scoring.model import TargetMeans
from apps.rulebook.scoring.tilt import tilted

RUN = FootballModel(NFL_2015).distribution(TargetMeans(HomeMargin(1.5), 44.0))
MARGIN, TOTAL = RUN.margin, RUN.total
MATCH = CountModel(SOCCER_1).distribution(TargetMeans(HomeMargin(0.4), 2.7)).margin
SPREAD = MarketType.SPREAD


class TestTilting:
    @given(
        quarters=st.integers(-80, 80),
        side=st.sampled_from([Side.HOME, Side.AWAY]),
        target=st.floats(0.05, 0.95),
    )
    def test_gives_the_line_the_probability_asked_for(self, quarters, side, target):
        line = Decimal(quarters) / 4

        moved = tilted(MARGIN, SPREAD, side, line, target)

        assert moved.price(SPREAD, side, line).model_prob == pytest.approx(target, abs=1e-9)
        assert moved.pmf.sum() == pytest.approx(1, abs=1e-12)

    @pytest.mark.parametrize("side", [Side.OVER, Side.UNDER])
    def test_moves_a_total_as_well(self, side):
        moved = tilted(TOTAL, MarketType.TOTAL, side, Decimal("47.5"), 0.5)

        assert moved.price(MarketType.TOTAL, side, Decimal("47.5")).a == pytest.approx(0.5)
        assert moved.mean > TOTAL.mean + 2

    def test_moves_a_moneyline_without_a_line(self):
        moved = tilted(MARGIN, MarketType.MONEYLINE, Side.AWAY, None, 0.7)

        price = moved.price(MarketType.MONEYLINE, Side.AWAY, None)
        assert price.model_prob == pytest.approx(0.7, abs=1e-9)

    @given(target=st.floats(0.05, 0.6))
    def test_makes_a_draw_likelier_without_moving_the_favourite(self, target):
        draw = (MarketType.MONEYLINE_3WAY, Side.DRAW, None)

        moved = tilted(MATCH, *draw, target)

        assert moved.price(*draw).model_prob == pytest.approx(target, abs=1e-9)
        assert np.sign(moved.mean) == np.sign(MATCH.mean)

    @given(side=st.sampled_from([Side.HOME, Side.AWAY]), target=st.floats(0.05, 0.9))
    def test_gives_a_winner_in_ninety_minutes_its_chance(self, side, target):
        moved = tilted(MATCH, MarketType.MONEYLINE_3WAY, side, None, target)

        price = moved.price(MarketType.MONEYLINE_3WAY, side, None)
        assert price.model_prob == pytest.approx(target, abs=1e-9)

    def test_leaves_a_run_alone_that_agrees_with_the_market(self):
        prob = MARGIN.price(SPREAD, Side.HOME, Decimal("-1.5")).model_prob

        assert tilted(MARGIN, SPREAD, Side.HOME, Decimal("-1.5"), prob) is MARGIN

    @pytest.mark.parametrize("line", ["-3", "-7", "3"])
    def test_leaves_the_key_numbers_where_they_are(self, line):
        key = abs(int(Decimal(line)))

        moved = tilted(MARGIN, SPREAD, Side.HOME, Decimal(line), 0.5)

        favoured = -int(Decimal(line))
        at_key = moved.pmf[favoured - moved.low]
        beside = moved.pmf[favoured + np.sign(favoured) - moved.low]
        assert at_key > 1.2 * beside
        assert abs(favoured) == key

    @given(quarters=st.integers(-40, 40), target=st.floats(0.1, 0.9))
    def test_is_one_answer_for_both_sides(self, quarters, target):
        line = Decimal(quarters) / 4

        home = tilted(MARGIN, SPREAD, Side.HOME, line, target)
        away = tilted(MARGIN, SPREAD, Side.AWAY, -line, 1 - target)

        assert home.pmf == pytest.approx(away.pmf, abs=1e-9)

    def test_keeps_the_width_of_the_bell(self):
        moved = tilted(MARGIN, SPREAD, Side.HOME, Decimal("-6.5"), 0.5)

        assert moved.sd == pytest.approx(MARGIN.sd, rel=0.03)

    @pytest.mark.parametrize("target", [0.0, 1.0, -0.1, 1.1])
    def test_refuses_a_certainty(self, target):
        with pytest.raises(TargetOutOfReach):
            tilted(MARGIN, SPREAD, Side.HOME, Decimal(-3), target)

    def test_refuses_what_was_never_simulated(self):
        always_home = AxisDistribution(Axis.HOME_MARGIN, 1, [1.0, 1.0, 1.0])

        with pytest.raises(TargetOutOfReach):
            tilted(always_home, SPREAD, Side.HOME, Decimal("-0.5"), 0.5)
