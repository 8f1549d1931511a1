"""The fault table's row 19 in earnest: the clock stands still, and publishing stops by itself."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.core.db import fetch_all
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.jobs import HEADER, heartbeats
from apps.governance.jobs.lateness import WATCH
from apps.governance.models import FeatureFlag, OpsAlert
from apps.governance.switches import GLOBAL, Halted, State
from apps.governance.tasks import SWEEP
from apps.governance.tests.workers import BEAT, PATIENCE, QUICK, WORKER, celery

LIMIT = timedelta(seconds=3)


@pytest.fixture
def watched(fresh_database, acme) -> Iterator[None]:
    """A platform whose watch looks every second and is missed after three."""
    every_second = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.all().delete()
    PeriodicTask.objects.create(name=WATCH, task=WATCH, interval=every_second)
    heartbeats.arm(LIMIT)
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.flushdb()
        yield
        client.flushdb()


def looks() -> int:
    [(done,)] = fetch_all("SELECT count(*) FROM job_run WHERE job = %s", [WATCH])
    return int(done)


def found() -> set[str]:
    """What a publication of acme's would be refused for now."""
    scopes = [GLOBAL, "tenant:acme", "league:NFL", "market:SPREAD"]
    try:
        with tenant_scope("acme"), transaction.atomic():
            switches.hold_open(switches.PUBLISH, scopes=scopes, tier="EDGE")
    except Halted as refusal:
        return {found.state.value for found in refusal.closed}
    return set()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            pytest.fail("It did not get there.")
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_beat_that_is_frozen_stops_publishing_until_two_people_turn_it_on(watched, tmp_path):
    turns = count()

    def others_go_on() -> bool:
        """The worker lives and is given work, and the sweep is rung for by somebody else."""
        current_app.send_task(
            "picks.publish_tenants",
            kwargs={"slot": f"turn {next(turns)}", "schemas": ["acme"]},
            headers={HEADER: "public"},
        )
        current_app.send_task(SWEEP, headers={HEADER: "public"})
        time.sleep(0.5)
        return OpsAlert.across_tenants.filter(kind="HEARTBEAT_LOST").exists()

    with (
        celery(WORKER, log=tmp_path / "worker.log", settings=QUICK),
        celery(BEAT, log=tmp_path / "beat.log", settings=QUICK) as beat,
    ):
        wait_until(lambda: looks() >= 2 and found() == set())

        os.killpg(beat, signal.SIGSTOP)
        wait_until(lambda: found() == {State.UNWATCHED})  # nobody had to find it
        assert FeatureFlag.objects.get(name=switches.PUBLISH, scope=GLOBAL).enabled
        wait_until(others_go_on)
        wait_until(lambda: State.OFF in found())

        before = looks()
        os.killpg(beat, signal.SIGCONT)
        wait_until(lambda: looks() > before and State.UNWATCHED not in found())
        assert State.OFF in found()

    flag = FeatureFlag.objects.get(name=switches.PUBLISH, scope=GLOBAL)
    assert not flag.enabled
    assert switches.takes_two_people(flag)
