"""Finals into result snapshots: a correction is a new row, doubt is a question."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.catalog.actions import (
    EventBrief,
    Question,
    ReportedEvent,
    SyncedEvents,
    ask,
    finish_events,
    match_events,
    sync_events,
)
from apps.catalog.models import Event, League, ReviewKind
from apps.core.actor import Actor
from apps.core.canonical import fingerprint
from apps.governance import audit
from apps.rulebook.markets import Period
from apps.rulebook.settlement import may_hold_extra_time
from apps.snapshots.actions.account import Account
from apps.snapshots.actions.board import doubt_about
from apps.snapshots.actions.spellings import set_unknown_aside, teams_of
from apps.snapshots.models import Feed, ProviderPoll, ResultSnapshot, ResultStatus
from apps.snapshots.providers.registry import OPERATOR
from apps.snapshots.reading.codes import Suspect
from apps.snapshots.reading.results import ReadResults, ToldResult


def store_results(
    read: ReadResults,
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    *,
    by: Actor,
    at: datetime,
) -> Account:
    """Store what a results body tells that is new, and end the events it ends.

    The caller holds the league's lock.
    """
    teams = teams_of(league, feed.provider, read.results)
    known = set_unknown_aside(
        [(told, 1) for told in read.results],
        teams,
        league,
        feed.provider,
        read.tray,
        captured_at=poll.captured_at,
        by=by,
        at=at,
    )
    matched = _matched(known, teams, poll, feed, league, by=by, at=at)
    placed = _placed(known, matched, read)
    rows = _rows(placed, matched.events, poll, feed, league)
    changed = _changed(rows, feed.provider)
    ResultSnapshot.objects.bulk_create(changed)
    audit.record_set([_entry(row) for row in changed], by=by, at=at)
    _question_suspects(changed, poll, feed, league, by=by, at=at)
    finals = {
        row.event_id: _final_at(row, poll) for row in changed if row.status == ResultStatus.FINAL
    }
    finish_events(finals, by=by, at=at)
    return Account(
        tray=read.tray,
        events=len(placed),
        prices=read.told,
        written=len(changed),
        unchanged=len(rows) - len(changed),
    )


def _matched(
    known: Sequence[ToldResult],
    teams: Mapping[str, UUID],
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    *,
    by: Actor,
    at: datetime,
) -> SyncedEvents:
    reported = [
        ReportedEvent(
            source_event_id=told.source_event_id,
            home_id=teams[told.home],
            away_id=teams[told.away],
            start_time=told.start_time,
            neutral=told.neutral,
            over=told.over,
        )
        for told in known
    ]
    # An archive tells of games that are ours only now; a scores feed never makes a game.
    bring_up = sync_events if feed.provider == league.archive_provider else match_events
    return bring_up(
        league,
        provider=feed.provider,
        reported=reported,
        captured_at=poll.captured_at,
        by=by,
        at=at,
    )


def _placed(
    known: Sequence[ToldResult], matched: SyncedEvents, read: ReadResults
) -> list[ToldResult]:
    """Keep the results whose game is certain; set the others aside."""
    placed = []
    for told in known:
        if told.source_event_id in matched.events:
            placed.append(told)
            continue
        read.tray.lay(
            doubt_about(told.source_event_id, matched),
            told.place,
            prices=1,
            source_event_id=told.source_event_id,
            fragment={"home": told.home, "away": told.away},
        )
    return placed


def _rows(
    placed: Sequence[ToldResult],
    briefs: Mapping[str, EventBrief],
    poll: ProviderPoll,
    feed: Feed,
    league: League,
) -> list[ResultSnapshot]:
    event_ids = [briefs[told.source_event_id].id for told in placed]
    begins = _begins(event_ids)
    rows = []
    for told, event_id in zip(placed, event_ids, strict=True):
        suspect = told.suspect(
            can_tie=league.can_tie,
            can_end_scoreless=league.can_end_scoreless,
            begins_at=begins[event_id],
            captured_at=poll.captured_at,
        )
        row = ResultSnapshot(
            event_id=event_id,
            poll=poll,
            provider=feed.provider,
            source_event_id=told.source_event_id,
            captured_at=poll.captured_at,
            reported_at=told.reported_at,
            status=ResultStatus.SUSPECT if suspect else ResultStatus.FINAL,
            suspect_code=suspect or "",
            home_score=told.home_score,
            away_score=told.away_score,
            overtime=told.overtime,
            played=told.played,
        )
        row.result_sha256 = fingerprint(row.canonical())
        rows.append(row)
    return rows


def _begins(event_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    return dict(Event.objects.filter(pk__in=event_ids).values_list("pk", "begins_at"))


def _changed(rows: Sequence[ResultSnapshot], provider: str) -> list[ResultSnapshot]:
    """Leave out what the provider's newest word on the event says already; a person's word is
    held against the newest of all.
    """
    newest = ResultSnapshot.objects.current_of([row.event_id for row in rows])
    if provider != OPERATOR:  # a person contradicts whoever spoke last
        newest = newest.filter(provider=provider)
    told = {row.event_id: row for row in newest}
    return [
        row
        for row in rows
        if row.event_id not in told
        or (
            row.result_sha256 != told[row.event_id].result_sha256
            and row.captured_at > told[row.event_id].captured_at
        )
    ]


def _question_suspects(
    changed: Sequence[ResultSnapshot],
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    *,
    by: Actor,
    at: datetime,
) -> None:
    begins = _begins([row.event_id for row in changed])
    questions = [
        Question(
            kind=ReviewKind.RESULT_SUSPECT,
            provider=feed.provider,
            league_id=league.pk,
            subject=f"{row.source_event_id} {row.result_sha256[:16]}",
            evidence={
                "source_event_id": row.source_event_id,
                "why": why,
                "home_score": row.home_score,
                "away_score": row.away_score,
            },
        )
        for row in changed
        if (why := _doubt_about(row, begins[row.event_id], poll, feed, league)) is not None
    ]
    ask(questions, seen_at=poll.captured_at, by=by, at=at)


def _doubt_about(
    row: ResultSnapshot, begins_at: datetime, poll: ProviderPoll, feed: Feed, league: League
) -> Suspect | None:
    """What a person has to look at: a score that cannot be, or that bets may not end on."""
    if row.status == ResultStatus.SUSPECT:
        return Suspect(row.suspect_code)
    if league.period != Period.REGULATION or feed.provider == league.archive_provider:
        return None
    holds = may_hold_extra_time(
        overtime=row.overtime,
        lasted=_final_at(row, poll) - begins_at,
        longest=timedelta(minutes=league.maximum_minutes),
    )
    return Suspect.EXTRA_TIME if holds else None


def _final_at(row: ResultSnapshot, poll: ProviderPoll) -> datetime:
    """When the provider called it final: its own time, where that is not ahead of the poll."""
    return min(row.reported_at or poll.captured_at, poll.captured_at)


def _entry(row: ResultSnapshot) -> audit.Row:
    return audit.Row(
        action="result_snapshot.stored",
        object_type=ResultSnapshot.__name__,
        object_id=str(row.pk),
        before=None,
        after=row.audit_state(),
    )
