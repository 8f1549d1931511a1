"""Scores are made of scoring plays, and the market's curve knows how they fall."""

from collections import Counter
from statistics import linear_regression, mean, pstdev

import pytest

from sandbox.world.chance import Stream
from sandbox.world.curve import margin_curve, total_curve
from sandbox.world.football import AWAY, HOME, REGULATION, play

PLAYED = 8_000


@pytest.fixture(scope="module")
def games():
    """Games of even and uneven sides: expected margin and total, final margin and total."""
    found = []
    for number in range(PLAYED):
        chance = Stream("games for tests", number)
        margin, total = chance.normal(6.0), 45.0 + chance.normal(4.0)
        home, away = play(((total + margin) / 2, (total - margin) / 2), chance).final
        found.append((margin, total, home - away, home + away))
    return found


@pytest.mark.slow
class TestFootball:
    def test_scores_what_was_expected_of_both_sides(self, games):
        margins = linear_regression([g[0] for g in games], [g[2] for g in games])
        totals = linear_regression([g[1] for g in games], [g[3] for g in games])

        assert margins.slope == pytest.approx(1.0, abs=0.07)
        assert margins.intercept == pytest.approx(0.0, abs=0.5)
        assert totals.slope == pytest.approx(1.0, abs=0.12)
        assert mean(g[3] - g[1] for g in games) == pytest.approx(0.0, abs=0.5)

    def test_spreads_as_wide_as_football_does(self, games):
        assert pstdev(g[2] - g[0] for g in games) == pytest.approx(13.1, abs=0.4)
        assert pstdev(g[3] - g[1] for g in games) == pytest.approx(14.1, abs=0.5)

    def test_ends_by_three_and_seven_as_often_as_football_does(self, games):
        share = Counter(abs(game[2]) for game in games)

        assert share[3] / PLAYED == pytest.approx(0.125, abs=0.02)
        assert share[7] / PLAYED == pytest.approx(0.095, abs=0.02)
        assert share[0] / PLAYED < 0.004

    def test_falls_as_the_curve_of_the_market_says(self, games):
        """Both are asked about the same lines; the difference is what chance allows."""
        for line in (-10.0, -6.5, -3.0, 0.0, 2.5, 3.0, 7.0, 9.5):
            expected = [margin_curve(margin, total).above(line) for margin, total, _, _ in games]
            won = sum(margin > line for _, _, margin, _ in games)
            pushed = sum(margin == line for _, _, margin, _ in games)
            assert won / PLAYED == pytest.approx(mean(e.win for e in expected), abs=0.02)
            assert pushed / PLAYED == pytest.approx(mean(e.push for e in expected), abs=0.013)
        for line in (37.0, 40.5, 44.0, 47.5, 51.0):
            expected = [total_curve(total).above(line) for _, total, _, _ in games]
            over = sum(total > line for _, _, _, total in games)
            assert over / PLAYED == pytest.approx(mean(e.win for e in expected), abs=0.02)


class TestOneGame:
    def test_comes_out_the_same_again(self):
        assert play((24.0, 20.0), Stream("x")) == play((24.0, 20.0), Stream("x"))

    def test_adds_up_from_its_plays(self):
        for number in range(200):
            played = play((26.0, 19.0), Stream("sum", number))
            sides = [
                sum(s.points for s in played.scores if s.side == side) for side in (HOME, AWAY)
            ]
            assert tuple(sides) == played.final
            assert {s.points for s in played.scores} <= {2, 3, 6, 7, 8}
            assert [s.clock for s in played.scores] == sorted(s.clock for s in played.scores)

    def test_goes_into_overtime_only_when_level(self):
        for number in range(400):
            played = play((22.0, 22.0), Stream("overtime", number))
            home, away = played.at(REGULATION)
            assert (played.length > REGULATION) == (home == away)


class TestCurve:
    @pytest.mark.parametrize("margin", [-14.0, -3.0, 0.0, 0.4, 6.5])
    def test_is_centred_on_what_is_expected(self, margin):
        assert margin_curve(margin, 45).mean == pytest.approx(margin, abs=0.02)
        assert total_curve(45 + margin).mean == pytest.approx(45 + margin, abs=0.04)

    def test_has_chances_that_sum_to_one(self):
        for line in (-7.0, -3.5, 0.0, 3.0, 10.5):
            assert sum(margin_curve(2.0, 44).above(line)) == pytest.approx(1.0)

    def test_returns_stakes_on_whole_lines_only(self):
        assert margin_curve(3.0, 45).above(3.0).push > 0.06
        assert margin_curve(3.0, 45).above(3.5).push == 0.0
