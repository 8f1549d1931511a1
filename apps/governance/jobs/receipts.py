"""One receipt per job, turn of the clock and tenant. The only writer of ``job_run``."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from apps.core import clock
from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC, active_schemas, tenant_scope, tenants_in_turn
from apps.governance import alerts, history
from apps.governance.jobs.header import HEADER
from apps.governance.models import JobOutcome
from apps.rulebook.errors import RuleBroken

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x6A6F6273  # "jobs": the first half of the advisory lock of a run
LEASE_SECONDS = 600  # twice what a task may take: a run older than that died
BATCH = 100  # tenants per message

Counts = Mapping[str, Any]


class Work(Protocol):
    """A stage: called with who and when, returns what it did (a dataclass of counts)."""

    def __call__(self, *, by: Actor, at: datetime) -> Any: ...


@dataclass(slots=True)
class Walk:
    """What became of a job that went from tenant to tenant."""

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)  # this turn is answered, or being answered
    inactive: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # schema -> error


def slot_of(at: datetime, every_s: int) -> str:
    """Name the turn of a clock that strikes every so many seconds: two beats, one name."""
    turn = int(at.timestamp()) // every_s * every_s
    return datetime.fromtimestamp(turn, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_once(job: str, slot: str, work: Work, *, by: Actor, at: datetime) -> bool:
    """Run the platform's job for this turn, unless that is done, or any turn is being done.

    The claim is committed first, so ``work`` may use transactions of its own; one that died
    is given to the next caller when its lease is over. A failure is recorded and raised.
    """
    if not _claim(job, slot, PUBLIC, by=by, at=at):
        return False
    try:
        result = work(by=by, at=at)
    except BaseException as error:
        _finish(job, slot, PUBLIC, JobOutcome.FAILED, error=_sentence(error))
        raise
    _finish(job, slot, PUBLIC, JobOutcome.DONE, counts=_counts(result))
    return True


def for_each_tenant(
    job: str, slot: str, schemas: Iterable[str], work: Work, *, by: Actor, at: datetime
) -> Walk:
    """Run ``work`` inside each tenant: one scope, one transaction, one receipt each.

    One tenant's failure rolls back what was done for it, is recorded, and the walk goes on.
    Called again for the same turn it does what is left.
    """
    walk, wanted = Walk(), list(schemas)
    entered = set()
    refusals: dict[str, RuleBroken] = {}
    for schema in tenants_in_turn(wanted):
        entered.add(schema)
        try:
            if not _claim(job, slot, schema, by=by, at=at):
                walk.skipped.append(schema)
                continue
            counts = _counts(work(by=by, at=at))
            _finish(job, slot, schema, JobOutcome.DONE, counts=counts)
            walk.done.append(schema)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            # Not hidden: logged here, recorded below, counted in what is returned.
            transaction.set_rollback(True)
            logger.exception("%s failed for %s", job, schema)
            walk.failed[schema] = _sentence(error)
            if isinstance(error, RuleBroken):
                refusals[schema] = error
    walk.inactive = [schema for schema in wanted if schema not in entered]
    for schema, sentence in walk.failed.items():
        with tenant_scope(schema), transaction.atomic():
            if _claim(job, slot, schema, by=by, at=at):
                _finish(job, slot, schema, JobOutcome.FAILED, error=sentence)
    for schema, refusal in refusals.items():
        alerts.at_door(refusal, by=by, at=at, scope=f"tenant:{schema}")
    return walk


@dataclass(frozen=True, slots=True)
class Rung:
    """What a job did that rings for tenants."""

    messages: int = 0


def fan_out(task: str, *, slot: str, schemas: Iterable[str] | None = None) -> int:
    """Ring ``task`` for all active tenants, a hundred to a message; return how many messages.

    The task is of public scope, takes ``slot`` and ``schemas``, and walks them with
    ``for_each_tenant``. The job that rings is named as the task without ``_tenants``; it leaves
    a receipt of its own, so that one that does not ring is missed also where there is no tenant,
    and rings once for a turn.
    """
    job, rung = task.removesuffix("_tenants"), 0

    def ring(*, by: Actor, at: datetime) -> Rung:
        nonlocal rung
        rest = iter(active_schemas() if schemas is None else schemas)
        while batch := list(islice(rest, BATCH)):
            current_app.send_task(
                task, kwargs={"slot": slot, "schemas": batch}, headers={HEADER: PUBLIC}
            )
            rung += 1
        return Rung(messages=rung)

    run_once(job, slot, ring, by=Actor.job(job), at=clock.now())
    return rung


def record_dropped(
    job: str, *, slot: str, schema: str, why: RuleBroken, by: Actor, at: datetime
) -> None:
    """Keep that a message was not acted upon, and why."""
    with transaction.atomic():
        if _claim(job, slot, schema, by=by, at=at):
            _finish(job, slot, schema, JobOutcome.DROPPED, error=_sentence(why))


def _claim(job: str, slot: str, schema: str, *, by: Actor, at: datetime) -> bool:
    """Take a turn: its first run, or another try of one that failed or died.

    Nobody waits: where another turn of the same job is being done for the same tenant, this one
    is left, and what it would have found is found by the next.
    """
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        [(alone,)] = fetch_all(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, f"{job}|{schema}"]
        )
        if not alone or (schema == PUBLIC and _is_running(job, slot)):
            return False
        claimed = execute(
            "INSERT INTO job_run AS run (id, job, slot, tenant_schema, outcome, attempt, at,"
            " started_at, counts, error, actor, backend_pid, backend_started_at)"
            " SELECT %s, %s, %s, %s, 'RUNNING', 1, %s, clock_timestamp(), '{}', '', %s,"
            " me.pid, me.backend_start FROM pg_stat_activity AS me WHERE me.pid = pg_backend_pid()"
            " ON CONFLICT (job, slot, tenant_schema) DO UPDATE SET outcome = 'RUNNING',"
            " attempt = run.attempt + 1, started_at = clock_timestamp(), finished_at = NULL,"
            " error = '', actor = EXCLUDED.actor, backend_pid = EXCLUDED.backend_pid,"
            " backend_started_at = EXCLUDED.backend_started_at"
            " WHERE run.outcome IN ('FAILED', 'DROPPED')"
            f" OR (run.outcome = 'RUNNING' AND NOT {_ALIVE})",
            [uuid7(), job, slot, schema, at, history.operator(by), LEASE_SECONDS],
        )
    return claimed == 1


# A run lives as long as its lease lasts and the server still serves the connection it came over:
# a worker that is killed takes it along. Inside a tenant the server does not say; then the lease
# decides.
_ALIVE = (
    "(run.started_at > clock_timestamp() - make_interval(secs => %s)"
    " AND (run.backend_started_at IS NULL OR EXISTS (SELECT FROM pg_stat_activity AS backend"
    " WHERE (backend.pid, backend.backend_start) = (run.backend_pid, run.backend_started_at))))"
)


def _is_running(job: str, slot: str) -> bool:
    """Ask whether another turn of the platform's job is being done now."""
    [(running,)] = fetch_all(
        "SELECT EXISTS (SELECT FROM job_run AS run WHERE job = %s AND tenant_schema = %s"
        f" AND slot <> %s AND outcome = 'RUNNING' AND {_ALIVE})",
        [job, PUBLIC, slot, LEASE_SECONDS],
    )
    return bool(running)


def _finish(
    job: str,
    slot: str,
    schema: str,
    outcome: JobOutcome,
    *,
    counts: Counts | None = None,
    error: str = "",
) -> None:
    execute(
        "UPDATE job_run SET outcome = %s, finished_at = clock_timestamp(), counts = %s, error = %s"
        " WHERE job = %s AND slot = %s AND tenant_schema = %s",
        [outcome.value, Jsonb(dict(counts or {})), error, job, slot, schema],
    )


def _counts(result: Any) -> Counts:
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    if isinstance(result, Mapping):
        return result
    return {}


def _sentence(error: BaseException) -> str:
    code = error.code if isinstance(error, RuleBroken) else type(error).__name__
    return f"{code}: {error}"
