from decimal import Decimal

import pytest

from apps.rulebook.markets import (
    MarketType,
    NoOpposite,
    Side,
    mirror_line,
    opposite,
    written_line,
)


class TestSides:
    @pytest.mark.parametrize("side", [Side.HOME, Side.AWAY, Side.OVER, Side.UNDER])
    def test_are_their_opposites_opposite(self, side):
        assert opposite(side) is not side
        assert opposite(opposite(side)) is side

    def test_of_a_draw_there_is_no_single_one(self):
        with pytest.raises(NoOpposite):
            opposite(Side.DRAW)


class TestLines:
    def test_are_turned_on_a_spread_and_shared_on_a_total(self):
        assert mirror_line(MarketType.SPREAD, Decimal("-3.5")) == Decimal("3.5")
        assert mirror_line(MarketType.TOTAL, Decimal("47.5")) == Decimal("47.5")

    def test_of_a_pickem_have_no_sign(self):
        assert str(mirror_line(MarketType.SPREAD, Decimal(0))) == "0"

    def test_that_are_missing_stay_missing(self):
        assert mirror_line(MarketType.SPREAD, None) is None

    @pytest.mark.parametrize(
        ("market", "line", "text"),
        [
            (MarketType.SPREAD, Decimal("3.00"), "+3"),
            (MarketType.SPREAD, Decimal("-10.50"), "-10.5"),
            (MarketType.SPREAD, Decimal("0.00"), "0"),
            (MarketType.TOTAL, Decimal("40.00"), "40"),
            (MarketType.MONEYLINE, None, ""),
        ],
        ids=str,
    )
    def test_are_written_as_people_write_them(self, market, line, text):
        assert written_line(market, line) == text
