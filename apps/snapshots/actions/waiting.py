"""What waits for the answer to a question: the polls, the oldest first, and their games."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Max, Min, Q

from apps.catalog.models import EventScheduleChange, EventSource, ReviewItem, ReviewKind, TeamAlias
from apps.snapshots.models import (
    Feed,
    FeedKind,
    ProviderPoll,
    QuarantinedRow,
    ResultSnapshot,
    Sighting,
)
from apps.snapshots.querysets import QuarantinedRowQuerySet
from apps.snapshots.reading.codes import Quarantined

SetAside = Mapping[ProviderPoll, frozenset[str]]

# An id that nobody could place was told of on boards and among results.
_UNPLACED = (Quarantined.EVENT_AMBIGUOUS, Quarantined.UNKNOWN_EVENT)


def waiting_for(item: ReviewItem) -> SetAside:
    """Find what was set aside until a question was answered, or was read about another event."""
    match item.kind:
        case ReviewKind.UNKNOWN_SPELLING:
            return _under_a_spelling(item)
        case ReviewKind.EVENT_AMBIGUOUS:
            return _gathered(_rows(item, _UNPLACED, item.subject))
        case ReviewKind.MAPPING_DRIFT:
            ident = item.evidence["source_event_id"]
            return _gathered(_rows(item, [Quarantined.MAPPING_DRIFT], ident))
        case _:
            return _of_the_merged(item)


def _rows(
    item: ReviewItem, codes: Iterable[Quarantined], source_event_id: str
) -> QuarantinedRowQuerySet:
    rows: QuarantinedRowQuerySet = QuarantinedRow.objects.filter(
        code__in=list(codes),
        source_event_id=source_event_id,
        poll__feed__provider=item.provider,
        poll__feed__league=item.league,
    )
    return rows


def _gathered(rows: QuarantinedRowQuerySet) -> SetAside:
    found: defaultdict[ProviderPoll, set[str]] = defaultdict(set)
    ordered = rows.select_related("poll__feed__league").order_by(
        "poll__captured_at", "poll_id", "id"
    )
    for row in ordered.iterator():
        found[row.poll].add(row.source_event_id)
    return {poll: frozenset(events) for poll, events in found.items()}


def _under_a_spelling(item: ReviewItem) -> SetAside:
    """Games set aside for a spelling, where both their teams are known by now."""
    rows = (
        QuarantinedRow.objects.filter(
            code=Quarantined.UNKNOWN_TEAM,
            poll__feed__provider=item.provider,
            poll__feed__league=item.league,
            fragment__contains=msgspec.json.encode(item.subject).decode()[:-1],
        )
        .select_related("poll__feed__league")
        .order_by("poll__captured_at", "poll_id", "id")
    )
    known: dict[str, bool] = {}
    found: defaultdict[ProviderPoll, set[str]] = defaultdict(set)
    for row in rows.iterator():
        if row.fragment not in known:
            known[row.fragment] = _is_known(row.fragment, item)
        if known[row.fragment]:
            found[row.poll].add(row.source_event_id)
    return {poll: frozenset(events) for poll, events in found.items()}


def _is_known(fragment: str, item: ReviewItem) -> bool:
    """Whether both teams that a piece names are known by now."""
    try:
        piece = json.loads(fragment)
    except ValueError:  # names so long that the piece was cut
        return False
    names = {piece["home"], piece["away"]}
    assert item.league_id is not None
    teams = TeamAlias.objects.teams_of(
        provider=item.provider, league_id=item.league_id, spellings=names
    )
    return item.subject in names and teams.keys() == names


def _of_the_merged(item: ReviewItem) -> SetAside:
    """What was told of a merged event where the one that stays was not told of.

    Results: all of them. Quotes: those of each feed since it last showed the one that stays.
    """
    merged, stays = UUID(item.evidence["event"]), UUID(item.decision["event"])
    found: dict[ProviderPoll, frozenset[str]] = {}
    for source in EventSource.objects.filter(event_id=merged):
        polls = ProviderPoll.objects.filter(_told(merged, stays, source, item)).readable()
        for poll in polls.select_related("feed__league"):
            found[poll] = found.get(poll, frozenset()) | {source.source_event_id}
    return dict(sorted(found.items(), key=lambda one: (one[0].captured_at, one[0].pk)))


def _told(merged: UUID, stays: UUID, source: EventSource, item: ReviewItem) -> Q:
    results = ResultSnapshot.objects.filter(
        event_id=merged, provider=source.provider, source_event_id=source.source_event_id
    )
    told = Q(pk__in=results.values("poll_id"))
    first = _first_told(source)
    for feed in Feed.objects.filter(
        kind=FeedKind.ODDS, provider=source.provider, league=item.league
    ):
        seen = Sighting.objects.filter(feed=feed)
        last = seen.filter(event_id=merged).aggregate(at=Max("seen_at"))["at"]
        before = seen.filter(event_id=stays).aggregate(at=Max("seen_at"))["at"]
        if last is not None and first is not None:
            span = Q(feed=feed, captured_at__gte=first, captured_at__lte=last)
            told |= span & Q(captured_at__gt=before) if before is not None else span
    return told


def _first_told(source: EventSource) -> datetime | None:
    changes = EventScheduleChange.objects.filter(event_id=source.event_id, provider=source.provider)
    first: datetime | None = changes.order_by().aggregate(at=Min("captured_at"))["at"]
    return first
