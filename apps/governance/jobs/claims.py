"""Turns of a job, claimed and answered in sets. The only writer of ``job_run``.

Whoever walks tenants claims many with two statements and commits that, so that what it claimed is
seen by everybody. What a tenant's work wrote commits together with its answer, and stands only
while the claim does. Work that wrote nothing has nothing to lose: it is answered with the others,
in one statement at the end.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from apps.core.actor import Actor
from apps.core.db import ask, execute, fetch_all
from apps.core.tenancy import PUBLIC
from apps.governance import history
from apps.governance.models import JobOutcome

LOCK_CLASS = 0x6A6F6273  # "jobs": the first half of the advisory locks of a claim
LEASE_SECONDS = 600  # twice what a task may take: a run older than that died

Counts = Mapping[str, Any]

# Held until the claim is committed. Nobody waits: what somebody else is claiming is left to them.
_ALONE = """
SELECT schema FROM set_config('synchronous_commit', %(waits)s, true),
    unnest(%(schemas)s::text[]) AS schema
WHERE pg_try_advisory_xact_lock(%(lock_class)s, hashtext(%(job)s || '|' || schema))
"""
# A run lives as long as its lease lasts and the server still serves the connection it came over:
# a worker that is killed takes it along.
_ALIVE = """
(run.outcome = 'RUNNING'
    AND run.started_at > statement_timestamp() - make_interval(secs => %(lease)s)
    AND (run.backend_started_at IS NULL OR EXISTS (
        SELECT FROM pg_stat_get_activity(run.backend_pid) AS backend
        WHERE backend.backend_start = run.backend_started_at)))
"""
_CLAIM = f"""
INSERT INTO job_run AS run (id, job, slot, tenant_schema, outcome, attempt, at, started_at, counts,
    error, actor, backend_pid, backend_started_at)
SELECT uuidv7(), %(job)s, %(slot)s, schema, 'RUNNING', 1, %(at)s, clock_timestamp(), '{{}}', '',
    %(actor)s, me.pid, me.backend_start
FROM unnest(%(schemas)s::text[]) AS schema, pg_stat_get_activity(pg_backend_pid()) AS me
WHERE NOT EXISTS (
    SELECT FROM job_run AS run WHERE (run.job, run.tenant_schema) = (%(job)s, schema)
        AND run.slot <> %(slot)s AND {_ALIVE}
)
ON CONFLICT (job, slot, tenant_schema) DO UPDATE SET outcome = 'RUNNING', attempt = run.attempt + 1,
    started_at = EXCLUDED.started_at, finished_at = NULL, error = '', actor = EXCLUDED.actor,
    backend_pid = EXCLUDED.backend_pid, backend_started_at = EXCLUDED.backend_started_at
WHERE run.outcome <> 'DONE' AND NOT {_ALIVE}
RETURNING run.tenant_schema, run.id, run.attempt
"""
_ANSWERS = """
UPDATE job_run AS run SET outcome = said.outcome, counts = said.counts, error = said.error,
    started_at = run.started_at + make_interval(secs => said.began),
    finished_at = run.started_at + make_interval(secs => said.ended)
FROM set_config('synchronous_commit', %(waits)s, true),
    jsonb_to_recordset(%(said)s) AS said (id uuid, attempt int, outcome text, counts jsonb,
        error text, began float8, ended float8)
WHERE (run.id, run.attempt, run.outcome) = (said.id, said.attempt, 'RUNNING')
"""


class TakenOver(Exception):
    """While this worker was away somebody else took its claim, and does the work."""


@dataclass(slots=True)
class Claim:
    """One tenant's turn, or the platform's, in the hands of whoever claimed it."""

    schema: str
    run: UUID
    attempt: int
    outcome: JobOutcome | None = None  # None: nobody knows yet
    counts: Counts = field(default_factory=dict)
    error: str = ""
    is_answered: bool = False  # in the work's own transaction
    claimed: float = field(default_factory=monotonic)
    began: float = 0.0  # seconds after the claim, and so is the end
    ended: float = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        self.began = monotonic() - self.claimed
        try:
            yield
        finally:
            self.ended = monotonic() - self.claimed

    def is_done(self, counts: Counts) -> None:
        self.outcome, self.counts = JobOutcome.DONE, counts

    def is_over(self, outcome: JobOutcome, error: str) -> None:
        self.outcome, self.counts, self.error = outcome, {}, error
        self.is_answered = False  # an answer that went with the work was rolled back with it


def claim(job: str, slot: str, schemas: Sequence[str], *, by: Actor, at: datetime) -> list[Claim]:
    """Take the turn of each that nobody has done or is doing; in the order in which they came.

    It is taken the first time, or again where it failed or died. Where another turn of the same
    job is being done this one is left, and what it would have found is found by the next.
    """
    known = {"job": job, "slot": slot, "lock_class": LOCK_CLASS, "lease": LEASE_SECONDS}
    with transaction.atomic():
        asked = {**known, "schemas": list(schemas), "waits": _waits(schemas)}
        alone = [schema for (schema,) in fetch_all(_ALONE, asked)]
        # A new statement, and so a snapshot that was taken after the locks were.
        rows = fetch_all(
            _CLAIM, {**known, "schemas": alone, "at": at, "actor": history.operator(by)}
        )
    claims = {schema: Claim(schema, run, attempt) for schema, run, attempt in rows}
    return [claims[schema] for schema in schemas if schema in claims]


def answer_with_the_work(mine: Claim) -> None:
    """Say DONE in the work's own transaction, where that wrote or locked something.

    Raises:
        TakenOver: the claim does not stand any more, so the work must not either.
    """
    stands = ask("public.job_run_answer", mine.run, mine.attempt, json.dumps(dict(mine.counts)))
    if stands == "f":
        raise TakenOver(mine.schema)
    mine.is_answered = stands == "t"


def answer(claims: Iterable[Claim]) -> None:
    """Answer all that are over and not answered yet; what was taken over is left to the taker."""
    over = [one for one in claims if one.outcome is not None and not one.is_answered]
    if not over:
        return
    execute(
        _ANSWERS,
        {
            "waits": _waits(one.schema for one in over),
            "said": Jsonb(
                [
                    {
                        "id": str(one.run),
                        "attempt": one.attempt,
                        "outcome": one.outcome,
                        "counts": dict(one.counts),
                        "error": one.error,
                        "began": one.began,
                        "ended": one.ended,
                    }
                    for one in over
                ]
            ),
        },
    )


def _waits(schemas: Iterable[str]) -> str:
    """Whether a commit waits for the disk: for the platform's jobs, whose work commits by itself.

    A server that loses power takes a tenant's claim along with the connection that held it, and
    what such a claim wrote with its answer has waited; nothing else is lost that matters.
    """
    return "on" if PUBLIC in schemas else "off"
