from decimal import Decimal

import pytest

from apps.rulebook import settlement
from apps.rulebook.settlement import Outcome
from apps.snapshots.providers.sportradar import (
    EventKeyUnreadable,
    SettlementUnreadable,
    event_key,
    settled,
)

HALF, ONE = Decimal("0.5"), Decimal(1)


class TestSettlement:
    @pytest.mark.parametrize(
        ("told", "ours"),
        [
            ({"result": 0}, settlement.LOSS),
            ({"result": 1}, settlement.WIN),
            ({"result": 0, "void_factor": ONE}, settlement.PUSH),
            ({"result": 0, "void_factor": ONE, "void_reason": 5}, settlement.VOID),
            ({"result": 0, "void_factor": ONE, "void_reason": 0}, settlement.VOID),
            ({"result": 1, "void_factor": HALF}, settlement.HALF_WIN),
            ({"result": 0, "void_factor": HALF}, settlement.HALF_LOSS),
            ({"result": 1, "dead_heat_factor": HALF}, settlement.dead_heat(tied=2, places=1)),
        ],
    )
    def test_reads_every_documented_combination(self, told, ours):
        assert settled(**told) == ours

    @pytest.mark.parametrize(
        ("told", "profit"),
        [
            ({"result": 1}, "0.91"),
            ({"result": 1, "void_factor": HALF}, "0.455"),
            ({"result": 0, "void_factor": HALF}, "-0.5"),
            ({"result": 0, "void_factor": ONE}, "0"),
            ({"result": 1, "dead_heat_factor": HALF}, "-0.045"),
        ],
    )
    def test_pays_what_the_provider_says_it_pays(self, told, profit):
        assert settled(**told).profit(Decimal("1.91")) == Decimal(profit)

    @pytest.mark.parametrize(
        "told",
        [
            {"result": -1},
            {"result": 2},
            {"result": 1, "void_factor": ONE},
            {"result": 0, "void_factor": Decimal("0.25")},
            {"result": 1, "dead_heat_factor": Decimal(0)},
            {"result": 1, "dead_heat_factor": Decimal(2)},
            {"result": 0, "dead_heat_factor": HALF},
            {"result": 1, "void_factor": HALF, "dead_heat_factor": HALF},
        ],
    )
    def test_refuses_what_is_not_documented_instead_of_guessing(self, told):
        with pytest.raises(SettlementUnreadable) as refused:
            settled(**told)

        assert refused.value.code == "SETTLEMENT_UNREADABLE"

    def test_a_refund_without_a_reason_stays_in_the_denominator(self):
        told = {"result": 0, "void_factor": ONE}

        assert settled(**told).outcome is Outcome.PUSH
        assert settled(**told, void_reason=11).outcome is Outcome.VOID


class TestEventKeys:
    @pytest.mark.parametrize("text", ["sr:match:12089842", "sr:stage:263714"])
    def test_stand_as_the_provider_writes_them(self, text):
        assert event_key(text) == text

    @pytest.mark.parametrize(
        "text",
        ["", "12089842", "sr:match:", "sr:match:0", "sr:season:1", "sr:match:1 ", "SR:MATCH:1"],
    )
    def test_are_no_guesses(self, text):
        with pytest.raises(EventKeyUnreadable):
            event_key(text)
