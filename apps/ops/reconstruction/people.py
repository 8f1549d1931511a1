"""What people did to what the stages made: decided again by the action that they called.

Where an event is put right by hand its columns are what the audit says; where a question is
answered the answer is what the question holds now. Two events that were found to be one, and an id
that was found to be an event's, are so again by the same action.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psycopg import sql

from apps.catalog.models import Event
from apps.governance.models import OpsAlert
from apps.ops.reconstruction.givens import columns_of
from apps.ops.reconstruction.steps import LAST, Kind, Placed, Step
from apps.ops.reconstruction.timetable import MACHINES, PLACES, stage_of

# Decided again by the action that they called, with all that follows from it.
_MERGED: Final = "event.merged"
_ACTS: Final = ("pick.published", "pick.superseded", "pick.withdrawn")

_BY_PEOPLE = """
SELECT action, object_id, diff, reason, tenant_schema, occurred_at, recorded_at
FROM audit_entry
WHERE object_type = %(type)s AND before_hash IS NOT NULL AND occurred_at <= %(last)s
  AND recorded_at >= %(since)s AND NOT actor_type = ANY(%(machines)s)
ORDER BY recorded_at, id
"""

_OVERRIDES = """
SELECT pick_id, outcome, override_reason, override_by, override_approved_by,
    dead_heat_factor::text, graded_at, coalesce(seen.at, graded_at)
FROM {schema}.grade LEFT JOIN LATERAL (
    SELECT min(recorded_at) AS at FROM public.audit_entry
    WHERE object_id = grade.id::text AND object_type = 'Grade'
) AS seen ON true
WHERE source = 'OPERATOR' AND graded_at <= %(last)s
"""

# Which days were asked for is not kept: those of the picks that got a revision are among them.
_REGRADES = """
SELECT grade.graded_at, grade.tag, pick.league, ruleset.version,
    min((pick.expires_at AT TIME ZONE league.timezone)::date)::text,
    max((pick.expires_at AT TIME ZONE league.timezone)::date)::text,
    coalesce(min(seen.at), grade.graded_at)
FROM {schema}.grade JOIN {schema}.pick ON pick.id = grade.pick_id
JOIN public.league ON league.code = pick.league
JOIN public.settlement_ruleset AS ruleset ON ruleset.id = grade.settlement_ruleset_id
LEFT JOIN LATERAL (
    SELECT min(recorded_at) AS at FROM public.audit_entry
    WHERE object_id = grade.id::text AND object_type = 'Grade'
) AS seen ON true
WHERE grade.tag <> '' AND grade.graded_at <= %(last)s
GROUP BY 1, 2, 3, 4
"""

_DECIDED = """
SELECT item.kind, item.provider, item.league_id, item.subject, item.status, item.decision,
    item.decided_by, item.reason, item.decided_at, coalesce(seen.at, item.decided_at)
FROM review_item AS item LEFT JOIN LATERAL (
    SELECT min(recorded_at) AS at FROM audit_entry
    WHERE object_id = item.id::text AND object_type = 'ReviewItem' AND before_hash IS NOT NULL
) AS seen ON true
WHERE item.status <> 'OPEN' AND item.decided_at <= %(last)s
"""

# Alerts that a stage raised it raises again; those of checks, jobs and people are given.
_ALERTS = """
SELECT entry.action, entry.diff, entry.occurred_at, entry.recorded_at, to_jsonb(alert),
    entry.actor_id
FROM audit_entry AS entry JOIN ops_alert AS alert ON alert.id::text = entry.object_id
WHERE entry.object_type = %(type)s AND entry.occurred_at <= %(last)s
  AND entry.recorded_at >= %(since)s
  AND entry.action IN ('alert.opened', 'alert.worsened', 'alert.resolved')
ORDER BY entry.recorded_at, entry.id
"""


def acts_of(live: Any, schemas: list[str], *, since: datetime, last: datetime) -> Iterator[Placed]:
    """Yield what people decided between the beginning and ``last``, and the alerts they had."""
    told = _People(live, since, last)
    yield from told.events()
    yield from told.questions()
    yield from told.picks()
    for schema in schemas:
        yield from told.overrides(schema)
        yield from told.regrades(schema)
    yield from told.alerts()


class _People:
    """Asks one snapshot of the live database."""

    def __init__(self, live: Any, since: datetime, last: datetime) -> None:
        self.live = live
        self.params = {"since": since, "last": last, "machines": MACHINES}

    def events(self) -> Iterator[Placed]:
        found = self.live.execute(_BY_PEOPLE, {**self.params, "type": Event.__name__}).fetchall()
        for action, ident, diff, _reason, _schema, at, seen in found:
            if action == _MERGED:
                continue
            values = columns_of(Event, {name: pair[1] for name, pair in diff.items()})
            told = {"table": "event", "key": {"id": ident}, "change": values}
            if values:
                yield (seen, LAST, 0), Step(Kind.ROW, at, "", told)

    def questions(self) -> Iterator[Placed]:
        names = (
            *("kind", "provider", "league_id", "subject"),
            *("status", "decision", "decided_by", "reason"),
        )
        for *values, at, seen in self.live.execute(_DECIDED, self.params).fetchall():
            told = dict(zip(names, values, strict=True))
            yield (seen, LAST, 0), Step(Kind.REVIEW, at, "", told)

    def picks(self) -> Iterator[Placed]:
        found = self.live.execute(_BY_PEOPLE, {**self.params, "type": "Pick"}).fetchall()
        # Who supersedes a pick publishes another one with it: one act.
        pairs = {(at, schema) for action, _, _, _, schema, at, _ in found if action == _ACTS[1]}
        for action, ident, diff, reason, schema, at, seen in found:
            if action not in _ACTS or (action == _ACTS[0] and (at, schema) in pairs):
                continue
            why = diff.get("withdrawn_reason", ["", ""])[1]
            told = {"act": action, "pick": ident, "reason": why, "note": reason}
            yield (seen, LAST, 0), Step(Kind.PICK, at, schema, told)

    def overrides(self, schema: str) -> Iterator[Placed]:
        names = ("pick", "outcome", "reason", "by", "approved_by", "dead_heat_factor")
        statement = sql.SQL(_OVERRIDES).format(schema=sql.Identifier(schema))
        for pick, *values, at, seen in self.live.execute(statement, self.params).fetchall():
            told = dict(zip(names, (str(pick), *values), strict=True))
            yield (seen, LAST, 0), Step(Kind.GRADE, at, schema, told)

    def regrades(self, schema: str) -> Iterator[Placed]:
        names = ("tag", "league", "version", "first", "last")
        statement = sql.SQL(_REGRADES).format(schema=sql.Identifier(schema))
        for at, *values, seen in self.live.execute(statement, self.params).fetchall():
            told = dict(zip(names, values, strict=True))
            yield (seen, LAST, 0), Step(Kind.REGRADE, at, schema, told)

    def alerts(self) -> Iterator[Placed]:
        params = {**self.params, "type": OpsAlert.__name__}
        for action, diff, at, seen, alert, actor in self.live.execute(_ALERTS, params).fetchall():
            if action != "alert.resolved" and stage_of(actor) in PLACES:
                continue
            told = {
                "alert": alert,
                "effect": diff.get("effect", ["", alert["effect"]])[1],
                "severity": diff.get("severity", ["", alert["severity"]])[1],
                "over": action == "alert.resolved",
            }
            yield (seen, LAST, 0), Step(Kind.ALERT, at, alert["tenant_schema"], told)
