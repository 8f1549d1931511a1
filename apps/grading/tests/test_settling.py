"""The settlement rule in SQL says what the rulebook says, on ten thousand bets of every market."""

import random
from decimal import Decimal

import pytest

from apps.core.db import fetch_all
from apps.grading.settling import DECIDED, PROFIT
from apps.rulebook.markets import MARKET_SIDES, MarketType, Period, Side
from apps.rulebook.settlement import (
    UNGRADEABLE,
    FinalScore,
    NotSettled,
    Outcome,
    Standing,
    settle_standing,
    settled_as,
)
from apps.rulebook.thresholds import settlement_rules
from apps.rulebook.thresholds.settlement import TieRule

CASES = 10_000
ANY_RULES = settlement_rules("NFL", MarketType.SPREAD, Period.FULL_GAME)
_KINDS = {
    "standing": "text",
    "outcome": "text",
    "market_type": "text",
    "side": "text",
    "line": "numeric",
    "home": "int",
    "away": "int",
    "tie": "text",
    "nil_nil_possible": "bool",
    "decided_stands": "bool",
    "price": "numeric",
}


def random_bets(market: MarketType) -> list[dict[str, object]]:
    """Good bets and bad ones: sides of other markets, eighths of a point, scores that cannot be."""
    chance = random.Random(f"settling {market}")
    bets = []
    for _ in range(CASES):
        sound = chance.random() < 0.9
        sides = MARKET_SIDES[market] if sound else tuple(Side)
        lined = market not in (MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY)
        line = Decimal(chance.randrange(-120, 120)) / (4 if sound else 8)
        bets.append(
            {
                "standing": chance.choice([Standing.STANDS] * 4 + [Standing.CUT_SHORT]),
                "outcome": Outcome.VOID if chance.random() < 0.05 else "",
                "market_type": market,
                "side": chance.choice(sides),
                "line": line if lined == sound or chance.random() < 0.5 * lined else None,
                "home": None if chance.random() < 0.01 else chance.randrange(-1 + sound, 40),
                "away": None if chance.random() < 0.01 else chance.randrange(-1 + sound, 40),
                "tie": chance.choice(list(TieRule)),
                "nil_nil_possible": chance.random() < 0.5,
                "decided_stands": chance.random() < 0.7,
                "price": Decimal(chance.randrange(1_010_000, 30_000_000)) / 1_000_000,
            }
        )
    for bet in bets[: CASES // 4]:  # near the line, where quarters decide
        if bet["line"] is not None and bet["home"] is not None and bet["away"] is not None:
            step = Decimal(chance.randrange(-4, 5)) / 4
            total = market in (MarketType.TOTAL, MarketType.TEAM_TOTAL, MarketType.PROP)
            axis = bet["home"] + bet["away"] if total else bet["away"] - bet["home"]
            bet["line"] = axis + step if total or bet["side"] == Side.HOME else -axis + step
    return bets


def by_the_rulebook(bet: dict[str, object]) -> tuple[str, int, Decimal, str, Decimal]:
    """An ``outcome`` says that the game does not stand, which was decided for all its bets."""
    rules = ANY_RULES.model_copy(
        update={
            name: bet[name] for name in ("market_type", "tie", "nil_nil_possible", "decided_stands")
        }
    )
    score = FinalScore(bet["home"], bet["away"])
    stands = Standing.CANCELED if bet["outcome"] else bet["standing"]
    try:
        settled = settle_standing(rules, bet["side"], bet["line"], score, stands)
    except NotSettled as refusal:
        settled, problem = UNGRADEABLE, refusal.problem
    else:
        problem = ""
    return (
        settled.outcome,
        settled.won,
        settled.void_factor,
        problem if settled is UNGRADEABLE else "",
        round(settled.profit(bet["price"]), 8),
    )


def in_sql(bets: list[dict[str, object]]) -> list[tuple[str, int, Decimal, str, Decimal]]:
    columns = ", ".join(f"%({name})s::{kind}[]" for name, kind in _KINDS.items())
    return fetch_all(
        f"WITH bet AS (SELECT * FROM unnest({columns}) WITH ORDINALITY"
        f" AS bet ({', '.join(_KINDS)}, no)), {DECIDED}"
        " SELECT ends, won, void_factor, CASE WHEN ends = 'UNGRADEABLE' THEN problem ELSE '' END,"
        f" {PROFIT} FROM decided ORDER BY no",
        {name: [bet[name] for bet in bets] for name in _KINDS},
    )


@pytest.mark.django_db
class TestTheRuleInSql:
    @pytest.mark.parametrize("market", list(MarketType))
    def test_settles_as_the_rulebook_does(self, market):
        bets = random_bets(market)

        ours, theirs = in_sql(bets), [by_the_rulebook(bet) for bet in bets]

        wrong = [
            (bet, one, two) for bet, one, two in zip(bets, ours, theirs, strict=True) if one != two
        ]
        assert wrong == []
        if market in (MarketType.SPREAD, MarketType.TOTAL):
            assert len({outcome for outcome, *_ in ours}) == 7  # each is among them

    def test_each_outcome_has_the_three_numbers_of_its_own(self):
        outcomes = [bet for market in MarketType for bet in in_sql(random_bets(market)[:500])]

        for outcome, won, void_factor, _, _ in outcomes:
            settled = settled_as(outcome)
            assert (won, void_factor) == (settled.won, settled.void_factor)
