"""Any line, priced from one histogram: against an oracle that settles every cell by itself."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.rulebook.markets import MarketType, Side, mirror_line, opposite
from apps.rulebook.scoring import (
    Abv,
    Axis,
    AxisDistribution,
    DistributionUnreadable,
    LineNotPriceable,
    NotSampled,
    ScoreDistribution,
    TargetOutOfReach,
)

SPREAD, TOTAL = MarketType.SPREAD, MarketType.TOTAL
MONEYLINE, THREE_WAY = MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY
HOME, AWAY, DRAW, OVER, UNDER = Side.HOME, Side.AWAY, Side.DRAW, Side.OVER, Side.UNDER

histograms = st.builds(
    lambda seed, rows, columns, low_home, low_away, sims: ScoreDistribution(
        np.random.default_rng(seed)
        .multinomial(sims, np.random.default_rng(seed).dirichlet(np.full(rows * columns, 0.3)))
        .reshape(rows, columns),
        low_home=low_home,
        low_away=low_away,
        sims=sims,
    ),
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 12),
    columns=st.integers(2, 12),
    low_home=st.integers(0, 60),
    low_away=st.integers(0, 60),
    sims=st.integers(1, 5_000),
)
quarter_lines = st.integers(-60, 60).map(lambda quarters: Decimal(quarters) / 4)
lined_sides = st.sampled_from([(SPREAD, HOME), (SPREAD, AWAY), (TOTAL, OVER), (TOTAL, UNDER)])


def settled(beaten_by: float) -> tuple[float, float]:
    """(won, void_factor) of a bet that beat its line by so many points: the published table."""
    if beaten_by >= 0.5:
        return 1.0, 0.0
    if beaten_by == 0.25:
        return 1.0, 0.5
    if beaten_by == 0.0:
        return 0.0, 1.0
    return (0.0, 0.5) if beaten_by == -0.25 else (0.0, 0.0)


def oracle(distribution: ScoreDistribution, market: MarketType, side: Side, line: Decimal) -> Abv:
    a = b = 0.0
    for (i, j), count in np.ndenumerate(distribution.weights):
        home, away = distribution.low_home + i, distribution.low_away + j
        beaten_by = {
            (SPREAD, HOME): home - away + float(line),
            (SPREAD, AWAY): away - home + float(line),
            (TOTAL, OVER): home + away - float(line),
            (TOTAL, UNDER): float(line) - home - away,
        }[(market, side)]
        won, void_factor = settled(beaten_by)
        a += count * (1 - void_factor) * won
        b += count * (1 - void_factor) * (1 - won)
    games = distribution.weights.sum()
    return Abv(a / games, b / games, 1 - (a + b) / games)


def near(distribution: ScoreDistribution, market: MarketType, line: Decimal) -> Decimal:
    """Move a line to where the histogram is, so that examples are not all certain."""
    if market is SPREAD:
        return line
    return line + distribution.low_home + distribution.low_away + 10


class TestPrice:
    @given(histograms, lined_sides, quarter_lines)
    def test_equals_settling_every_cell(self, distribution, lined_side, line):
        market, side = lined_side
        line = near(distribution, market, line)

        price = distribution.price(market, side, line)

        expected = oracle(distribution, market, side, line)
        assert (price.a, price.b, price.v) == pytest.approx(
            (expected.a, expected.b, expected.v), abs=1e-12
        )

    @given(histograms, lined_sides, quarter_lines)
    def test_sums_to_one_and_mirrors_the_other_side(self, distribution, lined_side, line):
        market, side = lined_side
        line = near(distribution, market, line)

        price = distribution.price(market, side, line)
        mirrored = distribution.price(market, opposite(side), mirror_line(market, line))

        assert price.a + price.b + price.v == pytest.approx(1, abs=1e-9)
        assert min(price.a, price.b, price.v) >= 0
        assert (price.a, price.b, price.v) == (mirrored.b, mirrored.a, mirrored.v)

    @given(histograms, lined_sides)
    def test_never_falls_when_the_line_gets_better(self, distribution, lined_side):
        market, side = lined_side
        better = -1 if side is OVER else 1
        lines = [near(distribution, market, Decimal(n) / 4) for n in range(-80, 81)][::better]

        rows = distribution.price_lines(market, side, lines)

        assert (np.diff(rows[:, 0]) >= 0).all()
        assert (np.diff(rows[:, 1]) <= 0).all()

    @given(histograms, lined_sides, st.integers(-30, 30))
    def test_of_a_quarter_line_is_the_mean_of_its_neighbours(self, distribution, lined_side, n):
        market, side = lined_side
        quarter = near(distribution, market, Decimal(n) / 2 + Decimal("0.25"))
        neighbours = [quarter - Decimal("0.25"), quarter + Decimal("0.25")]

        rows = distribution.price_lines(market, side, [quarter, *neighbours])

        assert rows[0] == pytest.approx(rows[1:].mean(axis=0), abs=1e-12)

    @given(histograms, lined_sides, st.integers(-30, 30))
    def test_of_a_half_line_knows_no_push(self, distribution, lined_side, n):
        market, side = lined_side

        price = distribution.price(market, side, near(distribution, market, n + Decimal("0.5")))

        assert price.v == 0

    @given(histograms)
    def test_of_a_two_way_moneyline_is_the_spread_of_a_pickem(self, distribution):
        for side in (HOME, AWAY):
            assert distribution.price(MONEYLINE, side) == distribution.price(SPREAD, side, 0)

    @given(histograms)
    def test_of_three_ways_shares_the_games_out(self, distribution):
        prices = [distribution.price(THREE_WAY, side) for side in (HOME, AWAY, DRAW)]

        assert sum(price.a for price in prices) == pytest.approx(1, abs=1e-12)
        assert all(price.v == 0 and price.a + price.b == 1 for price in prices)
        assert prices[2].a == distribution.price(MONEYLINE, HOME).v

    @given(histograms, quarter_lines)
    def test_of_a_team_total_counts_that_team_alone(self, distribution, line):
        away_points = distribution.weights.sum(axis=0) / distribution.sims
        line = line + distribution.low_away

        price = distribution.price(MarketType.TEAM_TOTAL, OVER, line, team=AWAY)

        expected = sum(
            share * (1 - void) * won
            for points, share in enumerate(away_points, start=distribution.low_away)
            for won, void in [settled(points - float(line))]
        )
        assert price.a == pytest.approx(expected, abs=1e-12)

    def test_of_many_lines_is_the_price_of_each(self):
        distribution = ScoreDistribution(np.arange(1, 26).reshape(5, 5), sims=325)
        lines = [Decimal(n) / 4 for n in range(-20, 21)]

        rows = distribution.price_lines(SPREAD, AWAY, lines)

        singles = [distribution.price(SPREAD, AWAY, line) for line in lines]
        assert [tuple(row) for row in rows] == [(p.a, p.b, p.v) for p in singles]

    def test_knows_its_model_prob_and_its_ev(self):
        price = Abv(a=0.48, b=0.46, v=0.06)

        assert price.model_prob == pytest.approx(0.510638, abs=1e-6)
        assert price.ev(1.95) == pytest.approx(0.48 * 0.95 - 0.46)

    @pytest.mark.parametrize(
        ("market", "side", "line"),
        [
            (SPREAD, HOME, None),
            (SPREAD, HOME, Decimal("3.1")),
            (SPREAD, HOME, float("nan")),
            (SPREAD, HOME, float("inf")),
            (SPREAD, HOME, 1e9),
            (SPREAD, OVER, Decimal(3)),
            (TOTAL, HOME, Decimal(44)),
            (MONEYLINE, HOME, Decimal(0)),
            (MONEYLINE, DRAW, None),
            (MarketType.TEAM_TOTAL, OVER, Decimal(20)),
            (MarketType.PROP, OVER, Decimal(20)),
        ],
    )
    def test_refuses_what_is_not_a_bet_on_a_score(self, market, side, line):
        distribution = ScoreDistribution(np.ones((30, 30)))

        with pytest.raises(LineNotPriceable):
            distribution.price(market, side, line)

    def test_of_another_axis_is_refused(self):
        total = ScoreDistribution(np.ones((30, 30))).total

        with pytest.raises(LineNotPriceable):
            total.price(SPREAD, HOME, -3)


class TestAxes:
    @given(histograms)
    def test_hold_the_same_games_as_the_grid(self, distribution):
        counts = distribution.weights
        margins = {
            (distribution.low_home + i) - (distribution.low_away + j): 0
            for i in range(counts.shape[0])
            for j in range(counts.shape[1])
        }
        totals = dict.fromkeys(range(1, 200), 0)
        for (i, j), count in np.ndenumerate(counts):
            home, away = distribution.low_home + i, distribution.low_away + j
            margins[home - away] += count
            totals[home + away] = totals.get(home + away, 0) + count

        margin, total = distribution.margin, distribution.total

        assert dict(zip(margin.support, margin.pmf * distribution.sims, strict=True)) == (
            pytest.approx(margins)
        )
        assert all(
            share * distribution.sims == pytest.approx(totals[points])
            for points, share in zip(total.support, total.pmf, strict=True)
        )

    @given(histograms)
    def test_hold_a_ladder_of_every_half_point(self, distribution):
        for market, side in ((SPREAD, AWAY), (TOTAL, UNDER)):
            axis = distribution.axis(market)
            halves = 2 * (axis.low - 1) + np.arange(len(axis.ladder))

            below = distribution.price_lines(market, side, halves / 2)

            assert (axis.ladder[:, [1, 0, 2]] == below).all()
            assert (axis.ladder[-1] == [0, 1, 0]).all()

    def test_know_their_mean_and_deviation(self):
        axis = AxisDistribution(Axis.TOTAL, 10, [1, 2, 1])

        assert (axis.mean, axis.sd) == (11.0, pytest.approx(0.5**0.5))


class TestFairLine:
    @given(histograms, lined_sides, quarter_lines)
    def test_is_beaten_exactly_by_the_lines_worth_more_than_even(
        self, distribution, lined_side, line
    ):
        market, side = lined_side
        # Where only one result is possible every line but one is certain, and none is fair.
        assume(len(distribution.axis(market).support) > 1)
        line = near(distribution, market, line)
        fair = distribution.axis(market).fair_line(market, side)
        price = distribution.price(market, side, line)
        if price.a + price.b == 0 or abs(price.a - price.b) < 1e-6:
            return

        better = float(line) < fair if side is OVER else float(line) > fair

        assert better == (price.model_prob > 0.5)

    @given(histograms, lined_sides, st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5))
    def test_of_many_probabilities_is_the_line_of_each(self, distribution, lined_side, probs):
        market, side = lined_side
        axis = distribution.axis(market)

        lines = axis.fair_lines(market, side, np.array(probs))

        assert lines.tolist() == [axis.fair_line(market, side, prob) for prob in probs]
        likelier_first = np.argsort(probs)[::-1]
        worse = -1 if side is not OVER else 1
        assert (np.diff(worse * lines[likelier_first]) >= 0).all()

    @pytest.mark.parametrize("prob", [0.0, 1.0, float("nan")])
    def test_of_a_certainty_is_refused(self, prob):
        with pytest.raises(TargetOutOfReach):
            ScoreDistribution(np.ones((9, 9))).margin.fair_line(SPREAD, HOME, prob)

    def test_is_one_line_for_both_sides(self):
        margin = ScoreDistribution(np.outer(np.arange(1, 31), np.arange(31, 1, -1))).margin

        assert margin.fair_line(SPREAD, HOME) == -margin.fair_line(SPREAD, AWAY)

    def test_of_a_moneyline_is_refused(self):
        with pytest.raises(LineNotPriceable):
            ScoreDistribution(np.ones((9, 9))).margin.fair_line(MONEYLINE, HOME)


class TestStoredBytes:
    @given(histograms)
    def test_are_read_back_whole(self, distribution):
        again = ScoreDistribution.from_bytes(distribution.to_bytes())

        assert again.to_bytes() == distribution.to_bytes()
        assert again.digest() == distribution.digest()
        assert again.sims == distribution.sims
        assert (again.margin.mean, again.total.mean) == pytest.approx(
            (distribution.margin.mean, distribution.total.mean)
        )
        assert again.price(SPREAD, HOME, Decimal("-3")) == distribution.price(
            SPREAD, HOME, Decimal("-3")
        )

    def test_do_not_depend_on_empty_rows_around_the_games(self):
        counts = np.arange(1, 26).reshape(5, 5)
        wide = np.pad(counts, ((2, 9), (1, 7)))

        tight = ScoreDistribution(counts, low_home=5, low_away=5, sims=325)
        loose = ScoreDistribution(wide, low_home=3, low_away=4, sims=325)

        assert tight.to_bytes() == loose.to_bytes()

    def test_are_refused_when_a_byte_is_missing_or_the_format_is_another(self):
        stored = ScoreDistribution(np.arange(1, 26).reshape(5, 5), sims=325).to_bytes()

        for broken in (b"", stored[:-1], b"\x02" + stored[1:], stored[:9] + b"\x01" + stored[10:]):
            with pytest.raises(DistributionUnreadable):
                ScoreDistribution.from_bytes(broken)

    def test_of_an_exact_distribution_are_refused(self):
        with pytest.raises(NotSampled):
            ScoreDistribution(np.ones((5, 5))).to_bytes()
