"""Injury reports into rows: news is a new row, and nothing else is touched by it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.governance import audit
from apps.snapshots.actions.account import Account
from apps.snapshots.actions.spellings import set_unknown_aside, teams_of
from apps.snapshots.models import Feed, InjuryReport, ProviderPoll
from apps.snapshots.reading.injuries import ReadInjuries, ToldInjury


def store_injuries(
    read: ReadInjuries,
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    *,
    by: Actor,
    at: datetime,
) -> Account:
    """Store what a body tells of players that is news. The caller holds the league's lock."""
    teams = teams_of(league, feed.provider, read.reports)
    known = set_unknown_aside(
        [(told, 1) for told in read.reports],
        teams,
        league,
        feed.provider,
        read.tray,
        captured_at=poll.captured_at,
        by=by,
        at=at,
    )
    news = _news(known, teams, poll, feed)
    InjuryReport.objects.bulk_create(news)
    audit.record_set([_entry(row) for row in news], by=by, at=at)
    return Account(
        tray=read.tray,
        prices=read.told,
        written=len(news),
        unchanged=len(known) - len(news),
    )


def _news(
    told: Sequence[ToldInjury], teams: Mapping[str, UUID], poll: ProviderPoll, feed: Feed
) -> list[InjuryReport]:
    """Leave out what the provider's newest word on a player says already, and what is older."""
    newest = {
        (row.team_id, row.player): row
        for row in InjuryReport.objects.filter(
            team_id__in={teams[one.team] for one in told}, provider=feed.provider
        ).newest()
    }
    rows = []
    for one in told:
        row = InjuryReport(
            team_id=teams[one.team],
            poll=poll,
            provider=feed.provider,
            player=one.player,
            position=one.position,
            status=one.status,
            note=one.note,
            reported_at=one.reported_at,
            captured_at=poll.captured_at,
        )
        known = newest.get((row.team_id, row.player))
        if known is None or (
            known.captured_at < row.captured_at
            and (known.status, known.note) != (row.status, row.note)
        ):
            rows.append(row)
    return rows


def _entry(row: InjuryReport) -> audit.Row:
    return audit.Row(
        action="injury_report.stored",
        object_type=InjuryReport.__name__,
        object_id=str(row.pk),
        before=None,
        after=row.audit_state(),
    )
