"""What a database says of a window: picks, closes, grades, and the receipts they came from.

The same statements are asked of both databases, so each names things by keys that both know:
uuids, providers' ids, instants. Of what travels only what was so by the window's end is asked.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import sql

from apps.ops.reconstruction.window import Window

PICK, CLOSE, GRADE = "pick", "close", "grade"
_OPENED: Final = ("open_line", "open_price", "open_observed_at", "open_seq", "open_age_s")


@dataclass(frozen=True, slots=True)
class Said:
    """One row as one database has it."""

    what: str
    tenant: str
    league: str
    key: str
    at: datetime
    says: Mapping[str, Any]


Facts = Mapping[tuple[str, str, str], Said]  # what, tenant, key

# What a pick says and every move of it. A pick that moved after the window is asked for what it
# was made with alone; its moves within the window say the rest.
_PICKS = """
SELECT pick.league, pick.id::text, first.at,
    CASE WHEN EXISTS (SELECT FROM {schema}.pick_change AS later
            WHERE later.pick_id = pick.id AND later.changed_at > %(last)s)
        THEN to_jsonb(pick) - %(travelling)s::text[] ELSE to_jsonb(pick) END
    - 'id' - 'selection_id' || jsonb_build_object('selection', selection.uuid, 'moves', moves.all)
FROM {schema}.pick AS pick
JOIN public.selection ON selection.id = pick.selection_id
CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(change) - '{{id,pick_id,by}}'::text[] ORDER BY change.id) AS all
    FROM {schema}.pick_change AS change
    WHERE change.pick_id = pick.id AND change.changed_at <= %(last)s
) AS moves
CROSS JOIN LATERAL (
    SELECT min(change.changed_at) AS at FROM {schema}.pick_change AS change
    WHERE change.pick_id = pick.id AND change.changed_at BETWEEN %(first)s AND %(last)s
) AS first
WHERE first.at IS NOT NULL
"""

# How a line opened before the warm-up only the live database knows.
_CLOSES = """
SELECT pick.league, pick.id::text, tracked.completed_at, CASE
    WHEN tracked.open_observed_at >= %(begins)s THEN to_jsonb(tracked)
    ELSE to_jsonb(tracked) - %(opened)s::text[] END - 'pick_id'
FROM {schema}.line_tracking AS tracked JOIN {schema}.pick ON pick.id = tracked.pick_id
WHERE tracked.completed_at BETWEEN %(first)s AND %(last)s
"""

_GRADES = """
SELECT pick.league, pick.id || ' revision ' || grade.revision_no, grade.graded_at,
    to_jsonb(grade) - '{{id,pick_id,revision_no,result_id}}'::text[]
FROM {schema}.grade AS grade JOIN {schema}.pick ON pick.id = grade.pick_id
WHERE grade.graded_at BETWEEN %(first)s AND %(last)s
"""

# Receipts, in the order of the stages, of the window; with all that is stored, from the beginning.
_READINGS = """
SELECT league.code, feed.provider || ' ' || feed.kind || ' ' || poll.captured_at, reading.read_at,
    to_jsonb(reading) - '{{id,poll_id}}'::text[]
    || jsonb_build_object('payload', payload.sha256)
FROM public.payload_reading AS reading JOIN public.provider_poll AS poll ON poll.id = poll_id
JOIN public.feed ON feed.id = poll.feed_id JOIN public.league ON league.id = feed.league_id
JOIN public.raw_payload AS payload ON payload.id = poll.payload_id
WHERE reading.read_at BETWEEN %(since)s AND %(last)s
"""
_RESULTS = """
SELECT league.code, result.event_id || ' ' || result.provider || ' ' || result.captured_at,
    reading.read_at, jsonb_build_object('status', result.status, 'home', result.home_score,
        'away', result.away_score, 'sha256', result.result_sha256)
FROM public.result_snapshot AS result JOIN public.event ON event.id = result.event_id
JOIN public.league ON league.id = event.league_id
JOIN public.payload_reading AS reading ON reading.poll_id = result.poll_id
WHERE reading.read_at BETWEEN %(since)s AND %(last)s
"""
_RATINGS = """
SELECT coalesce(league.code, ''), version.code || ' ' || day.league_day || ' r' || day.revision,
    day.rated_at, jsonb_build_object('rated_at', day.rated_at, 'games', day.games,
        'inputs', day.inputs_sha256, 'strengths', day.state_sha256)
FROM public.rating_day AS day JOIN public.model_version AS version
    ON version.id = day.model_version_id
LEFT JOIN public.league ON league.id = version.league_id
WHERE day.rated_at BETWEEN %(since)s AND %(last)s
"""
_RUNS = """
SELECT league.code, run.id::text, run.simulated_at, jsonb_build_object(
    'event', run.event_id, 'simulated_at', run.simulated_at, 'status', run.status,
    'reason', run.reason, 'distribution', run.distribution_sha256)
FROM public.simulation_run AS run JOIN public.event ON event.id = run.event_id
JOIN public.league ON league.id = event.league_id
WHERE run.simulated_at BETWEEN %(since)s AND %(last)s
"""
_BATCHES = """
SELECT league.code, batch.id::text, batch.evaluated_at, jsonb_build_object(
    'captured_at', batch.captured_at, 'evaluated_at', batch.evaluated_at,
    'overtaken', batch.overtaken, 'quotes', batch.quotes, 'evaluated', batch.evaluated,
    'skipped', batch.skipped)
FROM public.evaluation_batch AS batch JOIN public.league ON league.id = batch.league_id
WHERE batch.evaluated_at BETWEEN %(since)s AND %(last)s
"""
_ROUNDS = """
SELECT round.league, round.batch_id::text, round.decided_at,
    to_jsonb(round) - '{{id,batch_id}}'::text[]
FROM {schema}.proposal_round AS round
WHERE round.decided_at BETWEEN %(since)s AND %(last)s
"""

OUTCOMES: Final = ((PICK, _PICKS), (CLOSE, _CLOSES), (GRADE, _GRADES))
PUBLIC_RECEIPTS: Final = (
    *(("reading", _READINGS), ("result", _RESULTS), ("rating", _RATINGS)),
    *(("run", _RUNS), ("batch", _BATCHES)),
)
TENANT_RECEIPTS: Final = (("round", _ROUNDS),)
RECEIPTS: Final = tuple(name for name, _ in (*PUBLIC_RECEIPTS, *TENANT_RECEIPTS))


def outcomes_in(
    cursor: Any, schemas: list[str], window: Window, *, travelling: list[str]
) -> dict[tuple[str, str, str], Said]:
    """Return every pick that moved, close that was taken and grade that was given in a window."""
    params = {
        **{"begins": window.begins, "first": window.first, "last": window.last},
        **{"travelling": travelling, "opened": [*_OPENED]},
    }
    return {
        (what, schema, said.key): said
        for schema in schemas
        for what, statement in OUTCOMES
        for said in _asked(cursor, what, statement, schema, params)
    }


def receipts_in(
    cursor: Any, schemas: list[str], window: Window, *, since: datetime | None
) -> dict[tuple[str, str, str], Said]:
    """Return every receipt from ``since``, else from the first, up to the window's end."""
    params = {"since": since or datetime.min.replace(tzinfo=UTC), "last": window.last}
    asked = [("", name, statement) for name, statement in PUBLIC_RECEIPTS]
    asked += [(schema, *receipt) for schema in schemas for receipt in TENANT_RECEIPTS]
    return {
        (what, schema, said.key): said
        for schema, what, statement in asked
        for said in _asked(cursor, what, statement, schema, params)
    }


def _asked(
    cursor: Any, what: str, statement: str, schema: str, params: Mapping[str, Any]
) -> Iterator[Said]:
    asked = sql.SQL(statement).format(schema=sql.Identifier(schema or "public"))
    text = sql.SQL("SELECT league, key, at, says::text FROM ({}) AS said (league, key, at, says)")
    for league, key, at, says in cursor.execute(text.format(asked), params).fetchall():
        # Every number as the server writes it: no rounding hides a difference.
        yield Said(what, schema, league, key, at, json.loads(says, parse_float=str))
