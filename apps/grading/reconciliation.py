"""Where every published pick stands: due = graded + waiting (with a reason) + void + ungradeable.

The same reading and the same verdicts as the stage that writes grades, for its counters and for
the console.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from apps.core.db import fetch_all
from apps.core.stages import StageCount
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.grading.kinds import Wait
from apps.grading.verdicts import Rhythms, Verdict, judged_ungraded
from apps.rulebook.settlement import Outcome

PROMISED_SHARE: Final = 0.99  # of published picks are graded in time (docs/domain.md section 7)

# By the day of the game that the pick was made on, in the calendar of its league.
_DAY: Final = "(pick.expires_at AT TIME ZONE league.timezone)::date"
_SETTLED: Final = f"""
SELECT pick.league, {_DAY}, grade.outcome, count(*)
FROM grade
JOIN pick ON pick.id = grade.pick_id
JOIN league ON league.code = pick.league
WHERE (%(since)s::date IS NULL OR {_DAY} >= %(since)s::date)
  AND NOT EXISTS (SELECT FROM grade AS following
    WHERE following.pick_id = grade.pick_id AND following.revision_no = grade.revision_no + 1)
GROUP BY 1, 2, 3
"""
_PUNCTUAL: Final = f"""
SELECT pick.league, {_DAY}, count(*),
    count(*) FILTER (WHERE first.graded_at <= event.final_at + promise.within)
FROM pick
JOIN league ON league.code = pick.league
JOIN event ON event.id = pick.event_id AND event.status = 'FINAL'
JOIN (SELECT league, make_interval(secs => 60 * minutes) AS within
      FROM unnest(%(leagues)s::text[], %(minutes)s::float8[]) AS it (league, minutes)) AS promise
  ON promise.league = pick.league
LEFT JOIN grade AS first ON first.pick_id = pick.id AND first.revision_no = 1
WHERE pick.published_at IS NOT NULL AND {_DAY} >= %(since)s::date
  AND (event.final_at + promise.within <= %(at)s
       OR first.graded_at <= event.final_at + promise.within)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every pick that is due, in one of four places; they add up or something is lost."""

    graded: int
    void: int
    ungradeable: int
    waiting: Mapping[Wait, int]
    oldest_at: datetime | None = None  # since when the game of the oldest waiting pick is over

    @property
    def due(self) -> int:
        return self.graded + self.void + self.ungradeable + sum(self.waiting.values())

    def count(self) -> StageCount:
        """Say it as a stage's counter does."""
        return StageCount(self.due, self.due - sum(self.waiting.values()), self.oldest_at)


def waiting(at: datetime) -> list[Verdict]:
    """Return the picks that are due and have no grade, with what they wait for."""
    verdicts = judged_ungraded(at)
    scopes = {scope for one in verdicts for scope in grade_scopes(one.asked.league)}
    open_scopes = switches.open_scopes(switches.GRADE, sorted(scopes)) if scopes else set()
    return [
        one if one.wait else Verdict(one.asked, wait=_written_when(one, open_scopes))
        for one in verdicts
        if one.is_due
    ]


@dataclass(frozen=True, slots=True)
class Day:
    """The picks on one league's games of one of its days, and whether they were graded in time.

    ``promised`` are those of which the provider has called the game final and the time within
    which they are to be graded is over or kept; ``kept`` are those of them graded within it.
    """

    league: str
    day: date  # in the league's own calendar, of the start that the picks were made on
    reconciled: Reconciliation
    promised: int
    kept: int

    @property
    def punctual(self) -> float | None:
        """The share that was graded in time; None: nothing was promised yet."""
        return self.kept / self.promised if self.promised else None

    @property
    def keeps_promise(self) -> bool:
        return self.punctual is None or self.punctual >= PROMISED_SHARE


def reconcile(at: datetime) -> Reconciliation:
    """Add up everything that ever was due."""
    return _total(_by_day(at, None).values())


def days(at: datetime, *, since: date) -> list[Day]:
    """The same day by day and league by league, the newest first; its sum is ``reconcile``'s."""
    found = _by_day(at, since)
    punctual = _punctuality(at, since, {league for league, _ in found})
    return [
        Day(league, day, found[league, day], *punctual.get((league, day), (0, 0)))
        for league, day in sorted(found, key=lambda key: (key[1], key[0]), reverse=True)
    ]


def _by_day(at: datetime, since: date | None) -> dict[tuple[str, date], Reconciliation]:
    """The one count of what is due: graded ones as they are stored, waiting ones as judged now."""
    outcomes: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for league, day, outcome, count in fetch_all(_SETTLED, {"since": since}):
        outcomes[league, day][outcome] += count
    reasons: dict[tuple[str, date], Counter[Wait]] = defaultdict(Counter)
    oldest: dict[tuple[str, date], datetime] = {}
    for one in waiting(at):
        key = (one.asked.league, _day_of(one))
        if one.wait is None or (since is not None and key[1] < since):
            continue
        reasons[key][one.wait] += one.asked.picks
        oldest[key] = min(one.asked.over_at, oldest.get(key, one.asked.over_at))
    return {
        key: Reconciliation(
            graded=outcomes[key].total()
            - outcomes[key][Outcome.VOID]
            - outcomes[key][Outcome.UNGRADEABLE],
            void=outcomes[key][Outcome.VOID],
            ungradeable=outcomes[key][Outcome.UNGRADEABLE],
            waiting={reason: reasons[key][reason] for reason in Wait if reasons[key][reason]},
            oldest_at=oldest.get(key),
        )
        for key in {*outcomes, *reasons}
    }


def _total(parts: Iterable[Reconciliation]) -> Reconciliation:
    found = list(parts)
    waits: Counter[Wait] = Counter()
    for part in found:
        waits.update(part.waiting)
    return Reconciliation(
        graded=sum(part.graded for part in found),
        void=sum(part.void for part in found),
        ungradeable=sum(part.ungradeable for part in found),
        waiting={reason: waits[reason] for reason in Wait if waits[reason]},
        oldest_at=min((part.oldest_at for part in found if part.oldest_at), default=None),
    )


def _punctuality(
    at: datetime, since: date, leagues: set[str]
) -> dict[tuple[str, date], tuple[int, int]]:
    """Promised and kept, from stored times alone: the final and the first grade."""
    rhythms = Rhythms(at)
    within = {
        league: float(rhythm.graded_within_min)
        for league in sorted(leagues)
        if (rhythm := rhythms.of(league))
    }
    params = {"at": at, "since": since, "leagues": [*within], "minutes": [*within.values()]}
    return {
        (league, day): (promised, kept)
        for league, day, promised, kept in fetch_all(_PUNCTUAL, params)
    }


def _day_of(verdict: Verdict) -> date:
    asked = verdict.asked
    return asked.scheduled.astimezone(ZoneInfo(asked.timezone)).date()


def stage_count(at: datetime) -> StageCount:
    """How many published picks ought to have a grade by ``at``, and how many have one."""
    return reconcile(at).count()


def grade_scopes(league: str) -> list[str]:
    """Where grading must be open for a pick of this tenant and league."""
    return [f"tenant:{current_schema()}", f"league:{league}"]


def _written_when(verdict: Verdict, open_scopes: set[str]) -> Wait:
    closed = not open_scopes.issuperset(grade_scopes(verdict.asked.league))
    return Wait.SWITCH_OFF if closed else Wait.NOT_WRITTEN
