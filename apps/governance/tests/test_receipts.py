import os
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import get_tenant_model

from apps.core.db import execute, fetch_all
from apps.core.queue import enqueue_on_commit
from apps.core.tenancy import current_schema
from apps.governance import audit, jobs
from apps.governance.models import AuditEntry, JobRun
from apps.governance.tests import racing
from apps.governance.tests.factories import Thing
from apps.rulebook.errors import RuleBroken

JOB, SLOT = "probe.sweep", "2025-09-05T18:00:00Z"
AT = datetime(2025, 9, 5, 18, 0, 17, tzinfo=UTC)


@dataclass(frozen=True)
class Swept:
    rows: int


class NotToday(RuleBroken):
    code = "NOT_TODAY"


class Sweep:
    """A stage that leaves an audit entry in each tenant, and fails where it is told to."""

    def __init__(self, *, fails_for: str = "", error: type[BaseException] = ValueError) -> None:
        self.fails_for, self.error, self.ran = fails_for, error, []

    def __call__(self, *, by: Any, at: datetime) -> Swept:
        schema = current_schema()
        self.ran.append(schema)
        audit.record("thing.swept", Thing(), by=by, at=at)
        enqueue_on_commit("probe.swept")
        if schema == self.fails_for:
            raise self.error("no")
        return Swept(rows=3)


def walk(sweep: Sweep, ops: Any, *schemas: str) -> jobs.Walk:
    return jobs.for_each_tenant(JOB, SLOT, schemas, sweep, by=ops, at=AT)


def receipts() -> list[tuple[str, str, int]]:
    runs = JobRun.across_tenants.filter(job=JOB, slot=SLOT).order_by("tenant_schema")
    return list(runs.values_list("tenant_schema", "outcome", "attempt"))


def swept() -> set[str]:
    entries = AuditEntry.across_tenants.filter(action="thing.swept")
    return set(entries.values_list("tenant_schema", flat=True))


class TestSlot:
    @pytest.mark.parametrize(
        ("at", "every_s", "slot"),
        [
            (AT, 60, "2025-09-05T18:00:00Z"),
            (AT + timedelta(seconds=42), 60, "2025-09-05T18:00:00Z"),
            (AT + timedelta(seconds=43), 60, "2025-09-05T18:01:00Z"),
            (AT, 300, "2025-09-05T18:00:00Z"),
            (AT, 7200, "2025-09-05T18:00:00Z"),
        ],
    )
    def test_is_the_same_for_every_beat_of_one_turn(self, at, every_s, slot):
        assert jobs.slot_of(at, every_s) == slot


@pytest.mark.django_db
class TestForEachTenant:
    def test_runs_inside_each_and_leaves_a_receipt(self, acme, rival, ops):
        result = walk(Sweep(), ops, acme, rival)

        assert (result.done, result.skipped, result.failed) == ([acme, rival], [], {})
        assert receipts() == [(acme, "DONE", 1), (rival, "DONE", 1)]
        assert swept() == {acme, rival}
        run = JobRun.across_tenants.get(job=JOB, tenant_schema=acme)
        assert (run.counts, run.at, run.actor) == ({"rows": 3}, AT, "OPS:olivia@beatvegas.test")
        assert run.started_at <= run.finished_at

    def test_called_again_for_the_same_turn_runs_nothing(self, acme, rival, ops):
        walk(Sweep(), ops, acme, rival)
        again = Sweep()

        result = walk(again, ops, acme, rival)

        assert (again.ran, result.skipped) == ([], [acme, rival])

    @pytest.mark.parametrize("error", [ValueError, NotToday])
    def test_takes_back_what_one_failed_to_do_and_goes_on(self, error, acme, rival, ops, caplog):
        result = walk(Sweep(fails_for=acme, error=error), ops, acme, rival)

        code = getattr(error, "code", error.__name__)
        assert (result.done, result.failed) == ([rival], {acme: f"{code}: no"})
        assert receipts() == [(acme, "FAILED", 1), (rival, "DONE", 1)]
        assert swept() == {rival}
        assert f"{JOB} failed for {acme}" in caplog.text
        assert JobRun.across_tenants.get(job=JOB, tenant_schema=acme).error == f"{code}: no"

    def test_rings_for_those_that_committed_only(
        self, acme, rival, ops, queued, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            walk(Sweep(fails_for=acme), ops, acme, rival)

        assert queued == [("probe.swept", {}, rival)]

    def test_tries_again_what_failed(self, acme, ops):
        walk(Sweep(fails_for=acme), ops, acme)

        result = walk(Sweep(), ops, acme)

        assert result.done == [acme]
        assert receipts() == [(acme, "DONE", 2)]

    def test_leaves_out_who_is_not_active_and_says_so(self, acme, rival, ops):
        get_tenant_model().objects.filter(schema_name=acme).update(status="SUSPENDED")

        result = walk(Sweep(), ops, acme, rival)

        assert (result.done, result.inactive) == ([rival], [acme])

    def test_stops_when_its_time_is_over(self, acme, rival, ops):
        sweep = Sweep(fails_for=acme, error=SoftTimeLimitExceeded)

        with pytest.raises(SoftTimeLimitExceeded):
            walk(sweep, ops, acme, rival)

        assert (sweep.ran, swept()) == ([acme], set())
        # Of those that it did not reach, too, everybody can see why.
        assert receipts() == [(acme, "FAILED", 1), (rival, "FAILED", 1)]
        assert walk(Sweep(), ops, acme, rival).done == [acme, rival]

    def test_works_as_the_tenant_role_that_cannot_see_other_receipts(self, acme, rival, ops):
        seen = []

        class Look(Sweep):
            def __call__(self, **kwargs: Any) -> Swept:
                seen.extend(fetch_all("SELECT tenant_schema FROM job_run WHERE job = %s", [JOB]))
                return super().__call__(**kwargs)

        walk(Look(), ops, acme, rival)

        assert seen == [(acme,), (rival,)]


class Look:
    """A stage that writes nothing, and takes a moment."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(self, *, by: Any, at: datetime) -> Swept:
        self.ran.append(current_schema())
        fetch_all("SELECT pg_sleep(0.02)")
        return Swept(rows=0)


class TestReceipts:
    """Claimed and answered in sets, and still each tenant's own."""

    @pytest.mark.parametrize("stage", [Sweep, Look])
    def test_say_when_each_tenants_work_began_and_ended(self, stage, fresh_database, ops, queued):
        walk(stage(), ops, "acme", "rival")

        acme, rival = JobRun.across_tenants.filter(job=JOB).order_by("tenant_schema")
        assert acme.started_at < acme.finished_at <= rival.started_at < rival.finished_at
        assert {acme.outcome, rival.outcome} == {"DONE"}

    def test_cost_no_statement_for_a_tenant_that_wrote_nothing(self, fresh_database, ops):
        with CaptureQueriesContext(connection) as said:
            walk(Look(), ops, "acme", "rival")

        about_receipts = [query["sql"] for query in said if "job_run" in query["sql"]]
        assert len(about_receipts) == 2  # the claim and the answer

    def test_commit_with_what_the_work_wrote(self, fresh_database, ops, queued):
        seen: list[Any] = []

        def look_at_acme(*, by, at):
            if current_schema() == "rival":
                seen.extend(fresh_database.in_threads(lambda: (swept(), receipts())))
            else:
                Sweep()(by=by, at=at)

        walk(look_at_acme, ops, "acme", "rival")

        assert seen == [({"acme"}, [("acme", "DONE", 1), ("rival", "RUNNING", 1)])]

    def test_of_a_claim_that_was_taken_over_take_the_work_back(self, fresh_database, ops, queued):
        def meanwhile() -> None:
            execute("UPDATE job_run SET backend_started_at = 'epoch' WHERE job = %s", [JOB])
            connection.commit()
            taken.append(walk(Sweep(), ops, "acme"))

        def work(*, by, at):
            fresh_database.in_threads(meanwhile)
            return Sweep()(by=by, at=at)

        taken: list[jobs.Walk] = []
        late = walk(work, ops, "acme")

        assert (taken[0].done, late.done, late.skipped) == (["acme"], [], ["acme"])
        assert AuditEntry.across_tenants.filter(action="thing.swept").count() == 1
        assert receipts() == [("acme", "DONE", 2)]


class TestAWorkerThatIsKilled:
    """What it committed is answered; the rest of its claims is free at once."""

    @pytest.fixture
    def killed(self, fresh_database, ops, queued):
        def die_in_rival(*, by, at):
            swept = Sweep()(by=by, at=at)
            if current_schema() == "rival":
                os.kill(os.getpid(), signal.SIGKILL)
            return swept

        with racing.processes(lambda: walk(die_in_rival, ops, "acme", "rival")) as [worker]:
            worker.join()
        assert worker.exitcode == -signal.SIGKILL
        while fetch_all(
            "SELECT 1 FROM job_run JOIN pg_stat_activity ON pid = backend_pid WHERE job = %s", [JOB]
        ):
            time.sleep(0.01)  # the server notices that nobody is there

    def test_leaves_what_it_had_not_done_to_who_asks_for_the_same_turn(self, killed, ops):
        assert receipts() == [("acme", "DONE", 1), ("rival", "RUNNING", 1)]

        again = walk(Sweep(), ops, "acme", "rival")

        assert (again.skipped, again.done) == (["acme"], ["rival"])
        assert receipts() == [("acme", "DONE", 1), ("rival", "DONE", 2)]
        entries = AuditEntry.across_tenants.filter(action="thing.swept")
        assert sorted(entries.values_list("tenant_schema", flat=True)) == ["acme", "rival"]

    def test_holds_up_no_later_turn(self, killed, ops):
        later = jobs.for_each_tenant(JOB, "a later turn", ["acme", "rival"], Sweep(), by=ops, at=AT)

        assert later.done == ["acme", "rival"]


class TestTwoWalkers:
    def test_share_the_tenants_and_run_each_once(self, fresh_database, ops, queued):
        sweeps = [Sweep() for _ in range(4)]
        schemas = ("acme", "rival")

        results = fresh_database.in_threads(
            *[lambda sweep=sweep: walk(sweep, ops, *schemas) for sweep in sweeps]
        )

        assert sorted(schema for sweep in sweeps for schema in sweep.ran) == ["acme", "rival"]
        assert sorted(schema for result in results for schema in result.done) == ["acme", "rival"]
        assert receipts() == [("acme", "DONE", 1), ("rival", "DONE", 1)]

    def test_do_not_wait_for_one_another(self, fresh_database, ops, queued):
        with transaction.atomic():
            walk(Sweep(), ops, "acme")
            [other] = fresh_database.in_threads(lambda: walk(Sweep(), ops, "acme"))

        assert (other.skipped, other.done) == (["acme"], [])


@pytest.mark.django_db
class TestRunOnce:
    def test_runs_and_leaves_a_receipt(self, ops):
        assert jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT)

        assert receipts() == [("public", "DONE", 1)]

    def test_does_not_run_a_turn_twice(self, ops):
        jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT)
        again = Sweep()

        assert not jobs.run_once(JOB, SLOT, again, by=ops, at=AT)
        assert again.ran == []

    def test_runs_the_next_turn(self, ops):
        jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT)

        assert jobs.run_once(JOB, "2025-09-05T18:01:00Z", Sweep(), by=ops, at=AT)

    def test_records_a_failure_raises_it_and_tries_again(self, ops):
        with pytest.raises(ValueError, match="no"):
            jobs.run_once(JOB, SLOT, Sweep(fails_for="public"), by=ops, at=AT)
        failed = receipts()

        jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT)

        assert (failed, receipts()) == ([("public", "FAILED", 1)], [("public", "DONE", 2)])

    @pytest.mark.parametrize(
        ("age_s", "taken"), [(30, False), (jobs.claims.LEASE_SECONDS + 1, True)]
    )
    def test_takes_over_a_run_that_died_when_its_lease_is_over(self, age_s, taken, ops):
        jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT)
        execute(
            "UPDATE job_run SET outcome = 'RUNNING', finished_at = NULL,"
            " started_at = clock_timestamp() - make_interval(secs => %s) WHERE job = %s",
            [age_s, JOB],
        )

        assert jobs.run_once(JOB, SLOT, Sweep(), by=ops, at=AT) is taken


@pytest.mark.django_db
class TestFanOut:
    def test_sends_a_hundred_tenants_to_a_message(self, queued):
        messages = jobs.fan_out(
            "probe.walk", slot=SLOT, schemas=[f"tenant{number}" for number in range(250)]
        )

        assert messages == 3
        assert [len(arguments["schemas"]) for _, arguments, _ in queued] == [100, 100, 50]
        assert {schema for *_, schema in queued} == {"public"}
        assert {arguments["slot"] for _, arguments, _ in queued} == {SLOT}

    def test_rings_for_active_tenants(self, acme, rival, queued):
        get_tenant_model().objects.filter(schema_name=acme).update(status="SUSPENDED")

        jobs.fan_out("probe.walk", slot=SLOT)

        assert [arguments["schemas"] for _, arguments, _ in queued] == [[rival]]

    def test_leaves_a_receipt_even_where_there_is_nobody_to_ring_for(self, queued):
        jobs.fan_out("probe.walk_tenants", slot=SLOT, schemas=[])

        run = JobRun.across_tenants.get(job="probe.walk")
        assert (run.tenant_schema, run.outcome, run.counts) == ("public", "DONE", {"messages": 0})
        assert queued == []

    def test_rings_once_for_a_turn(self, acme, queued):
        first = jobs.fan_out("probe.walk_tenants", slot=SLOT, schemas=[acme])
        second = jobs.fan_out("probe.walk_tenants", slot=SLOT, schemas=[acme])

        assert (first, second, len(queued)) == (1, 0, 1)


class TestOverlap:
    """A job never runs twice at the same time, whatever turns it was rung for."""

    def test_of_the_platforms_job_is_refused_while_another_turn_is_done(self, fresh_database, ops):
        inside: list[bool] = []

        def work(*, by, at):
            (answer,) = fresh_database.in_threads(
                lambda: jobs.run_once(JOB, "another turn", work, by=ops, at=AT)
            )
            inside.append(answer)

        assert jobs.run_once(JOB, SLOT, work, by=ops, at=AT)
        assert inside == [False]
        assert jobs.run_once(JOB, "a later turn", lambda *, by, at: None, by=ops, at=AT)

    def test_with_a_run_whose_worker_was_killed_is_none(self, fresh_database, ops):
        def die(*, by, at):
            [(pid,)] = fetch_all("SELECT pg_backend_pid()")
            fresh_database.in_threads(lambda: fetch_all("SELECT pg_terminate_backend(%s)", [pid]))
            fetch_all("SELECT 1")

        with pytest.raises(Error):
            jobs.run_once(JOB, SLOT, die, by=ops, at=AT)
        connection.close()

        again = jobs.run_once(JOB, SLOT, lambda *, by, at: None, by=ops, at=AT)
        later = jobs.run_once(JOB, "another turn", lambda *, by, at: None, by=ops, at=AT)

        assert (again, later) == (True, True)
        assert JobRun.across_tenants.get(slot=SLOT).attempt == 2

    def test_of_a_tenants_job_is_refused_for_that_tenant(self, fresh_database, ops):
        walks: list[jobs.Walk] = []

        def work(*, by, at):
            def meanwhile() -> jobs.Walk:
                return jobs.for_each_tenant(
                    JOB, "another turn", ["acme", "rival"], Sweep(), by=ops, at=AT
                )

            walks.extend(fresh_database.in_threads(meanwhile))

        jobs.for_each_tenant(JOB, SLOT, ["acme"], work, by=ops, at=AT)

        assert (walks[0].skipped, walks[0].done) == (["acme"], ["rival"])
