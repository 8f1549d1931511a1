"""The dead-man switch: nobody watches, so nothing goes out, and what went on meanwhile is told."""

import pytest
from django_celery_beat.models import PeriodicTask

from apps.core.db import execute
from apps.governance import switches, tasks
from apps.governance.jobs import heartbeats
from apps.governance.jobs.lateness import WATCH
from apps.governance.models import FeatureFlag, Heartbeat, JobRun, OpsAlert
from apps.governance.tests.factories import KICKOFF_EVE
from apps.governance.tests.test_lateness import ran
from apps.rulebook.alerts import AlertKind

pytestmark = pytest.mark.django_db

OTHER = "picks.propose"


@pytest.fixture(autouse=True)
def armed(db):
    PeriodicTask.objects.all().delete()
    heartbeats.arm()


def silent_for(minutes: float) -> None:
    """Let the watch have looked for the last time so long ago."""
    execute(
        "UPDATE heartbeat SET beaten_at = clock_timestamp() - make_interval(secs => %s)",
        [minutes * 60],
    )


def look(ops) -> bool:
    return heartbeats.look_for_lost(by=ops, at=KICKOFF_EVE)


def goes_out() -> bool:
    return switches.explain(switches.PUBLISH, ["GLOBAL"]).open


class TestBeating:
    def test_is_done_by_the_watch_after_each_look(self):
        silent_for(4)
        before = Heartbeat.objects.get().beaten_at

        tasks.watch.apply(throw=True)

        assert Heartbeat.objects.get().beaten_at > before
        assert JobRun.across_tenants.filter(job=WATCH, outcome="DONE").count() == 1

    def test_is_not_done_by_a_look_that_fails(self, monkeypatch):
        def blind(**_):
            raise RuntimeError("The schedule cannot be read.")

        silent_for(4)
        before = Heartbeat.objects.get().beaten_at
        monkeypatch.setattr(tasks, "watch_jobs", blind)

        with pytest.raises(RuntimeError):
            tasks.watch.apply(throw=True)

        assert Heartbeat.objects.get().beaten_at == before

    def test_is_not_done_twice_for_one_look(self):
        tasks.watch.apply(throw=True)
        first = Heartbeat.objects.get().beaten_at

        tasks.watch.apply(throw=True)  # a second beat of the same turn

        assert Heartbeat.objects.get().beaten_at == first

    def test_is_expected_anew_at_every_start(self):
        silent_for(60)

        heartbeats.arm()

        assert goes_out()
        assert Heartbeat.objects.count() == 1


class TestLost:
    @pytest.mark.parametrize(
        ("silent", "others_ran", "lost"),
        [
            (4, [3, 2, 1], False),  # it is not missed yet
            (9, [3, 2, 1], False),  # others work, and it may be about to look
            (11, [5.5, 4, 1], True),  # others work unwatched, and for long enough
            (11, [10.5], False),  # that was before it was missed
            (600, [599, 1], False),  # everything stood still for the night
            (600, [599, 5.5, 1], True),  # started again, and the watch never came
            (600, [], False),
        ],
    )
    def test_is_where_others_went_on_unwatched(self, silent, others_ran, lost, ops):
        silent_for(silent)
        for minutes in others_ran:
            ran(OTHER, minutes, schema="acme")

        assert look(ops) is lost
        assert OpsAlert.across_tenants.exists() is lost
        assert goes_out() is (silent < 5)  # the gate itself waits for nobody's finding

    def test_is_told_with_who_and_since_when(self, ops):
        silent_for(11)
        ran(OTHER, 5.5)

        look(ops)

        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.scope, alert.key) == (AlertKind.HEARTBEAT_LOST, "GLOBAL", WATCH)
        assert alert.detail.startswith(f"{WATCH} looked last at ")
        assert "11 min ago (limit 5); picks.propose went on meanwhile." in alert.detail

    @pytest.mark.parametrize("finder", [tasks.sweep, tasks.watch])
    def test_latches_whoever_finds_it(self, finder, django_capture_on_commit_callbacks):
        """The sweep while the watch is dead, or the watch when it is alive again."""
        silent_for(20)
        ran(OTHER, 6)

        with django_capture_on_commit_callbacks(execute=True):
            finder.apply(throw=True)

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")
        alert = OpsAlert.across_tenants.get()
        assert (flag.enabled, flag.cause) == (False, f"alert:{alert.pk}")
        assert switches.takes_two_people(flag)

    def test_is_over_when_the_watch_looks_again_but_the_switch_stays_off(
        self, django_capture_on_commit_callbacks
    ):
        silent_for(20)
        ran(OTHER, 6)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep.apply(throw=True)
        execute(
            "UPDATE ops_alert SET last_seen_at = last_seen_at - interval '1 minute',"
            " first_seen_at = first_seen_at - interval '1 minute'"
        )
        heartbeats.beat()

        tasks.watch.apply(throw=True)

        assert OpsAlert.across_tenants.get().is_over
        assert not FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled
        assert not goes_out()
