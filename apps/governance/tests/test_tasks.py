"""Whose work a message is: the matrix, run in this process."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery import chain, chord, current_app
from celery._state import pop_current_task, push_current_task
from celery.app.task import Context
from django.conf import settings
from django_tenants.utils import get_tenant_model

from apps.core.tenancy import TenantUnknown, current_schema, tenant_scope
from apps.governance.jobs import (
    HEADER,
    PublicTask,
    TenantHeaderMissing,
    TenantHeaderWrong,
    TenantTask,
)
from apps.governance.jobs.header import stamp_message, stamped
from apps.governance.models import JobOutcome, JobRun
from apps.governance.tests import probe_tasks as probe

Heard = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def heard(valkey: str) -> Iterator[Heard]:
    """What the probes told since the test began: (what, schema)."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.delete(probe.HEARD)
        yield lambda: [
            (what, schema) for what, schema, _ in map(json.loads, client.lrange(probe.HEARD, 0, -1))
        ]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "task_always_eager", True)
    monkeypatch.setattr(current_app.conf, "task_eager_propagates", True)


@pytest.fixture
def running() -> Iterator[Callable[[str], None]]:
    """Pretend that a task with this header has just run, as Celery's tracer does."""
    with ExitStack() as stack:

        def run(schema: str) -> None:
            task = SimpleNamespace(request=Context(headers={HEADER: schema}))
            push_current_task(task)
            stack.callback(pop_current_task)

        yield run


@pytest.mark.django_db
class TestHeader:
    def test_of_the_caller_wins(self, in_acme):
        assert stamped("probe.note", {HEADER: "rival"}) == {HEADER: "rival"}

    def test_is_the_schema_in_scope(self, in_acme):
        assert stamped("probe.note", None) == {HEADER: in_acme}

    def test_is_handed_on_by_the_running_task(self, running):
        running("acme")

        assert stamped("probe.note", {"other": 1}) == {HEADER: "acme", "other": 1}

    def test_of_the_scope_wins_over_the_running_tasks(self, running, rival):
        running("acme")

        with tenant_scope(rival):
            assert stamped("probe.note", {}) == {HEADER: rival}

    def test_is_public_where_nothing_says_otherwise(self):
        assert stamped("probe.note", {}) == {HEADER: "public"}

    @pytest.mark.parametrize("given", [{}, {HEADER: "acme"}])
    def test_of_a_public_task_is_public_whoever_rings(self, given, in_acme, running):
        running("acme")

        assert stamped("probe.look", given) == {HEADER: "public"}

    def test_of_a_task_that_is_not_known_here_is_decided_the_same_way(self, in_acme):
        assert stamped("elsewhere.work", {}) == {HEADER: in_acme}

    def test_is_put_on_messages_that_are_sent_by_name(self, in_acme):
        headers: dict[str, Any] = {}

        stamp_message(sender="probe.note", headers=headers, body=None)

        assert headers == {HEADER: in_acme}


@pytest.mark.usefixtures("eager")
class TestEagerly:
    def test_a_tenants_task_runs_in_the_scope_it_was_rung_in(self, in_acme, heard):
        probe.note.delay("hello")

        assert heard() == [("hello", "acme")]

    def test_a_tenants_task_runs_where_its_header_says(self, acme, heard):
        probe.note.apply_async(["hello"], headers={HEADER: acme})

        assert heard() == [("hello", "acme")]
        assert current_schema() == "public"

    @pytest.mark.django_db
    def test_a_tenants_task_that_nobody_rang_for_a_tenant_does_not_run(self, heard):
        with pytest.raises(TenantHeaderWrong):
            probe.note.delay("hello")

        assert heard() == []

    @pytest.mark.django_db
    @pytest.mark.parametrize("task", [probe.note, probe.look])
    def test_a_task_without_a_header_does_not_run(self, task, heard):
        with pytest.raises(TenantHeaderMissing):
            task("hello")

        assert heard() == []

    @pytest.mark.django_db
    def test_a_task_for_nobody_we_know_does_not_run(self, heard):
        with pytest.raises(TenantUnknown):
            probe.note.apply_async(["hello"], headers={HEADER: "nobody"})

        assert heard() == []

    def test_a_task_of_a_suspended_tenant_is_recorded_and_dropped(self, acme, heard):
        get_tenant_model().objects.filter(schema_name=acme).update(status="SUSPENDED")

        result = probe.note.apply_async(["hello"], headers={HEADER: acme})

        run = JobRun.across_tenants.get(job="probe.note", slot=result.id)
        assert (run.tenant_schema, run.outcome, run.error.partition(":")[0]) == (
            acme,
            JobOutcome.DROPPED,
            "TENANT_INACTIVE",
        )
        assert heard() == []

    @pytest.mark.django_db
    def test_a_public_task_runs_in_public(self, heard):
        probe.look.delay("hello")

        assert heard() == [("hello", "public")]

    def test_a_public_task_does_not_run_inside_a_tenant(self, in_acme, heard):
        with pytest.raises(TenantHeaderWrong):
            probe.look.delay("hello")

        assert heard() == []

    def test_every_link_of_a_chain_runs_for_the_same_tenant(self, in_acme, heard):
        chain(probe.note.si("one"), probe.note.si("two")).apply_async()

        assert heard() == [("one", "acme"), ("two", "acme")]

    def test_the_call_back_of_a_chord_runs_for_the_same_tenant(self, in_acme, heard):
        chord([probe.note.si("part")])(probe.note.si("call-back"))

        assert heard() == [("part", "acme"), ("call-back", "acme")]

    def test_the_platform_rings_tenants_one_by_one(self, acme, rival, heard):
        probe.ring_tenants.delay([acme, rival])

        assert [schema for _, schema in heard()] == ["acme", "rival"]

    def test_a_failure_leaves_the_connection_in_public(self, acme, heard):
        with pytest.raises(ValueError, match="a bug"):
            probe.fail.apply_async(headers={HEADER: acme})

        assert current_schema() == "public"


class TestApp:
    def test_is_the_same_in_every_thread(self):
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(lambda: current_app.main).result()

        assert (elsewhere, current_app.main) == ("beatvegas", "beatvegas")


class TestTasksOfOurs:
    def test_are_all_of_one_of_the_two_kinds(self):
        current_app.loader.import_default_modules()
        ours = [
            task for task in current_app.tasks.values() if type(task).__module__.startswith("apps.")
        ]

        assert ours
        assert [task.name for task in ours if not isinstance(task, PublicTask | TenantTask)] == []
