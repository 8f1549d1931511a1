from datetime import timedelta

import pytest
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_tenants.utils import get_tenant_model

from apps.core.db import execute
from apps.core.ids import uuid7
from apps.governance import jobs
from apps.governance.jobs.lateness import WATCH, lateness, longest_pause, watch_jobs
from apps.governance.models import FeatureFlag, OpsAlert
from apps.governance.tests.factories import KICKOFF_EVE

AT = KICKOFF_EVE
JOB = "simulations.simulate"


def scheduled(job: str, every: int, *, enabled: bool = True) -> None:
    interval, _ = IntervalSchedule.objects.get_or_create(
        every=every, period=IntervalSchedule.SECONDS
    )
    PeriodicTask.objects.create(name=job, task=job, interval=interval, enabled=enabled)


def ran(job: str, minutes_ago: float, outcome: str = "DONE", schema: str = "public") -> None:
    execute(
        "INSERT INTO job_run (id, job, slot, tenant_schema, outcome, attempt, at, started_at,"
        " finished_at, counts, error, actor) SELECT %s, %s, %s, %s, %s, 1, now(), ended,"
        " ended, '{}', '', 'JOB:test'"
        " FROM (SELECT clock_timestamp() - make_interval(secs => %s) AS ended)",
        [uuid7(), job, str(uuid7()), schema, outcome, minutes_ago * 60],
    )


def watched_for(minutes: int) -> None:
    for ago in range(minutes + 1):
        ran(WATCH, ago)


def late() -> dict[str, tuple[bool, bool]]:
    return {one.job: (one.is_late, one.blinds) for one in lateness()}


@pytest.fixture(autouse=True)
def no_schedule(db):
    PeriodicTask.objects.all().delete()


class TestLateness:
    @pytest.mark.parametrize(
        ("minutes_ago", "found"),
        [(3, (False, False)), (5, (True, False)), (15, (True, False)), (17, (True, True))],
    )
    def test_grows_with_the_time_since_a_job_was_done(self, minutes_ago, found):
        scheduled(JOB, 60)
        watched_for(60)
        ran(JOB, minutes_ago)

        assert late() == {JOB: found}

    def test_goes_by_the_rhythm_that_an_operator_set(self):
        scheduled(JOB, 600)
        watched_for(60)
        ran(JOB, 17)

        assert late() == {JOB: (False, False)}

    @pytest.mark.parametrize(
        ("minutes_ago", "found"), [(185, (True, False)), (175, (False, False))]
    )
    def test_goes_by_the_times_of_day_that_an_operator_set(self, minutes_ago, found):
        hourly = CrontabSchedule.objects.create(minute="30", hour="*")
        PeriodicTask.objects.create(name=JOB, task=JOB, crontab=hourly)
        watched_for(190)
        ran(JOB, minutes_ago)

        assert late() == {JOB: found}

    @pytest.mark.parametrize(
        ("times", "pause"),
        [
            ({"minute": "*/10"}, timedelta(minutes=10)),
            ({"minute": "*/10", "hour": "8-18"}, timedelta(hours=13, minutes=10)),
            ({"minute": "0", "hour": "3"}, timedelta(days=1)),
            ({"minute": "0", "hour": "3", "day_of_week": "1-5"}, timedelta(days=3)),
            ({"minute": "0", "hour": "3", "day_of_month": "1"}, timedelta(days=31)),
        ],
    )
    def test_knows_the_longest_pause_of_times_of_day(self, times, pause):
        assert longest_pause(**times) == pause

    def test_of_times_that_never_come_is_told_beside_the_others(self):
        never = CrontabSchedule.objects.create(
            minute="0", hour="3", day_of_month="31", month_of_year="2"
        )
        PeriodicTask.objects.create(name=JOB, task=JOB, crontab=never)
        scheduled("snapshots.fetch", 60)
        watched_for(60)
        ran(JOB, 2)
        ran("snapshots.fetch", 1)

        assert late() == {JOB: (True, False), "snapshots.fetch": (False, False)}
        [told] = [str(one) for one in lateness() if one.is_late]
        assert "times that never come" in told

    def test_of_a_job_that_walks_the_tenants_is_told_by_their_receipts(self):
        scheduled("picks.propose", 60)
        watched_for(60)
        ran("picks.propose", 12, schema="acme")
        ran("picks.propose", 2, schema="rival")

        assert late() == {"picks.propose": (False, False)}

    def test_of_a_walk_without_a_tenant_is_none(self):
        get_tenant_model().objects.exclude(schema_name="public").update(status="SUSPENDED")
        scheduled("picks.propose", 60)
        scheduled(JOB, 60)
        watched_for(60)

        assert late() == {JOB: (True, True)}

    def test_of_a_job_that_fails_at_every_turn_is_the_same(self):
        scheduled(JOB, 60)
        watched_for(60)
        ran(JOB, 20)
        for ago in range(19):
            ran(JOB, ago, "FAILED")

        assert late() == {JOB: (True, True)}

    def test_of_a_job_that_never_ran_counts_from_when_the_watch_began(self):
        scheduled(JOB, 60)
        watched_for(10)

        assert late() == {JOB: (True, False)}

    def test_is_no_jobs_fault_while_nobody_watched(self):
        scheduled(JOB, 60)
        ran(JOB, 8 * 60)
        for ago in range(8 * 60, 9 * 60):
            ran(WATCH, ago)  # the day before; then the laptop slept
        watched_for(2)

        assert late() == {JOB: (False, False)}

    def test_is_nobodys_when_the_watch_looks_for_the_first_time(self):
        scheduled(JOB, 60)

        assert late() == {JOB: (False, False)}

    def test_is_not_asked_of_what_an_operator_switched_off(self):
        scheduled(JOB, 60, enabled=False)
        watched_for(60)

        assert late() == {}

    def test_of_what_publishing_does_not_rest_on_never_blinds(self):
        scheduled("tenants.provision", 60)
        watched_for(60)
        ran("tenants.provision", 59)

        assert late() == {"tenants.provision": (True, False)}


class TestWatching:
    def watch(self, ops, at=AT):
        return watch_jobs(by=ops, at=at)

    def test_opens_an_alert_that_stops_nothing_yet(self, ops):
        scheduled(JOB, 60)
        watched_for(60)
        ran(JOB, 5)

        watched = self.watch(ops)

        alert = OpsAlert.across_tenants.get()
        assert (watched.jobs, watched.late) == (1, 1)
        assert (alert.kind, alert.key, alert.severity) == ("JOB_MISSED", JOB, "WARN")
        assert "runs every 60 s" in alert.detail

    def test_turns_publishing_off_when_it_is_blind(self, ops, django_capture_on_commit_callbacks):
        scheduled(JOB, 60)
        watched_for(60)
        ran(JOB, 20)

        with django_capture_on_commit_callbacks(execute=True):
            self.watch(ops)

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")
        assert not flag.enabled
        assert flag.cause == f"alert:{OpsAlert.across_tenants.get().pk}"

    def test_is_over_when_the_job_runs_again(self, ops):
        scheduled(JOB, 60)
        watched_for(60)
        ran(JOB, 5)
        self.watch(ops)

        ran(JOB, 0)
        watched = self.watch(ops, AT + timedelta(minutes=1))

        assert (watched.late, watched.recovered) == (0, 1)
        assert OpsAlert.across_tenants.get().is_over

    def test_is_a_job_with_a_receipt_itself(self, ops):
        scheduled(WATCH, 60)
        jobs.run_once(WATCH, "slot", watch_jobs, by=ops, at=AT)

        assert late() == {WATCH: (False, False)}
