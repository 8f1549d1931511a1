"""What grading asks about: games with published picks that may settle, and what is known of them.

Picks of one game that were made on the same ids, teams, start and rules, and that stand alike, are
asked about together: what ought to become of them is decided once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from apps.core.db import fetch_again
from apps.grading.kinds import GradeSource
from apps.rulebook.clv import CloseSource
from apps.snapshots.providers.registry import OPERATOR

_LONGEST_RECHECK: Final = timedelta(days=30)  # what a configuration may ask for at most


class Asked(NamedTuple):
    """Picks of one game that can only be settled alike, with what is known of the game."""

    picks: int  # how many
    # Arrays as PostgreSQL writes them: they go back as they came, by the hundred thousand.
    pick_array: str
    revisions: str  # the number of the current grade of each; 0: there is none
    event_id: UUID
    league: str
    scheduled: datetime  # the start that the picks were made on
    ruleset_id: int
    rules_hash: str
    rules: str  # JSON
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
    played: str | None  # JSON, how much of a game that was cut short; None: all of it
    overtime: bool | None
    result_sha256: str
    payload_sha256: str
    is_graded: bool
    given_up: bool  # graded UNGRADEABLE: another result may still settle them
    grade_result_sha256: str
    grade_source: str
    close_is_new: bool  # taken after the grade was written

    @property
    def is_overridden(self) -> bool:
        return self.grade_source == GradeSource.OPERATOR

    @property
    def pick_ids(self) -> list[UUID]:
        return [UUID(text) for text in self.pick_array.strip("{}").split(",")]

    @property
    def over_at(self) -> datetime:
        """Since when somebody might wait for a grade."""
        return self.final_at or self.begins_at


class Open(NamedTuple):
    """A game that may be over, with published picks that have no grade."""

    event_id: UUID
    league: str
    is_final: bool
    final_at: datetime | None


# The games with picks that have no grade, one probe of the index for each of them: a tenant may
# have many picks on a game, and nobody reads those of games that are not over.
_OPEN = """
WITH RECURSIVE open_game AS (
    (SELECT event_id FROM pick WHERE status IN ('PUBLISHED', 'SUPERSEDED')
     ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT pick.event_id FROM pick
            WHERE pick.status IN ('PUBLISHED', 'SUPERSEDED') AND pick.event_id > before.event_id
            ORDER BY pick.event_id LIMIT 1)
    FROM open_game AS before WHERE before.event_id IS NOT NULL
)
SELECT event.id, league.code, event.status = 'FINAL', event.final_at
FROM open_game JOIN event ON event.id = open_game.event_id
JOIN league ON league.id = event.league_id
WHERE event.status IN ('CANCELED', 'POSTPONED')
   OR event.status = 'FINAL' AND event.final_at <= %(at)s::timestamptz
   OR event.status <> 'FINAL' AND (
       event.begins_at + make_interval(mins => league.maximum_minutes) <= %(at)s::timestamptz
       OR EXISTS (SELECT FROM event_schedule_change AS moved WHERE moved.event_id = event.id))
"""
# What a grade notes of the close: the method that measured it, or that there is none.
CLV_NOW: Final = (
    f"CASE tracking.close_source WHEN '{CloseSource.MISSING}' THEN '{CloseSource.MISSING}'"
    " ELSE tracking.method_version END"
)
# What has a grade is looked at again where something may have changed since: a result that
# followed another one, a game that was void and is over now, a close that was taken late or was
# missing and is filled, and whatever nobody could settle.
_AGAIN = """
WITH corrected AS (
    SELECT event_id FROM result_snapshot
    WHERE captured_at BETWEEN %(recheck_from)s::timestamptz AND %(at)s::timestamptz
    GROUP BY event_id HAVING count(*) > 1
)
SELECT 'event', event_id FROM corrected
UNION ALL
SELECT 'event', event.id FROM event JOIN corrected ON corrected.event_id = event.merged_into_id
UNION ALL
SELECT 'pick', grade.pick_id FROM grade
WHERE grade.outcome IN ('UNGRADEABLE', 'VOID') AND (grade.outcome = 'UNGRADEABLE' OR EXISTS (
    SELECT FROM pick JOIN event ON event.id = pick.event_id
    WHERE pick.id = grade.pick_id AND event.final_at BETWEEN %(recheck_from)s::timestamptz
        AND %(at)s::timestamptz))
UNION ALL
SELECT 'pick', grade.pick_id FROM grade
WHERE grade.clv_version = '' AND EXISTS (
    SELECT FROM line_tracking AS tracking
    WHERE tracking.pick_id = grade.pick_id AND tracking.completed_at IS NOT NULL)
  AND NOT EXISTS (
    SELECT FROM grade AS following
    WHERE following.pick_id = grade.pick_id AND following.revision_no = grade.revision_no + 1)
UNION ALL
SELECT 'pick', grade.pick_id FROM line_tracking AS tracking
JOIN grade ON grade.pick_id = tracking.pick_id
WHERE tracking.filled_at BETWEEN %(recheck_from)s::timestamptz AND %(at)s::timestamptz
  AND grade.clv_version = 'MISSING' AND grade.source = 'PIPELINE'
  AND NOT EXISTS (
    SELECT FROM grade AS following
    WHERE following.pick_id = grade.pick_id AND following.revision_no = grade.revision_no + 1)
"""
_ASKED = """
WITH asked AS (
    SELECT id FROM pick
    WHERE event_id = ANY(%(games)s::uuid[]) AND status IN ('PUBLISHED', 'SUPERSEDED')
    UNION
    SELECT id FROM pick WHERE event_id = ANY(%(again)s::uuid[]) AND status = 'GRADED'
    UNION
    SELECT unnest(%(only)s::uuid[])
)
"""

# A game that was merged into another one is settled as that one: its ids lead there. A result is
# found by the exact id it came under: one that is no longer this game's is drift. The
# pick's own provider and a person at the desk go before all others; the newer of the two counts.
# What was graded by other rules than the pick's, because people settled it again by them, stays so.
# A result names its game: what was told of the merged one and is told alike of the one that stays,
# because its payload was read again, is the same result.
_READ = f"""
, standing AS (
    SELECT pick.id, pick.event_id, pick.league, pick.expires_at, pick.provider,
        pick.source_event_id, pick.home_team_id, pick.away_team_id,
        coalesce(grade.settlement_ruleset_id, pick.settlement_ruleset_id) AS ruleset_id,
        coalesce(grade.revision_no, 0) AS revision_no,
        grade.id IS NOT NULL AS is_graded,
        coalesce(grade.outcome = 'UNGRADEABLE', false) AS given_up,
        coalesce(grade.result_sha256, '') AS grade_result_sha256,
        coalesce(grade.source, '') AS grade_source,
        coalesce(grade.clv_now <> grade.clv_version
            AND (grade.clv_now <> 'MISSING' OR grade.clv_version = ''), false) AS close_is_new
    FROM asked
    JOIN pick ON pick.id = asked.id
    LEFT JOIN LATERAL (
        SELECT grade.*, (
            SELECT {CLV_NOW} FROM line_tracking AS tracking
            WHERE tracking.pick_id = pick.id AND tracking.completed_at IS NOT NULL
        ) AS clv_now
        FROM grade WHERE pick.status = 'GRADED' AND grade.pick_id = pick.id
        ORDER BY grade.revision_no DESC LIMIT 1
    ) AS grade ON true
    WHERE pick.published_at IS NOT NULL
), alike AS (
    SELECT count(*) AS picks, array_agg(id ORDER BY id) AS pick_ids,
        array_agg(revision_no ORDER BY id) AS revisions,
        event_id, league, expires_at, provider, source_event_id, home_team_id, away_team_id,
        ruleset_id, is_graded, given_up, grade_result_sha256, grade_source, close_is_new
    FROM standing
    GROUP BY event_id, league, expires_at, provider, source_event_id, home_team_id, away_team_id,
        ruleset_id, is_graded, given_up, grade_result_sha256, grade_source, close_is_new
), result AS (
    SELECT DISTINCT ON (game.event_id, game.provider)
        game.event_id, game.provider, told.id, told.status, told.suspect_code, told.home_score,
        told.away_score, told.periods, told.played, told.overtime, told.result_sha256,
        coalesce(told_as.merged_into_id, told_as.id) AS source_event,
        payload.sha256 AS payload_sha256
    FROM (
        SELECT DISTINCT coalesce(made.merged_into_id, made.id) AS event_id, alike.provider
        FROM alike JOIN event AS made ON made.id = alike.event_id
    ) AS game
    JOIN result_snapshot AS told
      ON told.event_id = game.event_id AND told.captured_at <= %(at)s::timestamptz
    LEFT JOIN event_source AS source
      ON (source.provider, source.source_event_id) = (told.provider, told.source_event_id)
    LEFT JOIN event AS told_as ON told_as.id = source.event_id
    LEFT JOIN provider_poll AS poll ON poll.id = told.poll_id
    LEFT JOIN raw_payload AS payload ON payload.id = poll.payload_id
    ORDER BY game.event_id, game.provider, told.provider IN (game.provider, %(desk)s::text) DESC,
        told.captured_at DESC, told.id DESC
)
SELECT alike.picks, alike.pick_ids::text, alike.revisions::text,
    alike.event_id, alike.league, alike.expires_at,
    ruleset.id, ruleset.rules_hash, ruleset.rules::text,
    event.status, event.begins_at, event.final_at, league.maximum_minutes, league.timezone,
    source.event_id IS NOT NULL,
    source.event_id IN (made.id, event.id) AND event.home_id = alike.home_team_id
        AND event.away_id = alike.away_team_id AND event.frozen_code = ''
        AND (result.id IS NULL OR result.source_event IS NOT DISTINCT FROM event.id),
    result.id, coalesce(result.status, ''), coalesce(result.suspect_code, ''),
    result.home_score, result.away_score, result.played::text, result.overtime,
    coalesce(result.result_sha256, ''), coalesce(result.payload_sha256, ''),
    alike.is_graded, alike.given_up,
    CASE WHEN made.merged_into_id IS NOT NULL AND EXISTS (
        SELECT FROM result_snapshot AS same JOIN event AS its ON its.id = same.event_id
        WHERE its.merged_into_id = made.merged_into_id
          AND same.result_sha256 = alike.grade_result_sha256
          AND (same.status, same.home_score, same.away_score, same.periods, same.played,
              same.overtime)
            IS NOT DISTINCT FROM (result.status, result.home_score, result.away_score,
              result.periods, result.played, result.overtime)
    ) THEN result.result_sha256 ELSE alike.grade_result_sha256 END,
    alike.grade_source, alike.close_is_new
FROM alike
JOIN event AS made ON made.id = alike.event_id
JOIN event ON event.id = coalesce(made.merged_into_id, made.id)
JOIN league ON league.id = event.league_id
JOIN settlement_ruleset AS ruleset ON ruleset.id = alike.ruleset_id
LEFT JOIN event_source AS source
  ON (source.provider, source.source_event_id) = (alike.provider, alike.source_event_id)
LEFT JOIN result ON (result.event_id, result.provider) = (event.id, alike.provider)
ORDER BY event.begins_at, alike.event_id, alike.pick_ids[1]
"""


def open_games(at: datetime) -> list[Open]:
    """Return the games that may be over and have picks without a grade."""
    return [Open(*row) for row in fetch_again(_OPEN, {"at": at})]


def read(at: datetime, games: Iterable[UUID]) -> list[Asked]:
    """Read the picks without a grade of these games, and what may have to be settled again."""
    moments = {"at": at, "recheck_from": at - _LONGEST_RECHECK}
    found = fetch_again(_AGAIN, moments)
    return _read(
        at,
        games,
        again=[row for kind, row in found if kind == "event"],
        only=[row for kind, row in found if kind == "pick"],
    )


def read_ungraded(at: datetime, games: Iterable[UUID]) -> list[Asked]:
    """Read the picks without a grade of these games."""
    return _read(at, games)


def read_picks(at: datetime, pick_ids: Iterable[UUID]) -> list[Asked]:
    """Read these picks, whatever is due."""
    return _read(at, (), only=pick_ids)


def _read(
    at: datetime,
    games: Iterable[UUID],
    *,
    again: Iterable[UUID] = (),
    only: Iterable[UUID] = (),
) -> list[Asked]:
    params = {"at": at, "games": list(games), "again": list(again), "only": list(only)}
    params["desk"] = OPERATOR
    if not (params["games"] or params["again"] or params["only"]):
        return []
    return [Asked(*row) for row in fetch_again(_ASKED + _READ, params)]
