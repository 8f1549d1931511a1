"""Whose work a message is: the matrix, run by a worker process over a real broker."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from celery.signals import before_task_publish
from django.conf import settings
from django.db import connection
from django_tenants.utils import get_tenant_model

from apps.core.roles import tenant_role
from apps.core.tenancy import tenant_scope
from apps.governance.jobs import HEADER
from apps.governance.jobs.header import stamp_message
from apps.governance.models import JobOutcome, JobRun
from apps.governance.tests import probe_tasks as probe
from apps.governance.tests.workers import PATIENCE, WORKER, celery

COMMAND = f"--result-backend {{url}} {WORKER} --include {probe.__name__}"


class Worker:
    """A Celery worker of this project, and what its tasks told."""

    def __init__(self, client: redis.Redis, log: Path) -> None:
        self.client, self.log = client, log

    def heard(self) -> dict[str, list[tuple[str, str]]]:
        """What was told, with the schemas and roles it was told in."""
        told: dict[str, list[tuple[str, str]]] = {}
        for what, schema, role in map(json.loads, self.client.lrange(probe.HEARD, 0, -1)):
            told.setdefault(what, []).append((schema, role))
        return told

    def fate_of(self, task_id: str) -> str:
        """SUCCESS, or what the error said that the task ended with."""
        stored = self.client.get(f"celery-task-meta-{task_id}")
        if stored is None:
            return "PENDING"
        meta = json.loads(stored)
        failed = meta["status"] == "FAILURE"
        return str(meta["result"]["exc_message"] if failed else meta["status"])

    def wait_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                pytest.fail(f"The worker did not get there:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)


@pytest.fixture
def worker(fresh_database: Any, tmp_path: Path) -> Iterator[Worker]:
    """One worker with one child, so that each task meets what the one before left behind."""
    log = tmp_path / "worker.log"
    url = settings.CELERY_BROKER_URL
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        with celery(COMMAND.format(url=url), log=log):
            yield Worker(client, log)
        client.flushdb()


@pytest.mark.timeout(180)
class TestWorker:
    def test_runs_every_message_for_whom_it_was_rung_or_not_at_all(self, worker, acme, rival):
        with tenant_scope(acme):
            in_scope = probe.note.delay("rung in scope")
            probe.start_chain.delay()
            probe.start_chord.delay()
            probe.ring_public.delay()
            failing = probe.fail.delay()
        after_failure = probe.look.delay("after a failure")
        by_header = probe.note.apply_async(["by header"], headers={HEADER: rival})
        by_name = current_app.send_task("probe.note", ["by name"], headers={HEADER: rival})
        for_public = probe.note.delay("for the platform")
        for_nobody = probe.note.apply_async(["for nobody"], headers={HEADER: "nobody"})
        without = self.sent_by_a_stranger("without a header")
        probe.ring_tenants.delay([acme, rival])
        last = probe.look.delay("last of those sent")

        def all_told() -> bool:
            told = worker.heard()
            return {"call-back", "third link", "public, rung by a tenant"} <= set(told) and len(
                told.get("tenant, rung by the platform", [])
            ) == 2

        worker.wait_until(all_told)
        worker.wait_until(lambda: worker.fate_of(last.id) == "SUCCESS")

        database = connection.settings_dict["NAME"]
        for_acme, for_rival = ((name, tenant_role(database, name)) for name in (acme, rival))
        platform = ("public", connection.settings_dict["USER"])
        told = worker.heard()
        told["tenant, rung by the platform"].sort()
        assert told == {
            "rung in scope": [for_acme],
            "first link": [for_acme],
            "second link": [for_acme],
            "third link": [for_acme],
            "part one": [for_acme],
            "part two": [for_acme],
            "call-back": [for_acme],
            "public, rung by a tenant": [platform],
            "before the failure": [for_acme],
            "after a failure": [platform],
            "by header": [for_rival],
            "by name": [for_rival],
            "tenant, rung by the platform": [for_acme, for_rival],
            "last of those sent": [platform],
        }
        fates = [in_scope, by_header, by_name, after_failure]
        assert {worker.fate_of(result.id) for result in fates} == {"SUCCESS"}
        assert "a bug" in worker.fate_of(failing.id)
        assert "declared tenant and was rung for 'public'" in worker.fate_of(for_public.id)
        assert "There is no tenant 'nobody'" in worker.fate_of(for_nobody.id)
        assert "Nobody says for whom probe.note runs" in worker.fate_of(without)

    def test_drops_the_message_of_a_suspended_tenant_with_a_receipt(self, worker, acme, rival):
        get_tenant_model().objects.filter(schema_name=acme).update(status="SUSPENDED")

        dropped = probe.note.apply_async(["suspended"], headers={HEADER: acme})
        probe.note.apply_async(["active"], headers={HEADER: rival})
        worker.wait_until(lambda: "active" in worker.heard())

        run = JobRun.across_tenants.get(job="probe.note", slot=dropped.id)
        assert (run.tenant_schema, run.outcome) == (acme, JobOutcome.DROPPED)
        assert (
            run.error == f"TENANT_INACTIVE: Tenant {acme!r} is SUSPENDED, so nothing runs for it."
        )
        assert set(worker.heard()) == {"active"}

    def sent_by_a_stranger(self, what: str) -> str:
        """Publish as a program would that does not know the header."""
        before_task_publish.disconnect(stamp_message)
        try:
            return str(current_app.send_task("probe.note", [what]).id)
        finally:
            before_task_publish.connect(stamp_message)
