"""One receipt per job, turn of the clock and tenant."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, active_among, active_schemas, entered
from apps.governance import alerts
from apps.governance.jobs.claims import (
    Claim,
    Counts,
    TakenOver,
    answer,
    answer_with_the_work,
    claim,
)
from apps.governance.jobs.header import HEADER
from apps.governance.models import JobOutcome
from apps.rulebook.errors import RuleBroken

logger = logging.getLogger(__name__)

BATCH = 100  # tenants per message


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

    def add(self, wanted: Iterable[str], active: Iterable[str], claims: Iterable[Claim]) -> None:
        """Count in what became of those that were wanted."""
        became = {mine.schema: mine for mine in claims}
        for schema in wanted:
            mine = became.get(schema)
            if mine is not None and mine.outcome is JobOutcome.DONE:
                self.done.append(schema)
            elif mine is not None and mine.outcome is JobOutcome.FAILED:
                self.failed[schema] = mine.error
            else:
                (self.skipped if schema in active else self.inactive).append(schema)


def slot_of(at: datetime, every_s: int) -> str:
    """Name the turn of a clock that strikes every so many seconds: two beats, one name."""
    turn = int(at.timestamp()) // every_s * every_s
    return datetime.fromtimestamp(turn, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_once(job: str, slot: str, work: Work, *, by: Actor, at: datetime) -> bool:
    """Run the platform's job for this turn, unless that is done, or any turn is being done.

    The claim is committed first, so ``work`` may use transactions of its own; one that died
    is given to the next caller when its lease is over. A failure is recorded and raised.
    """
    claims = claim(job, slot, [PUBLIC], by=by, at=at)
    for mine in claims:
        try:
            with mine.timed():
                mine.is_done(_counts(work(by=by, at=at)))
        except BaseException as error:
            mine.is_over(JobOutcome.FAILED, _sentence(error))
            raise
        finally:
            answer(claims)
    return bool(claims)


def for_each_tenant(
    job: str, slot: str, schemas: Iterable[str], work: Work, *, by: Actor, at: datetime
) -> Walk:
    """Run ``work`` inside each tenant: one scope, one transaction, one receipt each.

    One tenant's failure rolls back what was done for it, is recorded, and the walk goes on.
    Called again for the same turn it does what is left. A hundred turns are claimed at once, and
    those of a worker that is killed are free again.
    """
    walk = Walk()
    refusals: dict[str, RuleBroken] = {}
    for some in _batches(dict.fromkeys(schemas)):
        active = active_among(some)
        claims = claim(job, slot, active, by=by, at=at)
        try:
            for mine in claims:
                if refusal := _work_for(mine, job, work, by=by, at=at):
                    refusals[mine.schema] = refusal
        except BaseException as error:
            for mine in claims:
                if mine.outcome is None:
                    mine.is_over(JobOutcome.FAILED, _sentence(error))
            raise
        finally:
            answer(claims)
        walk.add(some, active, claims)
    for schema, refusal in refusals.items():
        alerts.at_door(refusal, by=by, at=at, scope=f"tenant:{schema}")
    return walk


def _work_for(mine: Claim, job: str, work: Work, *, by: Actor, at: datetime) -> RuleBroken | None:
    """Work for the tenant whose turn was claimed; return the refusal that ended it."""
    try:
        with mine.timed(), entered(mine.schema), transaction.atomic():
            mine.is_done(_counts(work(by=by, at=at)))
            answer_with_the_work(mine)
    except SoftTimeLimitExceeded as error:
        mine.is_over(JobOutcome.FAILED, _sentence(error))
        raise
    except TakenOver:
        logger.warning("%s was taken over for %s", job, mine.schema)
        mine.outcome = None
    except Exception as error:
        # Not hidden: logged here, recorded by the caller, counted in what that returns.
        logger.exception("%s failed for %s", job, mine.schema)
        mine.is_over(JobOutcome.FAILED, _sentence(error))
        return error if isinstance(error, RuleBroken) else None
    return None


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
        for batch in _batches(active_schemas() if schemas is None else schemas):
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
        claims = claim(job, slot, [schema], by=by, at=at)
        for mine in claims:
            mine.is_over(JobOutcome.DROPPED, _sentence(why))
        answer(claims)


def _batches(schemas: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(schemas)
    while some := list(islice(rest, BATCH)):
        yield some


def _counts(result: Any) -> Counts:
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    if isinstance(result, Mapping):
        return result
    return {}


def _sentence(error: BaseException) -> str:
    code = error.code if isinstance(error, RuleBroken) else type(error).__name__
    return f"{code}: {error}"
