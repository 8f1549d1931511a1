"""Every way a bet can end, as a table that a bookmaker's trader can read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.rulebook.markets import MarketType, Side
from apps.rulebook.settlement import (
    FinalScore,
    NotSettled,
    Play,
    dead_heat,
    settle_standing,
    standing,
)
from apps.rulebook.thresholds import main_markets, settlement_rules

# Scores are home - away. A line is the selection's own. Odds are decimal, profit is per unit.
TABLE = """
league | selection       | odds | what happened            | score | outcome   | profit
NFL    | HOME -6.5       | 1.91 | played                   | 24-21 | LOSS      | -1
NFL    | AWAY +6.5       | 1.91 | played                   | 24-21 | WIN       | 0.91
NFL    | HOME -3         | 1.91 | played                   | 24-21 | PUSH      | 0
NFL    | HOME 0          | 1.91 | played                   | 20-20 | PUSH      | 0
NFL    | AWAY 0          | 1.91 | played                   | 20-17 | LOSS      | -1
NFL    | HOME -2.75      | 1.90 | played                   | 24-21 | HALF_WIN  | 0.45
NFL    | HOME -3.25      | 1.90 | played                   | 24-21 | HALF_LOSS | -0.5
NFL    | AWAY +3.25      | 1.90 | played                   | 24-21 | HALF_WIN  | 0.45
NFL    | OVER 44         | 1.91 | played                   | 24-20 | PUSH      | 0
NFL    | OVER 44.25      | 1.90 | played                   | 24-20 | HALF_LOSS | -0.5
NFL    | UNDER 44.25     | 1.90 | played                   | 24-20 | HALF_WIN  | 0.45
NFL    | UNDER 43.75     | 1.90 | played                   | 24-20 | HALF_LOSS | -0.5
NFL    | HOME            | 1.50 | played                   | 20-17 | WIN       | 0.5
NFL    | HOME            | 1.50 | tied after overtime      | 20-20 | PUSH      | 0
NFL    | OVER 43.5       | 1.91 | won in overtime          | 24-20 | WIN       | 0.91
NFL    | HOME            | 1.50 | told 0-0                 | 0-0   | SUSPECT   |
NFL    | HOME -3         | 1.91 | told without a score     | -     | SUSPECT   |
NBA    | HOME            | 1.80 | won in overtime          | 112-110 | WIN     | 0.8
NBA    | HOME            | 1.80 | told as a tie            | 101-101 | SUSPECT |
NCAAF  | AWAY +7         | 1.91 | won in overtime          | 31-28 | WIN       | 0.91
NCAAB  | OVER 141.5      | 1.91 | won in overtime          | 72-70 | WIN       | 0.91
NHL    | OVER 4.5        | 2.00 | won in a shoot-out       | 3-2   | WIN       | 1
NHL    | AWAY +1.5       | 1.60 | won in a shoot-out       | 3-2   | WIN       | 0.6
NHL    | HOME            | 2.10 | won in a shoot-out       | 3-2   | WIN       | 1.1
NHL    | HOME            | 2.10 | told as a tie            | 2-2   | SUSPECT   |
MLB    | HOME            | 1.70 | won in the tenth         | 4-3   | WIN       | 0.7
EPL    | HOME            | 2.40 | played                   | 2-1   | WIN       | 1.4
EPL    | DRAW            | 3.30 | played                   | 1-1   | WIN       | 2.3
EPL    | HOME            | 2.40 | played                   | 1-1   | LOSS      | -1
EPL    | DRAW            | 3.30 | played                   | 0-0   | WIN       | 2.3
EPL    | HOME -0.25      | 2.00 | played                   | 1-1   | HALF_LOSS | -0.5
EPL    | AWAY +0.25      | 1.90 | played                   | 1-1   | HALF_WIN  | 0.45
EPL    | HOME -0.75      | 2.00 | played                   | 2-1   | HALF_WIN  | 0.5
EPL    | OVER 2.25       | 1.90 | played                   | 1-1   | HALF_LOSS | -0.5
NFL    | HOME -3         | 1.91 | cancelled                | -     | VOID      | 0
NFL    | HOME -3         | 1.91 | moved to Wednesday       | 24-17 | WIN       | 0.91
NFL    | HOME -3         | 1.91 | moved to Thursday        | 24-17 | VOID      | 0
NBA    | HOME -3         | 1.91 | moved by 24 hours        | 99-90 | WIN       | 0.91
NBA    | HOME -3         | 1.91 | moved by 25 hours        | 99-90 | VOID      | 0
MLB    | HOME            | 1.70 | moved by 2 hours         | 4-3   | WIN       | 0.7
MLB    | HOME            | 1.70 | moved by 24 hours        | 4-3   | VOID      | 0
EPL    | HOME            | 2.40 | moved by 25 hours        | 2-1   | VOID      | 0
NFL    | HOME -3         | 1.91 | moved to neutral ground  | 24-17 | WIN       | 0.91
NFL    | HOME -3         | 1.91 | shortened, 55 minutes    | 24-17 | WIN       | 0.91
NFL    | HOME -3         | 1.91 | abandoned, 54 minutes    | 24-17 | VOID      | 0
NFL    | OVER 40.5       | 1.91 | abandoned, 54 minutes    | 24-17 | WIN       | 0.91
NFL    | UNDER 40.5      | 1.91 | abandoned, 54 minutes    | 24-17 | LOSS      | -1
NFL    | UNDER 41.5      | 1.91 | abandoned, 54 minutes    | 24-17 | VOID      | 0
NFL    | OVER 40.75      | 1.91 | abandoned, 54 minutes    | 24-17 | VOID      | 0
NFL    | OVER 40.5       | 1.91 | abandoned, 54 minutes    | -     | VOID      | 0
NFL    | OVER 40.5       | 1.91 | moved to Thursday        | 24-17 | VOID      | 0
NFL    | OVER 40.5       | 1.91 | cancelled                | 24-17 | VOID      | 0
NBA    | HOME            | 1.80 | shortened, 43 minutes    | 80-75 | WIN       | 0.8
NBA    | HOME            | 1.80 | abandoned, 42 minutes    | 80-75 | VOID      | 0
NHL    | HOME            | 2.10 | abandoned, 54 minutes    | 3-1   | VOID      | 0
MLB    | HOME            | 1.70 | shortened, 4.5 innings   | 4-3   | WIN       | 0.7
MLB    | AWAY            | 2.20 | suspended, 4.5 innings   | 3-4   | VOID      | 0
MLB    | AWAY            | 2.20 | shortened, 5 innings     | 3-4   | WIN       | 1.2
MLB    | HOME            | 1.70 | suspended, 5 innings     | 3-3   | SUSPECT   |
MLB    | AWAY            | 2.20 | suspended, 7 innings     | 3-3   | SUSPECT   |
MLB    | HOME            | 1.70 | suspended, 4.5 innings   | 3-3   | VOID      | 0
MLB    | HOME -1.5       | 2.30 | suspended, 5 innings     | 3-3   | VOID      | 0
MLB    | OVER 5.5        | 1.90 | suspended, 5 innings     | 3-3   | WIN       | 0.9
MLB    | OVER 6.5        | 1.90 | suspended, 5 innings     | 3-3   | VOID      | 0
MLB    | AWAY +1.5       | 1.60 | shortened, 8 innings     | 3-4   | VOID      | 0
MLB    | OVER 7.5        | 1.90 | suspended, 6 innings     | 5-3   | WIN       | 0.9
MLB    | OVER 8.5        | 1.90 | suspended, 6 innings     | 5-3   | VOID      | 0
EPL    | HOME            | 2.40 | abandoned, 70 minutes    | 2-0   | VOID      | 0
EPL    | HOME            | 2.40 | suspended, unknown       | 2-0   | SUSPECT   |
"""
SUNDAY = datetime(2025, 10, 12, 17, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
ROWS = [tuple(cell.strip() for cell in row.split("|")) for row in TABLE.strip().splitlines()[1:]]


def bet_of(league: str, selection: str):
    side, _, line = selection.partition(" ")
    markets = dict(main_markets(league))
    if side in ("OVER", "UNDER"):
        market = MarketType.TOTAL
    elif line:
        market = MarketType.SPREAD
    else:
        three_way = MarketType.MONEYLINE_3WAY
        market = three_way if three_way in markets else MarketType.MONEYLINE
    rules = settlement_rules(league, market, markets[market])
    return rules, Side(side), Decimal(line) if line else None


def started_of(what: str) -> datetime | None:
    if what == "cancelled":
        return None
    if what.startswith("moved by"):
        return SUNDAY + timedelta(hours=int(what.split()[2]))
    days = {"moved to Wednesday": 3, "moved to Thursday": 4}
    return SUNDAY + timedelta(days=days.get(what, 0))


def play_of(what: str, score: FinalScore) -> Play:
    if not what.startswith(("shortened", "abandoned", "suspended")):
        return Play(completed=True)
    told = what.partition(", ")[2].split()
    amount = None if told == ["unknown"] else Decimal(told[0])
    leads = (score.home or 0) > (score.away or 0)
    minutes = amount if told[-1] == "minutes" else None
    innings = amount if told[-1] == "innings" else None
    return Play(completed=False, minutes=minutes, innings=innings, home_leads=leads)


def score_of(text: str) -> FinalScore:
    if text == "-":
        return FinalScore(None, None)
    home, away = text.split("-")
    return FinalScore(int(home), int(away))


class TestTheTable:
    @pytest.mark.parametrize(
        "row", ROWS, ids=[f"{row[0]} {row[1]}, {row[3]}, {row[4]}" for row in ROWS]
    )
    def test_is_what_happens(self, row):
        league, selection, odds, what, told, outcome, profit = row
        (rules, side, line), score = bet_of(league, selection), score_of(told)

        def settled():
            stands = standing(
                rules,
                scheduled=SUNDAY,
                started=started_of(what),
                zone=NEW_YORK,
                play=play_of(what, score),
            )
            return settle_standing(rules, side, line, score, stands)

        if outcome == "SUSPECT":
            with pytest.raises(NotSettled):
                settled()
            return
        assert settled().outcome == outcome
        assert settled().profit(Decimal(odds)) == Decimal(profit)

    def test_has_every_outcome_and_every_league_that_is_played_differently(self):
        assert {row[5] for row in ROWS} == {
            *("WIN", "LOSS", "PUSH", "HALF_WIN", "HALF_LOSS", "VOID", "SUSPECT")
        }
        assert {row[0] for row in ROWS} == {"NFL", "NCAAF", "NBA", "NCAAB", "MLB", "NHL", "EPL"}

    @pytest.mark.parametrize(
        ("tied", "places", "odds", "profit"),
        [(2, 1, "5", "1.5"), (2, 1, "1.8", "-0.1"), (4, 1, "9", "1.25"), (4, 3, "2", "0.5")],
    )
    def test_a_dead_heat_shares_the_places(self, tied, places, odds, profit):
        assert dead_heat(tied=tied, places=places).profit(Decimal(odds)) == Decimal(profit)
