import csv
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.markets import MarketType, Period, Side, mirror_line, opposite
from apps.rulebook.settlement import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    VOID,
    WIN,
    FinalScore,
    NotADeadHeat,
    NotSettled,
    Outcome,
    Problem,
    Settled,
    dead_heat,
    parlay_return,
    settle,
    settled_as,
)
from apps.rulebook.thresholds import SettlementRules, settlement_rules

EVEN_MONEY = Decimal(2)
MIRRORED = {
    Outcome.WIN: Outcome.LOSS,
    Outcome.HALF_WIN: Outcome.HALF_LOSS,
    Outcome.PUSH: Outcome.PUSH,
    Outcome.HALF_LOSS: Outcome.HALF_WIN,
    Outcome.LOSS: Outcome.WIN,
}

half_lines = st.integers(-60, 60).map(lambda halves: Decimal(halves) / 2)
quarter_lines = st.integers(-120, 120).map(lambda quarters: Decimal(quarters) / 4)
points = st.integers(0, 70)
prices = st.decimals("1.01", "50", places=4)


def rules(league: str, market_type: MarketType) -> SettlementRules:
    period = Period.REGULATION if league == "EPL" else Period.FULL_GAME
    return settlement_rules(league, market_type, period)


EPL_SPREAD = rules("EPL", MarketType.SPREAD)
EPL_TOTAL = rules("EPL", MarketType.TOTAL)
EPL_WINNER = rules("EPL", MarketType.MONEYLINE_3WAY)
NFL_SPREAD = rules("NFL", MarketType.SPREAD)
NFL_TOTAL = rules("NFL", MarketType.TOTAL)
NFL_WINNER = rules("NFL", MarketType.MONEYLINE)
NBA_WINNER = rules("NBA", MarketType.MONEYLINE)


def score_of_margin(margin: int) -> FinalScore:
    return FinalScore(40 + margin, 40)


def oracle(ahead: Decimal) -> Outcome:
    """Settle half the stake at each neighbouring half or whole line, said the long way."""
    quarters = ahead * 4
    neighbours = (
        [ahead] if quarters % 2 == 0 else [ahead - Decimal("0.25"), ahead + Decimal("0.25")]
    )
    halves = sorted({"win": 1, "push": 0, "loss": -1}[_plain(one)] for one in neighbours)
    return {
        (1,): Outcome.WIN,
        (0,): Outcome.PUSH,
        (-1,): Outcome.LOSS,
        (1, 1): Outcome.WIN,
        (0, 1): Outcome.HALF_WIN,
        (-1, 0): Outcome.HALF_LOSS,
        (-1, -1): Outcome.LOSS,
    }[tuple(halves)]


def _plain(ahead: Decimal) -> str:
    if ahead == 0:
        return "push"
    return "win" if ahead > 0 else "loss"


class TestPublishedTables:
    def test_all_219_published_asian_lines_settle_alike(self, shared_data):
        path = shared_data / "reference/settlement/asian_lines_published_table.csv"
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))

        disagreements = []
        for row in rows:
            points = int(row["margin_or_total_goals"])
            line = Decimal(row["line"])
            if row["market"] == "asian_handicap":
                settled = settle(EPL_SPREAD, Side.HOME, line, score_of_margin(points))
            else:
                side = Side.OVER if row["market"] == "total_over" else Side.UNDER
                settled = settle(EPL_TOTAL, side, line, FinalScore(points, 0))
            paid = settled.returned(EVEN_MONEY)
            expected = Decimal(row["return_per_unit_at_decimal_2.0"])
            if (settled.outcome, paid) != (row["result"].upper(), expected):
                disagreements.append(row)

        assert len(rows) == 219
        assert disagreements == []

    def test_all_3479_matches_settle_and_pay_alike(self, shared_data):
        path = shared_data / "reference/settlement/real_ah_closing_settled_2024_25.csv"
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))

        disagreements = []
        for row in rows:
            score = FinalScore(int(row["FTHG"]), int(row["FTAG"]))
            line = Decimal(row["AHCh"])
            home = settle(EPL_SPREAD, Side.HOME, line, score)
            away = settle(EPL_SPREAD, Side.AWAY, mirror_line(MarketType.SPREAD, line), score)
            over = settle(EPL_TOTAL, Side.OVER, Decimal("2.5"), score)
            ours = (
                home.outcome,
                away.outcome,
                over.outcome,
                home.returned(Decimal(row["B365CAHH"])),
                away.returned(Decimal(row["B365CAHA"])),
            )
            theirs = (
                row["res_home"].upper(),
                row["res_away"].upper(),
                row["tot_res_over25"].upper(),
                Decimal(row["ret_home"]),
                Decimal(row["ret_away"]),
            )
            # The file rounds its returns to four places.
            if ours[:3] != theirs[:3] or any(
                abs(our - their) > Decimal("0.00005")
                for our, their in zip(ours[3:], theirs[3:], strict=True)
            ):
                disagreements.append((row, ours))

        assert len(rows) == 3479
        assert disagreements == []


class TestSpread:
    def test_home_minus_six_and_a_half_that_wins_by_three_loses(self):
        settled = settle(NFL_SPREAD, Side.HOME, Decimal("-6.5"), FinalScore(24, 21))

        assert settled == LOSS

    @pytest.mark.parametrize("side", [Side.HOME, Side.AWAY])
    def test_equals_the_oracle_on_every_side_line_and_margin(self, side):
        wrong = []
        for quarters in range(-40, 41):
            line = Decimal(quarters) / 4
            for margin in range(-15, 16):
                own = margin if side is Side.HOME else -margin
                settled = settle(EPL_SPREAD, side, line, score_of_margin(margin))
                if settled.outcome is not oracle(own + line):
                    wrong.append((line, margin, settled.outcome))

        assert wrong == []

    def test_a_pickem_is_settled_and_a_missing_line_is_not(self):
        score = FinalScore(20, 17)

        assert settle(NFL_SPREAD, Side.AWAY, Decimal(0), score) == LOSS
        with pytest.raises(NotSettled) as refusal:
            settle(NFL_SPREAD, Side.AWAY, None, score)
        assert refusal.value.problem is Problem.LINE_MISSING

    @given(line=quarter_lines, home=points, away=points)
    def test_sides_mirror_each_other(self, line, home, away):
        score = FinalScore(home, away)
        ours = settle(EPL_SPREAD, Side.HOME, line, score)
        theirs = settle(
            EPL_SPREAD, opposite(Side.HOME), mirror_line(MarketType.SPREAD, line), score
        )

        assert theirs.outcome is MIRRORED[ours.outcome]
        assert ours.profit(EVEN_MONEY) == -theirs.profit(EVEN_MONEY)


class TestTotal:
    @pytest.mark.parametrize("side", [Side.OVER, Side.UNDER])
    def test_equals_the_oracle_on_every_side_line_and_score(self, side):
        wrong = []
        for quarters in range(0, 33):
            line = Decimal(quarters) / 4
            for total in range(0, 11):
                ahead = total - line if side is Side.OVER else line - total
                settled = settle(EPL_TOTAL, side, line, FinalScore(total, 0))
                if settled.outcome is not oracle(ahead):
                    wrong.append((line, total, settled.outcome))

        assert wrong == []

    @given(line=quarter_lines, home=points, away=points)
    def test_sides_mirror_each_other(self, line, home, away):
        score = FinalScore(home, away)
        over = settle(EPL_TOTAL, Side.OVER, line, score)
        under = settle(EPL_TOTAL, Side.UNDER, line, score)

        assert under.outcome is MIRRORED[over.outcome]


class TestQuarterLines:
    @given(line=quarter_lines, home=points, away=points, price=prices)
    def test_pay_the_mean_of_their_neighbours(self, line, home, away, price):
        score = FinalScore(home, away)
        quarter = Decimal("0.25")
        if line * 4 % 2 == 0:
            line += quarter

        own = settle(EPL_SPREAD, Side.AWAY, line, score).returned(price)
        below = settle(EPL_SPREAD, Side.AWAY, line - quarter, score).returned(price)
        above = settle(EPL_SPREAD, Side.AWAY, line + quarter, score).returned(price)

        assert own == (below + above) / 2

    @given(halves=st.integers(-60, 60), home=points, away=points)
    def test_half_lines_never_push(self, halves, home, away):
        line = Decimal(2 * halves + 1) / 2

        outcome = settle(EPL_SPREAD, Side.HOME, line, FinalScore(home, away)).outcome

        assert outcome in {Outcome.WIN, Outcome.LOSS}

    def test_refuses_a_third_of_a_point(self):
        with pytest.raises(NotSettled) as refusal:
            settle(EPL_SPREAD, Side.HOME, Decimal("0.3"), FinalScore(1, 0))
        assert refusal.value.problem is Problem.LINE_NOT_QUARTERS


class TestMoneyline:
    @pytest.mark.parametrize(
        ("side", "score", "settled"),
        [
            (Side.HOME, FinalScore(20, 17), WIN),
            (Side.AWAY, FinalScore(20, 17), LOSS),
            (Side.AWAY, FinalScore(17, 20), WIN),
            (Side.HOME, FinalScore(17, 17), PUSH),
            (Side.AWAY, FinalScore(17, 17), PUSH),
        ],
    )
    def test_pays_the_higher_score_and_returns_a_tie(self, side, score, settled):
        assert settle(NFL_WINNER, side, None, score) == settled

    @pytest.mark.parametrize(
        ("score", "winner"),
        [
            (FinalScore(2, 1), Side.HOME),
            (FinalScore(0, 1), Side.AWAY),
            (FinalScore(0, 0), Side.DRAW),
            (FinalScore(2, 2), Side.DRAW),
        ],
    )
    def test_three_way_has_exactly_one_winner(self, score, winner):
        settled = {
            side: settle(EPL_WINNER, side, None, score)
            for side in (Side.HOME, Side.AWAY, Side.DRAW)
        }

        assert settled == {side: WIN if side is winner else LOSS for side in settled}

    @given(home=points, away=points)
    def test_opposite_picks_never_both_win(self, home, away):
        if home == away == 0:
            home = 3
        outcomes = [
            settle(NFL_WINNER, side, None, FinalScore(home, away)).outcome
            for side in (Side.HOME, Side.AWAY)
        ]

        assert outcomes.count(Outcome.WIN) == (0 if home == away else 1)

    def test_refuses_a_line(self):
        with pytest.raises(NotSettled) as refusal:
            settle(NFL_WINNER, Side.HOME, Decimal(0), FinalScore(20, 17))
        assert refusal.value.problem is Problem.LINE_UNEXPECTED


class TestGuards:
    @pytest.mark.parametrize(
        ("ruleset", "score", "problem"),
        [
            (NFL_WINNER, FinalScore(None, 3), Problem.SCORES_MISSING),
            (NFL_WINNER, FinalScore(3, None), Problem.SCORES_MISSING),
            (NFL_WINNER, FinalScore(None, None), Problem.SCORES_MISSING),
            (NFL_WINNER, FinalScore(0, 0), Problem.SCORE_SUSPECT),
            (NFL_WINNER, FinalScore(-1, 7), Problem.SCORE_SUSPECT),
            (NBA_WINNER, FinalScore(101, 101), Problem.TIE_IMPOSSIBLE),
            (rules("NHL", MarketType.MONEYLINE), FinalScore(2, 2), Problem.TIE_IMPOSSIBLE),
        ],
    )
    def test_a_score_that_cannot_be_is_never_settled(self, ruleset, score, problem):
        with pytest.raises(NotSettled) as refusal:
            settle(ruleset, Side.HOME, None, score)
        assert refusal.value.problem is problem
        assert refusal.value.code == "UNGRADEABLE"

    def test_an_impossible_tie_settles_no_total_either(self):
        with pytest.raises(NotSettled):
            settle(rules("NBA", MarketType.TOTAL), Side.OVER, Decimal(200), FinalScore(99, 99))

    def test_a_goalless_draw_of_football_is_a_score(self):
        assert settle(EPL_TOTAL, Side.UNDER, Decimal("2.5"), FinalScore(0, 0)) == WIN

    @pytest.mark.parametrize("side", [Side.DRAW, Side.OVER, Side.UNDER])
    def test_a_side_of_another_market_is_refused(self, side):
        with pytest.raises(NotSettled) as refusal:
            settle(NFL_SPREAD, side, Decimal(-3), FinalScore(20, 17))
        assert refusal.value.problem is Problem.SIDE_NOT_IN_MARKET

    def test_a_market_that_nobody_settles_is_refused(self):
        prop = NFL_TOTAL.model_copy(update={"market_type": MarketType.PROP})

        with pytest.raises(NotSettled) as refusal:
            settle(prop, Side.OVER, Decimal(5), FinalScore(20, 17))
        assert refusal.value.problem is Problem.MARKET_NOT_GRADEABLE


class TestTheThreeNumbers:
    @pytest.mark.parametrize(
        ("outcome", "won", "void_factor"),
        [
            ("WIN", 1, "0"),
            ("HALF_WIN", 1, "0.5"),
            ("PUSH", 0, "1"),
            ("HALF_LOSS", 0, "0.5"),
            ("LOSS", 0, "0"),
            ("VOID", 0, "1"),
            ("UNGRADEABLE", 0, "1"),
        ],
    )
    def test_of_an_outcome_are_those_of_the_table(self, outcome, won, void_factor):
        expected = Settled(Outcome(outcome), won, Decimal(void_factor), Decimal(1))

        assert settled_as(Outcome(outcome)) == expected

    def test_of_a_dead_heat_are_a_win_of_a_part(self):
        assert dead_heat(tied=4, places=1) == Settled(Outcome.WIN, 1, Decimal(0), Decimal("0.25"))


class TestProfit:
    @pytest.mark.parametrize(
        ("settled", "profit"),
        [
            (WIN, Decimal("0.91")),
            (HALF_WIN, Decimal("0.455")),
            (PUSH, Decimal(0)),
            (VOID, Decimal(0)),
            (HALF_LOSS, Decimal("-0.5")),
            (LOSS, Decimal(-1)),
        ],
        ids=lambda value: getattr(value, "outcome", None),
    )
    def test_is_what_the_table_says(self, settled, profit):
        assert settled.profit(Decimal("1.91")) == profit

    def test_a_dead_heat_pays_its_share_of_the_places(self):
        settled = dead_heat(tied=3, places=2)

        assert settled.profit(Decimal(6)).quantize(Decimal("0.0001")) == Decimal("3.0000")

    @pytest.mark.parametrize(("tied", "places"), [(1, 1), (2, 2), (2, 0), (2, 3)])
    def test_refuses_a_dead_heat_that_is_none(self, tied, places):
        with pytest.raises(NotADeadHeat):
            dead_heat(tied=tied, places=places)


class TestParlay:
    @pytest.mark.parametrize(
        ("legs", "returned"),
        [
            ([(WIN, "2"), (WIN, "1.5")], "3"),
            ([(WIN, "2"), (PUSH, "1.5")], "2"),
            ([(WIN, "2"), (VOID, "1.5")], "2"),
            ([(WIN, "2"), (HALF_WIN, "1.5")], "2.5"),
            ([(WIN, "2"), (HALF_LOSS, "1.5")], "1"),
            ([(WIN, "2"), (WIN, "3"), (LOSS, "1.5")], "0"),
            ([(VOID, "2"), (VOID, "1.5")], "1"),
            ([(PUSH, "2"), (VOID, "1.5")], "1"),
        ],
    )
    def test_legs_multiply(self, legs, returned):
        assert parlay_return((leg, Decimal(price)) for leg, price in legs) == Decimal(returned)

    @given(price=prices, settled=st.sampled_from([WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS, VOID]))
    def test_one_leg_is_the_bet_itself(self, price, settled: Settled):
        assert parlay_return([(settled, price)]) == settled.returned(price)
