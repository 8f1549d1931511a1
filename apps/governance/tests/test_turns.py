from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.governance import jobs

NOON = datetime(2026, 9, 5, 12, 0, tzinfo=UTC)
JOB = "simulations.simulate"


@pytest.fixture
def timed(db):
    def to(every: int) -> None:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=every, period=IntervalSchedule.SECONDS
        )
        PeriodicTask.objects.update_or_create(
            name=JOB, defaults={"task": JOB, "interval": interval}
        )

    return to


@pytest.mark.django_db
class TestTurnOf:
    def test_lasts_half_of_the_installed_rhythm(self):
        half = settings.BEAT_DEFAULTS[JOB]["every"] // 2

        assert jobs.turn_of(JOB, NOON) == jobs.slot_of(NOON, half)

    def test_follows_an_operator_who_retimes_the_job(self, timed):
        timed(10)

        turns = {jobs.turn_of(JOB, NOON + timedelta(seconds=second)) for second in range(60)}

        assert len(turns) == 12

    def test_gives_every_beat_of_a_shaky_clock_a_turn_of_its_own(self, timed):
        timed(20)
        beats = [
            NOON + timedelta(seconds=20 * n, milliseconds=shake)
            for n, shake in enumerate((0, 900, -900, 0, 400, -400))
        ]

        assert len({jobs.turn_of(JOB, beat) for beat in beats}) == len(beats)

    def test_is_the_same_for_two_beats_of_one_clock(self, timed):
        timed(20)

        assert jobs.turn_of(JOB, NOON) == jobs.turn_of(JOB, NOON + timedelta(seconds=1))
