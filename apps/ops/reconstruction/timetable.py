"""When the live stages did what they did, read from the traces that they left.

Every change has its entry in the audit, with the instant that the stage was called with and the
one at which the database wrote it. The second orders the steps: a stage that was called earlier
and took longer is seen later. A stage that changed nothing left no trace, and changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psycopg import sql

from apps.core.actor import ActorType
from apps.ops.reconstruction.steps import FIRST, Kind, Placed, Step
from apps.ops.rehearsal.stages import STAGES

# The place of each stage within one instant of a player.
PLACES: Final = {stage.name: place for place, stage in enumerate(STAGES)}
_CALLED: Final = {stage.name: stage.inside_tenant for stage in STAGES[2:]}
MACHINES: Final = [ActorType.JOB.value, ActorType.SYSTEM.value]

_ENTERED = """
SELECT occurred_at, min(recorded_at) FROM audit_entry
WHERE action = 'replay.entered' AND occurred_at <= %(last)s GROUP BY occurred_at
"""

_POLLS = """
WITH stored AS (
    SELECT object_id::bigint AS id, min(occurred_at) AS at, min(recorded_at) AS seen
    FROM audit_entry WHERE action = 'provider_poll.stored' GROUP BY object_id
)
SELECT poll.id, coalesce(stored.at, poll.captured_at), coalesce(stored.seen, poll.captured_at),
    to_jsonb(poll)
FROM provider_poll AS poll LEFT JOIN stored ON stored.id = poll.id
WHERE poll.captured_at <= %(last)s AND coalesce(stored.at, poll.captured_at) <= %(last)s
"""

_READS = """
WITH seen AS (
    SELECT object_id::bigint AS id, min(recorded_at) AS at
    FROM audit_entry WHERE action = 'payload.read' GROUP BY object_id
)
SELECT reading.id, reading.read_at, coalesce(seen.at, reading.read_at), reading.poll_id,
    poll.captured_at
FROM payload_reading AS reading JOIN provider_poll AS poll ON poll.id = reading.poll_id
LEFT JOIN seen ON seen.id = reading.id
WHERE reading.read_at <= %(last)s
"""

# One call of a stage is what one job wrote at one instant.
_CALLS = """
SELECT actor_id, occurred_at, tenant_schema, max(recorded_at) FROM audit_entry
WHERE actor_type = 'JOB' AND occurred_at <= %(last)s GROUP BY 1, 2, 3
"""

# A tenant's stage looks at the world as it begins, and writes at its end.
_BEGUN = """
SELECT job, at, tenant_schema, min(started_at) FROM job_run
WHERE tenant_schema <> 'public' AND outcome = 'DONE' AND at <= %(last)s GROUP BY 1, 2, 3
"""

# It may begin while a board is being read, and see it all the same: then its moves say so.
_SAW = """
SELECT changed_at, max(quote_last_seen_at) FROM {schema}.pick_change
WHERE quote_last_seen_at IS NOT NULL AND changed_at <= %(last)s GROUP BY changed_at
"""

# A look at a batch of which nothing came is in no audit; its receipt says when it was.
_ROUNDS = """
SELECT round.decided_at, max(seen.at)
FROM {schema}.proposal_round AS round LEFT JOIN LATERAL (
    SELECT min(recorded_at) AS at FROM audit_entry
    WHERE object_id = round.batch_id::text AND object_type = 'EvaluationBatch'
) AS seen ON true
WHERE round.decided_at <= %(last)s GROUP BY round.decided_at
"""

# Neither is a better price that the watch saw.
_WATCHES = """
SELECT at, tenant_schema, started_at FROM job_run
WHERE job = 'picks.watch' AND outcome = 'DONE' AND at <= %(last)s
  AND coalesce((counts->>'better')::int, 0) > 0
"""


def steps_of(live: Any, schemas: list[str], *, last: datetime) -> Iterator[Placed]:
    """Yield everything that machines did up to ``last``."""
    table = _Timetable(live, schemas, last)
    yield from table.polls()
    yield from table.reads()
    yield from table.calls()


class _Timetable:
    """Asks one snapshot of the live database."""

    def __init__(self, live: Any, schemas: list[str], last: datetime) -> None:
        self.live, self.schemas = live, schemas
        self.params = {"last": last}
        # A player calls every stage at one instant, one after the other.
        self.entered = dict(live.execute(_ENTERED, self.params).fetchall())
        self.read_at: dict[datetime, datetime] = {}  # by the instant that a poll was captured

    def polls(self) -> Iterator[Placed]:
        for ident, at, seen, row in self.live.execute(_POLLS, self.params).fetchall():
            place = (self.entered.get(at, seen), FIRST, ident)
            yield place, Step(Kind.POLL, at, "", row)

    def reads(self) -> Iterator[Placed]:
        for ident, at, seen, poll, captured_at in self.live.execute(_READS, self.params).fetchall():
            place = (self.entered.get(at, seen), PLACES["read"], ident)
            self.read_at[captured_at] = max(place[0], self.read_at.get(captured_at, place[0]))
            yield place, Step(Kind.READ, at, "", {"poll": poll})

    def calls(self) -> Iterator[Placed]:
        begun = {
            (stage_of(job), at, schema): began
            for job, at, schema, began in self.live.execute(_BEGUN, self.params).fetchall()
        }
        seen_at: dict[tuple[str, datetime, str], datetime] = {}
        for stage, at, schema, seen in self._traces():
            key = (stage, at, schema)
            seen_at[key] = max(seen_at.get(key, seen), seen)
        saw = self._saw()
        for number, (key, seen) in enumerate(sorted(seen_at.items())):
            stage, at, schema = key
            moment = self.entered.get(at) or begun.get(key, seen)
            if at not in self.entered and (at, schema) in saw:
                moment = max(moment, saw[at, schema])
            if stage == "reread":
                yield (moment, PLACES["read"], number), Step(Kind.REREAD, at, "", {})
            elif stage in _CALLED:
                tenant = schema if _CALLED[stage] else ""
                yield (
                    (moment, PLACES[stage], number),
                    Step(Kind.STAGE, at, tenant, {"stage": stage}),
                )

    def _saw(self) -> dict[tuple[datetime, str], datetime]:
        """When the newest board had been read that a tenant's moves of one instant name."""
        found = {}
        for schema in self.schemas:
            asked = sql.SQL(_SAW).format(schema=sql.Identifier(schema))
            for at, captured_at in self.live.execute(asked, self.params).fetchall():
                if captured_at in self.read_at:
                    found[at, schema] = self.read_at[captured_at]
        return found

    def _traces(self) -> Iterator[tuple[str, datetime, str, datetime]]:
        for job, at, schema, seen in self.live.execute(_CALLS, self.params).fetchall():
            yield stage_of(job), at, schema, seen
        for schema in self.schemas:
            rounds = sql.SQL(_ROUNDS).format(schema=sql.Identifier(schema))
            for at, seen in self.live.execute(rounds, self.params).fetchall():
                yield "propose", at, schema, seen or at
            for at, entered in self.entered.items():
                yield "watch", at, schema, entered
        for at, schema, began in self.live.execute(_WATCHES, self.params).fetchall():
            yield "watch", at, schema, began


def stage_of(job: str) -> str:
    """Name the stage that a job or a player calls: what was just proposed is published."""
    return job.rpartition(".")[2].removesuffix("_proposed")
