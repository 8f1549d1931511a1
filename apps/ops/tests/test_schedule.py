import pytest
from celery import current_app
from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.governance.models import JobRun
from apps.ops.schedule import install_schedule


@pytest.mark.django_db
class TestInstallSchedule:
    def test_installs_every_stage_once(self):
        first, second = install_schedule(), install_schedule()

        assert (first, second) == (len(settings.BEAT_DEFAULTS), 0)
        assert set(PeriodicTask.objects.values_list("task", flat=True)) == set(
            settings.BEAT_DEFAULTS
        )

    @pytest.mark.parametrize(
        ("task", "seconds"),
        [
            ("snapshots.fetch", 60),
            ("snapshots.read", 60),
            ("picks.watch", 120),
            ("picks.publish", 300),
        ],
    )
    def test_keeps_the_rhythm_of_the_plan(self, task, seconds):
        install_schedule()

        rhythm = PeriodicTask.objects.get(task=task).interval
        assert (rhythm.every, rhythm.period) == (seconds, IntervalSchedule.SECONDS)

    def test_leaves_alone_what_an_operator_retimed(self):
        install_schedule()
        slow, _ = IntervalSchedule.objects.get_or_create(every=900, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.filter(task="picks.watch").update(interval=slow)

        install_schedule()

        assert PeriodicTask.objects.get(task="picks.watch").interval == slow

    def test_names_only_tasks_that_exist(self):
        current_app.loader.import_default_modules()

        assert set(settings.BEAT_DEFAULTS) <= set(current_app.tasks)


class TestReceipts:
    def test_are_left_by_every_job_of_the_schedule(self, fresh_database, queued):
        current_app.loader.import_default_modules()

        for job in settings.BEAT_DEFAULTS:
            current_app.tasks[job].apply(throw=True)

        receipts = JobRun.across_tenants.filter(tenant_schema="public", outcome="DONE")
        assert set(receipts.values_list("job", flat=True)) == set(settings.BEAT_DEFAULTS)
