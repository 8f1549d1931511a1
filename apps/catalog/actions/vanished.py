"""An id of the identity provider's that nobody knows: a new game, or a known one under a new id.

Which of the two nobody says. Where a game ahead has left the board in the same poll or before, and
the new id names the same teams about the same time, a person decides; until then nothing is built
on it, and what it tells is set aside.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from apps.catalog.actions.following import EventLedger, ReportedEvent
from apps.catalog.models import Event, EventSource, ReviewItem, ReviewKind, ReviewStatus
from apps.rulebook.markets import EventStatus

ABOUT: Final = timedelta(hours=48)  # so far apart may the starts of one game be told


def made_or_asked(
    ledger: EventLedger, fresh: Mapping[str, ReportedEvent], listed: frozenset[str] | None
) -> dict[str, EventSource]:
    """Make an event of every id, but of one that may stand for a game which has vanished."""
    asked = _asked(ledger, fresh)
    gone = _gone(ledger, listed) if listed is not None else []
    made = {}
    for ident, reported in fresh.items():
        missing = [source for source in gone if _alike(source.event, reported)]
        item = asked.get(ident)
        if item is None and missing:
            vanished = missing[0].source_event_id
            events = [source.event for source in missing]
            ledger.question_placing(reported, events, vanished=vanished)
            ledger.in_question.update(event.pk for event in events)
        elif item is not None and (missing or not _is_settled(item, listed)):
            ledger.question_placing(reported, [])
            if item.status == ReviewStatus.OPEN:
                ledger.in_question.update(UUID(each["event"]) for each in item.suggestions)
        else:
            made[ident] = ledger.create(reported)
            if item is not None:
                ledger.settled[made[ident].event.pk] = item
    return made


def _asked(ledger: EventLedger, fresh: Mapping[str, ReportedEvent]) -> dict[str, ReviewItem]:
    """Find what was asked about these ids and has not made an event of them."""
    rows = ReviewItem.objects.about(
        kind=ReviewKind.EVENT_AMBIGUOUS, provider=ledger.provider, league_id=ledger.league.pk
    ).filter(subject__in=fresh)
    return {item.subject: item for item in rows.select_for_update(of=["self"])}


def _is_settled(item: ReviewItem, listed: frozenset[str] | None) -> bool:
    """Whether the game that seemed to have gone stands on the board again: then they are two."""
    if item.status != ReviewStatus.OPEN or listed is None:
        return False
    return item.evidence.get("vanished") in listed


def _gone(ledger: EventLedger, listed: frozenset[str]) -> Sequence[EventSource]:
    """Find the ids of games ahead, or put off lately, that the whole board does not list."""
    return list(
        EventSource.objects.filter(
            Q(event__status=EventStatus.SCHEDULED, event__begins_at__gt=ledger.captured_at)
            | Q(
                event__status=EventStatus.POSTPONED,
                event__begins_at__gt=ledger.captured_at - ABOUT,
            ),
            provider=ledger.provider,
            event__league=ledger.league,
            event__merged_into__isnull=True,
            last_seen_at__lt=ledger.captured_at,
        )
        .exclude(source_event_id__in=listed)
        .select_related("event__home", "event__away")
        .order_by("event__begins_at", "pk")
    )


def _alike(event: Event, reported: ReportedEvent) -> bool:
    same = (event.home_id, event.away_id) == (reported.home_id, reported.away_id)
    return same and abs(event.start_time - reported.start_time) <= ABOUT
