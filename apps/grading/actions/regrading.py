"""Settling again what is graded, by another version of the rules or by what is known today."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.catalog.models import SettlementRuleset
from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.governance import switches
from apps.grading import parlays
from apps.grading.actions.following import follow_legs
from apps.grading.actions.writing import write_grades
from apps.grading.parlays import Followed
from apps.grading.reading import Asked, read_picks
from apps.grading.reconciliation import grade_scopes
from apps.grading.settling import settled
from apps.grading.telling import tell_of_revisions
from apps.grading.verdicts import Verdict, judge_again
from apps.rulebook.errors import RuleBroken
from apps.rulebook.settlement import Outcome, Settled

# By the day of their game in its league's own calendar, as it was when they were made.
_GRADED_PICKS = """
SELECT pick.id FROM pick JOIN league ON league.code = pick.league
WHERE pick.status = 'GRADED'
  AND (pick.expires_at AT TIME ZONE league.timezone)::date BETWEEN %(first)s AND %(last)s
  AND (%(league)s = '' OR pick.league = %(league)s)
ORDER BY pick.id
"""
_DIFFERENCES = """
WITH again AS ({query})
SELECT again.pick_id, pick.league, before.outcome, again.outcome, before.profit, again.profit,
    again.won, again.void_factor
FROM again JOIN pick ON pick.id = again.pick_id
JOIN grade AS before
  ON before.pick_id = again.pick_id AND before.revision_no = again.revision_no - 1
ORDER BY pick.expires_at, again.pick_id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What another settlement makes of one pick."""

    pick_id: UUID
    league: str
    was: str
    becomes: str
    profit_was: Decimal  # units per unit staked
    profit_becomes: Decimal

    @property
    def changes(self) -> bool:
        return (self.was, self.profit_was) != (self.becomes, self.profit_becomes)


@dataclass(frozen=True, slots=True)
class Regraded:
    """What settling again did, or would do, for one tenant."""

    looked: int = 0  # graded picks of the days that were asked about
    differences: tuple[Difference, ...] = ()  # of those that get a revision, equal ones too
    written: int = 0  # 0 where nothing was to be written
    kept: dict[str, int] = field(default_factory=dict)  # those that stay as they are, by reason
    parlays: tuple[Followed, ...] = ()  # settled ones that follow, equal ones too
    parlays_written: int = 0

    @property
    def changed(self) -> int:
        return sum(one.changes for one in self.differences)

    @property
    def profit_moved(self) -> Decimal:
        return sum((one.profit_becomes - one.profit_was for one in self.differences), Decimal(0))


class NothingToRegrade(RuleBroken):
    code = "REGRADE_WITHOUT_RULES"

    def __init__(self, version: int) -> None:
        super().__init__(f"No market has settlement rules of version {version}.")


@transaction.atomic
def regrade(
    *,
    first: date,
    last: date,
    version: int,
    tag: str,
    by: Actor,
    at: datetime,
    league: str = "",
    dry_run: bool = False,
) -> Regraded:
    """Settle the graded picks of these days by version ``version`` of their markets' rules.

    Every grade that was settled by other rules, on another result or against another close gets
    a revision with the ``tag``; what it was stays, and parlays follow. A second call finds nothing
    left. What two people decided stands, and so does whatever is in doubt or has no rules of that
    version.

    Raises:
        NothingToRegrade: there are no rules of that version at all.
        switches.Halted: grading is stopped in one of the picks' scopes.
    """
    if not SettlementRuleset.objects.filter(version=version).exists():
        raise NothingToRegrade(version)
    found = fetch_all(_GRADED_PICKS, {"first": first, "last": last, "league": league})
    pick_ids = [pick_id for (pick_id,) in found]
    rows = read_picks(at, pick_ids)
    targets = _targets({row.ruleset_id for row in rows}, version)
    verdicts = judge_again([row for row in rows if row.ruleset_id in targets], at, targets)
    news = [verdict for verdict in verdicts if verdict.is_news]
    kept = _kept(rows, verdicts, targets)
    if not news:
        return Regraded(looked=len(pick_ids), kept=kept)

    own = {scope for one in news for scope in grade_scopes(one.asked.league)}
    reached = parlays.scopes_of_parlays(at, pick_arrays=[one.asked.pick_array for one in news])
    open_scopes = switches.hold_scopes(switches.GRADE, sorted(own | reached))
    if not open_scopes >= own:
        switches.hold_open(switches.GRADE, scopes=sorted(own))
    differences, ends = _differences(news, at)
    shown = Regraded(
        looked=len(pick_ids),
        differences=differences,
        kept=kept,
        parlays=tuple(parlays.would_follow(ends)) if reached else (),
    )
    if dry_run:
        return shown
    written = write_grades(news, by=by, at=at, tag=tag)
    tell_of_revisions(news, by=by, at=at)
    followed = follow_legs(open_scopes, by=by, at=at)
    return replace(shown, written=sum(row.picks for row in written), parlays_written=followed)


def _targets(ruleset_ids: set[int], version: int) -> dict[int, SettlementRuleset]:
    """Map rules to those of another version for the same market; without one they are absent."""
    wanted = {
        (row.league_id, row.market_type, row.period): row
        for row in SettlementRuleset.objects.filter(version=version)
    }
    return {
        row.pk: wanted[key]
        for row in SettlementRuleset.objects.filter(pk__in=ruleset_ids)
        if (key := (row.league_id, row.market_type, row.period)) in wanted
    }


def _differences(
    news: Sequence[Verdict], at: datetime
) -> tuple[tuple[Difference, ...], dict[UUID, Settled]]:
    """What another settlement makes of each pick, and how it ends by it."""
    query, params = settled(news, at=at, held=False)
    rows = fetch_all(_DIFFERENCES.format(query=query), params)
    differences = tuple(Difference(*row[:6]) for row in rows)
    return differences, {row[0]: Settled(Outcome(row[3]), *row[6:]) for row in rows}


def _kept(
    rows: Sequence[Asked], verdicts: Sequence[Verdict], targets: Mapping[int, SettlementRuleset]
) -> dict[str, int]:
    kept: Counter[str] = Counter()
    for row in rows:
        if row.ruleset_id not in targets:
            kept["NO_SUCH_RULES"] += row.picks
    for verdict in verdicts:
        if not verdict.is_news:
            kept[_why_kept(verdict)] += verdict.asked.picks
    return {why: kept[why] for why in sorted(kept)}


def _why_kept(verdict: Verdict) -> str:
    if verdict.asked.is_overridden:
        return "OVERRIDDEN"
    return verdict.wait or "SETTLED_SO"
