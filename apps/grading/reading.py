"""Every published pick that may settle, with its game, its result, its close and its grade."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from apps.core.db import fetch_all
from apps.rulebook.lifecycle import PickStatus

_LONGEST_RECHECK: Final = timedelta(days=30)  # what a configuration may ask for at most


class Asked(NamedTuple):
    """One published pick with its game, its result, its close and its current grade."""

    pick_id: UUID
    league: str
    market_type: str
    side: str
    line: Any
    price: Any
    ruleset_id: int
    scheduled: datetime  # the start that the pick was made on
    pick_status: str
    event_status: str
    begins_at: datetime
    final_at: datetime | None
    maximum_minutes: int
    timezone: str
    id_is_known: bool
    id_is_of_this_game: bool
    result_id: int | None
    result_status: str
    suspect_code: str
    home_score: int | None
    away_score: int | None
    result_sha256: str
    payload_sha256: str
    clv_version: str
    grade_id: UUID | None
    revision_no: int
    grade_outcome: str
    grade_result_sha256: str
    grade_ruleset_id: int | None
    grade_clv_version: str
    grade_source: str

    @property
    def is_open(self) -> bool:
        """Whether it has not been graded yet, so that its status still has to move."""
        return self.pick_status in (PickStatus.PUBLISHED, PickStatus.SUPERSEDED)


_ASKED = """
WITH asked AS (
    SELECT pick.id FROM pick JOIN event ON event.id = pick.event_id
    WHERE pick.status IN ('PUBLISHED', 'SUPERSEDED')
      AND (event.begins_at <= %(at)s OR event.begins_at > pick.expires_at
           OR event.status IN ('FINAL', 'CANCELED', 'POSTPONED'))
    UNION
    SELECT pick.id FROM event JOIN pick ON pick.event_id = event.id
    WHERE pick.status = 'GRADED' AND event.final_at BETWEEN %(recheck_from)s AND %(at)s
    UNION
    SELECT grade.pick_id FROM grade WHERE grade.outcome = 'UNGRADEABLE'
)
"""
_ONLY = "WITH asked AS (SELECT unnest(%(only)s::uuid[]) AS id)"

# A result is found by the exact id it came under: one that is no longer this game's is drift.
_READ = """
, game AS (
    SELECT DISTINCT pick.event_id, pick.provider FROM asked JOIN pick ON pick.id = asked.id
), result AS (
    SELECT DISTINCT ON (game.event_id, game.provider)
        game.event_id, game.provider, told.id, told.status, told.suspect_code, told.home_score,
        told.away_score, told.result_sha256, told.poll_id, source.event_id AS source_event
    FROM game
    JOIN result_snapshot AS told
      ON told.event_id = game.event_id AND told.captured_at <= %(at)s
    LEFT JOIN event_source AS source
      ON (source.provider, source.source_event_id) = (told.provider, told.source_event_id)
    ORDER BY game.event_id, game.provider, told.provider = game.provider DESC,
        told.captured_at DESC, told.id DESC
)
SELECT pick.id, pick.league, pick.market_type, pick.side, pick.line, pick.price,
    pick.settlement_ruleset_id, pick.expires_at, pick.status,
    event.status, event.begins_at, event.final_at, league.maximum_minutes, league.timezone,
    source.event_id IS NOT NULL,
    source.event_id = event.id AND event.home_id = pick.home_team_id
        AND event.away_id = pick.away_team_id AND event.frozen_code = ''
        AND event.merged_into_id IS NULL
        AND (result.id IS NULL OR result.source_event IS NOT DISTINCT FROM event.id),
    result.id, coalesce(result.status, ''), coalesce(result.suspect_code, ''),
    result.home_score, result.away_score, coalesce(result.result_sha256, ''),
    coalesce(raw_payload.sha256, ''), coalesce(tracking.method_version, ''),
    grade.id, coalesce(grade.revision_no, 0), coalesce(grade.outcome, ''),
    coalesce(grade.result_sha256, ''), grade.settlement_ruleset_id,
    coalesce(grade.clv_version, ''), coalesce(grade.source, '')
FROM asked
JOIN pick ON pick.id = asked.id
JOIN event ON event.id = pick.event_id
JOIN league ON league.id = event.league_id
LEFT JOIN event_source AS source
  ON (source.provider, source.source_event_id) = (pick.provider, pick.source_event_id)
LEFT JOIN result ON (result.event_id, result.provider) = (pick.event_id, pick.provider)
LEFT JOIN provider_poll ON provider_poll.id = result.poll_id
LEFT JOIN raw_payload ON raw_payload.id = provider_poll.payload_id
LEFT JOIN line_tracking AS tracking
  ON tracking.pick_id = pick.id AND tracking.completed_at IS NOT NULL
LEFT JOIN LATERAL (
    SELECT * FROM grade WHERE grade.pick_id = pick.id ORDER BY grade.revision_no DESC LIMIT 1
) AS grade ON true
WHERE pick.published_at IS NOT NULL
ORDER BY pick.id
"""


def read(at: datetime, *, only: Iterable[UUID] | None = None) -> list[Asked]:
    """Read every published pick that may settle at ``at``, those still re-checked too."""
    asked = _ASKED if only is None else _ONLY
    params: dict[str, Any] = {
        "at": at,
        "recheck_from": at - _LONGEST_RECHECK,
        "only": None if only is None else list(only),
    }
    return [Asked(*row) for row in fetch_all(asked + _READ, params)]
