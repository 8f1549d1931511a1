"""What was known when the warm-up begins: games, results and ratings are copied, never made.

Facts are written once, so they are today what they were then; an event is put back by its audit.
What was quoted of games still ahead is not among them: the first answers of the warm-up tell of it
again. With nothing stored before the warm-up there is nothing to copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import sql

from apps.catalog.models import Event
from apps.ops.reconstruction.givens import changes_since
from apps.ops.reconstruction.rows import change_row, copy_table, go_on_counting, resume_feeds

# Of games shortly before it, results may still be learned: with the lines that stood before them.
_EVENTS = """
SELECT event.id FROM event
WHERE NOT EXISTS (SELECT FROM audit_entry AS made WHERE made.object_id = event.id::text
    AND made.object_type = 'Event' AND made.action = 'event.created'
    AND made.recorded_at >= {since})
"""
_LATELY = (
    "SELECT id FROM event"
    " WHERE start_time >= {begins} - interval '7 days' AND start_time < {begins}"
)
_AHEAD = "SELECT id FROM event WHERE start_time >= {begins}"
_DAYS = "SELECT id FROM rating_day WHERE rated_at < {begins}"
_READ = "SELECT poll_id FROM payload_reading WHERE read_at < {begins}"

# In the order in which they refer to each other.
_KNOWN: Final[Mapping[str, str]] = {
    "provider_poll": "id = ANY({polls})",
    "payload_reading": "read_at < {begins}",
    "event": "id IN ({events})",
    "event_source": "event_id IN ({events})"
    " AND (provider <> 'operator' OR last_seen_at < {begins})",
    "event_schedule_change": "event_id IN ({events}) AND event_id IN ({ahead})"
    " AND captured_at < {begins}",
    "selection": "event_id IN ({events})",
    "result_snapshot": "event_id IN ({events}) AND poll_id IN ({read})",
    "injury_report": "poll_id IN ({read})",
    "rating_day": "id IN ({days})",
    "rated_game": "rating_day_id IN ({days}) AND event_id IN ({events})",
    "team_rating": "rating_day_id IN ({days})",
    "consensus": "event_id IN ({events}) AND event_id IN ({lately})",
    "sighting": "event_id IN ({events}) AND event_id IN ({lately})",
    "latest_quote": "event_id IN ({events}) AND event_id IN ({lately}) AND poll_id = ANY({polls})",
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the warm-up begins: by the business clock, by the database's, and what lay before."""

    begins: datetime
    since: datetime
    polls: Sequence[int]  # stored before


def copy_known(live: Any, scratch: Any, beginning: Beginning) -> None:
    """Copy what was known at the beginning of a warm-up."""
    span = {"begins": beginning.begins, "since": beginning.since}
    literals = {name: sql.Literal(value) for name, value in span.items()}
    parts = {
        name: sql.SQL(text).format(**literals)
        for name, text in (
            *(("events", _EVENTS), ("lately", _LATELY), ("ahead", _AHEAD)),
            *(("days", _DAYS), ("read", _READ)),
        )
    }
    parts["polls"] = sql.Literal(list(beginning.polls)) + sql.SQL("::bigint[]")
    for table, condition in _KNOWN.items():
        where = sql.SQL(condition).format(**literals, **parts)
        copy_table(live, scratch, table, sql.SQL("SELECT {columns} FROM {table} WHERE ") + where)
        go_on_counting(scratch, table)
    for ident, values in changes_since(live, Event, since=beginning.since).items():
        change_row(scratch, Event._meta.db_table, {"id": ident}, values)
    resume_feeds(scratch, beginning.begins)
