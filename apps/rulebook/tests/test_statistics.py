import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.statistics import (
    NotASample,
    NothingToMeasure,
    brier,
    brier_multiclass,
    calibration_line,
    clustered_mean,
    ece,
    ece_test,
    expected_returns,
    expected_wins,
    ignorance,
    log_loss,
    log_loss_multiclass,
    picks_needed,
    reliability,
    rps,
    wilson,
    wins_distribution,
    wins_p_value,
)

SEED = 20251012

a_chance = st.floats(0.01, 0.99)
a_percentage = st.integers(1, 99).map(lambda percent: percent / 100)
a_sample = st.lists(st.tuples(a_chance, st.integers(0, 1)), min_size=1, max_size=60)


def columns(sample):
    return [p for p, _ in sample], [y for _, y in sample]


def perfect_model(n, seed, low=0.05, high=0.95):
    random = np.random.default_rng(seed)
    p = random.uniform(low, high, n)
    return p, (random.random(n) < p).astype(int)


class TestScores:
    def test_of_a_coin_are_those_of_a_coin(self):
        p, y = [0.5, 0.5], [0, 1]

        assert brier(p, y) == 0.25
        assert log_loss(p, y) == pytest.approx(math.log(2))

    @given(a_sample)
    def test_of_two_classes_agree_with_the_binary_ones(self, sample):
        p, y = columns(sample)
        rows = [[1 - chance, chance] for chance in p]

        assert brier_multiclass(rows, y) == pytest.approx(2 * brier(p, y))
        assert log_loss_multiclass(rows, y) == pytest.approx(log_loss(p, y))
        assert ignorance(rows, y) == pytest.approx(log_loss(p, y) / math.log(2))
        assert rps(rows, y) == pytest.approx(brier(p, y))

    @given(a_chance, a_chance)
    def test_are_best_on_average_for_the_truth(self, truth, told):
        def on_average(score, p):
            return truth * score([p], [1]) + (1 - truth) * score([p], [0])

        for score in (brier, log_loss):
            assert on_average(score, truth) <= on_average(score, told) + 1e-12

    def test_do_not_forgive_the_impossible_that_happened(self):
        assert log_loss([0.0], [1]) == math.inf
        assert log_loss([0.0], [0]) == 0
        assert ignorance([[1, 0]], [1]) == math.inf

    def test_by_rank_punish_the_distance(self):
        near, far = rps([[0.1, 0.8, 0.1]], [0]), rps([[0.1, 0.1, 0.8]], [0])

        assert near < far
        assert rps([[0, 0, 1]], [0]) == 1

    def test_take_what_a_database_returns(self):
        assert brier([Decimal("0.25"), Decimal("0.75")], [False, True]) == 0.0625


class TestASampleThatIsNone:
    @pytest.mark.parametrize(
        "score", [brier, log_loss, ece, reliability, calibration_line, lambda p, y: wilson(0, 0)]
    )
    def test_has_no_score(self, score):
        with pytest.raises(NothingToMeasure):
            score([], [])

    @pytest.mark.parametrize("score", [brier_multiclass, log_loss_multiclass, ignorance, rps])
    def test_has_no_score_over_classes(self, score):
        with pytest.raises(NothingToMeasure):
            score(np.empty((0, 3)), [])

    @pytest.mark.parametrize(
        ("p", "y"),
        [
            ([1.1], [1]),
            ([-0.1], [1]),
            ([math.nan], [1]),
            ([0.5], [0.5]),  # a tie is a push: not an outcome
            ([0.5], [2]),
            ([0.5, 0.5], [1]),
            ([[0.5]], [[1]]),
        ],
    )
    def test_is_refused_with_the_forecast_that_spoils_it(self, p, y):
        for score in (brier, log_loss, ece, reliability):
            with pytest.raises(NotASample):
                score(p, y)

    @pytest.mark.parametrize(
        ("p", "y"),
        [
            ([[0.5, 0.4]], [0]),
            ([[1.5, -0.5]], [0]),
            ([[math.nan, 1]], [0]),
            ([[0.5, 0.5]], [2]),
            ([[0.5, 0.5]], [-1]),
            ([[0.5, 0.5]], [0.5]),
            ([[0.5, 0.5]], [0, 1]),
            ([[1.0]], [0]),
        ],
    )
    def test_is_refused_over_classes_too(self, p, y):
        for score in (brier_multiclass, ignorance, rps):
            with pytest.raises(NotASample):
                score(p, y)


class TestReliability:
    def test_puts_each_forecast_in_its_bin(self):
        p, y = [0.0, 0.05, 0.1, 0.95, 1.0], [0, 1, 0, 1, 1]

        bars = reliability(p, y)

        assert [(bar.low, bar.high, bar.n) for bar in bars] == [
            (0, 0.1, 2),
            (0.1, 0.2, 1),
            (0.9, 1, 2),
        ]
        assert (bars[0].mean_p, bars[0].mean_y) == (0.025, 0.5)

    @given(a_sample, st.integers(1, 20))
    def test_adds_up_to_the_calibration_error(self, sample, bins):
        p, y = columns(sample)

        bars = reliability(p, y, bins=bins)

        assert sum(bar.n for bar in bars) == len(p)
        error = sum(bar.n * abs(bar.mean_p - bar.mean_y) for bar in bars) / len(p)
        assert ece(p, y, bins=bins) == pytest.approx(error)


class TestTheCalibrationErrorsTest:
    @pytest.mark.parametrize(("n", "shown"), [(100, 0.073), (1000, 0.024)])
    def test_knows_that_a_perfect_model_shows_an_error_too(self, n, shown):
        p, y = perfect_model(n, SEED, 0.3, 0.7)

        judged = ece_test(p, y, seed=SEED)

        assert judged.expected == pytest.approx(shown, abs=0.006)
        assert judged.p_value > 0.05

    def test_finds_the_overconfident(self):
        p, y = perfect_model(2000, SEED, 0.3, 0.7)

        judged = ece_test(0.5 + 2 * (p - 0.5), y, seed=SEED)

        assert judged.ece > 2 * judged.expected
        assert judged.p_value == pytest.approx(1 / 5001)

    def test_is_wrong_about_a_perfect_model_as_often_as_it_says(self):
        judged = [
            ece_test(*perfect_model(200, seed), seed=seed, draws=200).p_value for seed in range(300)
        ]

        # Three standard deviations of the share around one in ten.
        assert abs(np.mean(np.array(judged) <= 0.1) - 0.1) < 3 * math.sqrt(0.09 / 300)

    def test_comes_out_the_same_again_and_in_any_order_of_memory(self, monkeypatch):
        p, y = perfect_model(500, SEED)
        once = ece_test(p, y, seed=SEED, draws=300)

        monkeypatch.setattr("apps.rulebook.statistics.calibration.CHUNK", 7 * 500)

        assert ece_test(p, y, seed=SEED, draws=300) == once
        assert ece_test(p, y, seed=SEED + 1, draws=300) != once

    def test_of_certain_and_right_forecasts_finds_nothing(self):
        judged = ece_test([0, 1, 1], [0, 1, 1], seed=SEED, draws=50)

        assert (judged.ece, judged.expected, judged.p_value) == (0, 0, 1)


class TestTheCalibrationLine:
    @pytest.mark.parametrize("truth", [0.6, 1.0, 1.4])
    def test_finds_how_far_forecasts_are_stretched(self, truth):
        random = np.random.default_rng(SEED)
        logits = random.normal(0.2, 1, 20_000)
        happened = random.random(20_000) < 1 / (1 + np.exp(-(0.1 + truth * logits)))

        line = calibration_line(1 / (1 + np.exp(-logits)), happened)

        assert abs(line.slope - truth) < 3 * line.slope_error
        assert abs(line.intercept - 0.1) < 3 * line.intercept_error
        assert line.slope_error == pytest.approx(0.017, abs=0.01)

    @given(st.lists(st.tuples(a_percentage, st.integers(0, 1)), min_size=4, max_size=40))
    def test_leaves_no_direction_to_improve_in_or_refuses(self, sample):
        p, y = (np.array(column) for column in columns(sample))

        try:
            line = calibration_line(p, y)
        except NotASample:
            yes, no = p[y == 1], p[y == 0]
            one_sided = not len(yes) or not len(no)
            assert one_sided or np.ptp(p) == 0 or yes.min() >= no.max() or yes.max() <= no.min()
            return

        logits = np.log(p / (1 - p))
        left = y - 1 / (1 + np.exp(-(line.intercept + line.slope * logits)))
        assert left.sum() == pytest.approx(0, abs=1e-6)
        assert (left * logits).sum() == pytest.approx(0, abs=1e-6)

    @pytest.mark.parametrize(
        ("p", "y"),
        [
            ([0.0, 0.5, 0.6], [0, 1, 0]),
            ([0.5, 0.5, 0.5], [0, 1, 1]),
            ([0.2, 0.3, 0.8], [0, 0, 1]),
            ([0.2, 0.3, 0.8], [1, 1, 0]),
            ([0.2, 0.3, 0.8], [1, 1, 1]),
            ([0.5, 0.99, 0.9899999999999999, 0.5], [0, 0, 1, 0]),
        ],
    )
    def test_refuses_where_no_line_fits_best(self, p, y):
        with pytest.raises(NotASample):
            calibration_line(p, y)


class TestWilson:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        [
            # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_gives_the_published_intervals(self, successes, n, low, high):
        interval = wilson(successes, n)

        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
        assert interval.value == successes / n

    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_holds_the_share_and_mirrors_it(self, share):
        successes, n = share

        seen, mirrored = wilson(successes, n), wilson(n - successes, n)

        assert 0 <= seen.low <= seen.value <= seen.high <= 1
        assert seen.low < seen.high
        assert (seen.low, seen.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))

    def test_is_wider_the_surer_it_must_be(self):
        assert wilson(5, 9, confidence=0.99).low < wilson(5, 9, confidence=0.9).low

    @pytest.mark.parametrize(
        ("successes", "n", "confidence"), [(5, 4, 0.9), (-1, 4, 0.9), (1, 4, 1)]
    )
    def test_refuses_what_is_no_share(self, successes, n, confidence):
        with pytest.raises(NotASample):
            wilson(successes, n, confidence=confidence)


class TestTheClusteredMean:
    def test_of_single_picks_is_students_interval(self):
        values = [0.1, -0.2, 0.3, 0.05, 0.0]

        interval = clustered_mean(values, ["a", "b", "c", "d", "e"])

        error = np.std(values, ddof=1) / math.sqrt(5)
        assert interval.value == pytest.approx(0.05)
        assert interval.high - interval.value == pytest.approx(2.776445 * error)
        assert (interval.n, interval.clusters) == (5, 5)

    @given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.integers(2, 4))
    def test_learns_nothing_from_the_same_event_again(self, values, times):
        events = list(range(len(values)))

        once = clustered_mean(values, events)
        again = clustered_mean(values * times, events * times)

        assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=1e-9)
        assert (again.n, again.clusters) == (times * once.n, once.clusters)

    def test_covers_the_truth_as_often_as_it_says_although_picks_move_together(self):
        random = np.random.default_rng(SEED)
        events = np.repeat(np.arange(40), 3)

        def covers():
            shared = random.normal(0, 1, 40)[events] + random.normal(0, 0.3, 120)
            interval = clustered_mean(shared, events.tolist())
            return interval.low <= 0 <= interval.high

        share = np.mean([covers() for _ in range(600)])
        assert abs(share - 0.95) < 0.03

    @pytest.mark.parametrize(
        ("values", "events"),
        [([0.1, math.nan], [1, 2]), ([0.1, 0.2], [1, 1]), ([0.1], [1, 2])],
    )
    def test_refuses_what_says_nothing(self, values, events):
        with pytest.raises(NotASample):
            clustered_mean(values, events)

    def test_of_nothing_has_no_value(self):
        with pytest.raises(NothingToMeasure):
            clustered_mean([], [])


class TestWinsAgainstChance:
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
    def test_are_distributed_as_every_way_to_win_adds_up(self, chances):
        expected = np.zeros(len(chances) + 1)
        for ways in range(2 ** len(chances)):
            won = [bool(ways >> i & 1) for i in range(len(chances))]
            expected[sum(won)] += math.prod(
                p if win else 1 - p for p, win in zip(chances, won, strict=True)
            )

        distribution = wins_distribution(chances)

        assert distribution == pytest.approx(expected, abs=1e-12)
        promised = expected_wins(chances)
        count = np.arange(len(expected))
        assert promised.mean == pytest.approx((count * distribution).sum())
        assert promised.variance == pytest.approx(
            ((count - promised.mean) ** 2 * distribution).sum(), abs=1e-9
        )

    def test_of_equal_coins_are_binomial(self):
        assert wins_distribution([0.5] * 4) == pytest.approx([1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16])

    def test_add_up_to_one_for_a_long_season(self):
        chances, _ = perfect_model(5000, SEED)

        assert wins_distribution(chances).sum() == pytest.approx(1, abs=1e-12)

    def test_are_judged_on_both_sides(self):
        assert wins_p_value(0, [0.5] * 4) == pytest.approx(2 / 16)
        assert wins_p_value(4, [0.5] * 4) == pytest.approx(2 / 16)
        assert wins_p_value(2, [0.5] * 4) == 1

    @pytest.mark.parametrize("wins", [-1, 3])
    def test_cannot_be_more_than_the_picks(self, wins):
        with pytest.raises(NotASample):
            wins_p_value(wins, [0.5, 0.5])


class TestReturnsAgainstChance:
    @given(st.lists(st.tuples(a_chance, st.floats(1.01, 20)), min_size=1, max_size=8))
    def test_have_the_moments_of_every_way_to_win(self, picks):
        chances, prices = [p for p, _ in picks], [d for _, d in picks]
        mean = square = 0.0
        for ways in range(2 ** len(picks)):
            won = [bool(ways >> i & 1) for i in range(len(picks))]
            weight = math.prod(p if win else 1 - p for p, win in zip(chances, won, strict=True))
            profit = sum(d - 1 if win else -1 for d, win in zip(prices, won, strict=True))
            mean += weight * profit
            square += weight * profit**2

        promised = expected_returns(chances, prices)

        assert promised.mean == pytest.approx(mean, abs=1e-9)
        assert promised.variance == pytest.approx(square - mean**2, abs=1e-8)

    def test_are_counted_in_standard_deviations(self):
        promised = expected_returns([0.5] * 100, [2.0] * 100)

        assert (promised.mean, promised.variance, promised.n) == (0, 100, 100)
        assert promised.deviations(-15) == -1.5

    def test_that_cannot_vary_cannot_deviate(self):
        with pytest.raises(NotASample):
            expected_returns([1.0], [2.0]).deviations(1)

    @pytest.mark.parametrize("prices", [[1.0], [2.0, 2.0], [math.nan]])
    def test_need_a_price_for_each_pick(self, prices):
        with pytest.raises(NotASample):
            expected_returns([0.5], prices)

    def test_of_no_pick_promise_nothing(self):
        with pytest.raises(NothingToMeasure):
            expected_returns([], [])


class TestPicksNeeded:
    @pytest.mark.parametrize(
        ("win_rate", "picks"), [(0.53, 40_227), (0.54, 5_875), (0.55, 2_243), (0.60, 262)]
    )
    def test_at_the_usual_price_are_the_known_numbers(self, win_rate, picks):
        # They were computed with normal quantiles of four digits, and rounded.
        assert picks_needed(win_rate, 1 + 100 / 110) == pytest.approx(picks, rel=1e-4, abs=1)

    def test_cannot_show_what_is_not_there(self):
        with pytest.raises(NotASample):
            picks_needed(0.52, 1 + 100 / 110)
