from datetime import timedelta

import pytest

from apps.snapshots.planning import (
    MONTH,
    calls_per_day,
    credits_per_month,
    forecast,
    month_after,
    month_of,
)
from apps.snapshots.rhythm import EARLY, RhythmUnfit, rhythm_of
from apps.snapshots.tests.factories import KICKOFF, MINUTE, SATURDAY

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STEPS = [{"within_s": 21_600, "every_s": 60}, {"within_s": 86_400, "every_s": 300}]
ADAPTIVE = rhythm_of(3600, STEPS, after=False)
EVERY_DAY_AT_NOON = [SATURDAY + n * DAY for n in range(-28, 3)]


class TestTurns:
    @pytest.mark.parametrize(
        ("ahead", "pause"),
        [(2 * DAY, HOUR), (DAY + MINUTE, HOUR), (DAY, 5 * MINUTE), (6 * HOUR, MINUTE)],
    )
    def test_come_more_often_nearer_to_a_game(self, ahead, pause):
        assert ADAPTIVE.every(KICKOFF - ahead, [KICKOFF]) == pause

    def test_are_the_own_rhythms_once_it_has_begun(self):
        assert ADAPTIVE.every(KICKOFF, [KICKOFF]) == HOUR

    def test_go_by_the_nearest_of_many_games(self):
        games = [KICKOFF + n * DAY for n in range(-1, 5)]

        assert ADAPTIVE.every(KICKOFF - HOUR, games) == MINUTE

    def test_do_not_oversleep_the_opening_of_a_window(self):
        opens = KICKOFF - DAY

        assert ADAPTIVE.next_turn(opens - 10 * MINUTE, [KICKOFF]) == opens
        assert ADAPTIVE.next_turn(opens, [KICKOFF]) == opens + 5 * MINUTE - EARLY

    def test_reach_every_sixty_seconds_though_a_beat_comes_a_moment_early(self):
        turn = ADAPTIVE.next_turn(KICKOFF - HOUR, [KICKOFF])
        early_beat = KICKOFF - HOUR + MINUTE - timedelta(milliseconds=200)

        assert turn <= early_beat

    def test_of_scores_are_quick_after_the_start(self):
        scores = rhythm_of(1800, [{"within_s": 21_600, "every_s": 60}], after=True)

        assert scores.every(KICKOFF - MINUTE, [KICKOFF]) == 30 * MINUTE
        assert scores.every(KICKOFF + HOUR, [KICKOFF]) == MINUTE
        assert scores.every(KICKOFF + 7 * HOUR, [KICKOFF]) == 30 * MINUTE
        assert scores.next_turn(KICKOFF - MINUTE, [KICKOFF]) == KICKOFF

    def test_without_steps_are_regular(self):
        assert rhythm_of(60, [], after=False).every(SATURDAY, [KICKOFF]) == MINUTE

    def test_may_be_written_in_any_order(self):
        assert rhythm_of(3600, STEPS[::-1], after=False) == ADAPTIVE


class TestUnfit:
    @pytest.mark.parametrize(
        "steps",
        [
            [{"within_s": 3600, "every_s": 3600}],  # no quicker than around
            [{"within_s": 3600, "every_s": 300}, {"within_s": 7200, "every_s": 60}],
            [{"within_s": 3600, "every_s": 60}, {"within_s": 3600, "every_s": 90}],
            [{"within_s": 0, "every_s": 60}],
            [{"within_s": 3600, "every_s": 0}],
            [{"within_s": 3600}],
            [{"within_s": 3600, "every_s": 60, "else": 1}],
            ["soon"],
            {"within_s": 3600},
        ],
    )
    def test_steps_are_refused_with_a_sentence(self, steps):
        with pytest.raises(RhythmUnfit) as refused:
            rhythm_of(3600, steps, after=False)

        assert refused.value.code == "RHYTHM_UNFIT"
        assert refused.value.sentence

    def test_a_rhythm_without_a_pause_is_refused(self):
        with pytest.raises(RhythmUnfit):
            rhythm_of(0, [], after=False)


class TestCost:
    """Check values: docs/domain.md section 2."""

    def test_of_a_league_every_minute_is_129_600_credits_in_thirty_days(self):
        assert credits_per_month(rhythm_of(60, [], after=False), 3, [], SATURDAY) == 129_600

    def test_of_five_adaptive_leagues_is_about_259_000(self):
        near = rhythm_of(300, [{"within_s": 21_600, "every_s": 60}], after=False)

        assert 5 * credits_per_month(near, 3, [], SATURDAY) == 259_200
        assert 5 * credits_per_month(near, 3, EVERY_DAY_AT_NOON, SATURDAY) == pytest.approx(
            259_200, rel=0.01
        )

    def test_follows_the_games_that_are_known(self):
        near = rhythm_of(3600, [{"within_s": 21_600, "every_s": 60}], after=False)
        weekly = [SATURDAY + n * 7 * DAY for n in range(-4, 2)]

        assert calls_per_day(near, weekly, SATURDAY) == pytest.approx(
            (6 * 60 + (7 * 24 - 6)) / 7, rel=0.02
        )

    def test_counts_games_at_the_same_time_once(self):
        near = rhythm_of(3600, [{"within_s": 21_600, "every_s": 60}], after=False)
        together = [game for game in EVERY_DAY_AT_NOON for _ in range(16)]

        assert calls_per_day(near, together, SATURDAY) == calls_per_day(
            near, EVERY_DAY_AT_NOON, SATURDAY
        )

    def test_is_what_the_turns_add_up_to(self):
        moment, calls = SATURDAY - 7 * DAY, 0
        while moment < SATURDAY:
            moment, calls = ADAPTIVE.next_turn(moment, EVERY_DAY_AT_NOON), calls + 1

        assert calls / 7 == pytest.approx(
            calls_per_day(ADAPTIVE, EVERY_DAY_AT_NOON, SATURDAY), rel=0.03
        )


class TestForecast:
    def test_names_the_day_on_which_nothing_is_left(self):
        told = forecast(
            planned_per_day=1000, observed_per_day=0, spent=12_000, left=8000, at=SATURDAY
        )

        assert told.resets_at == month_after(SATURDAY)
        assert told.runs_out_at == SATURDAY + 8 * DAY
        assert told.at_reset < 0

    def test_names_none_where_it_lasts(self):
        told = forecast(planned_per_day=100, observed_per_day=0, spent=0, left=8000, at=SATURDAY)

        assert told.runs_out_at is None
        assert told.at_reset == 8000 - round(100 * ((month_after(SATURDAY) - SATURDAY) / DAY))

    def test_believes_what_others_spend_with_the_same_key(self):
        told = forecast(planned_per_day=100, observed_per_day=4000, spent=0, left=8000, at=SATURDAY)

        assert told.runs_out_at == SATURDAY + 2 * DAY

    def test_says_nothing_of_credits_that_nobody_counts(self):
        told = forecast(planned_per_day=1, observed_per_day=0, spent=None, left=None, at=SATURDAY)

        assert (told.at_reset, told.runs_out_at) == (None, None)

    def test_months_begin_in_utc(self):
        assert month_of(SATURDAY).isoformat() == "2025-10-01T00:00:00+00:00"
        assert month_after(SATURDAY).isoformat() == "2025-11-01T00:00:00+00:00"
        assert MONTH == 30 * DAY
