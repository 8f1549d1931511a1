"""Two events that turned out to be one game: a person says so, and nothing is rewritten."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.deciding import decide
from apps.catalog.actions.going_along import go_along
from apps.catalog.models import Event, EventSource, League, ReviewItem, ReviewKind, ReviewStatus
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import EventStatus

LONGEST_APART: Final = timedelta(days=7)

# Which of two states says more about one game; what a person called off may be played after all.
_SAYS: Final = {
    EventStatus.CANCELED: 0,
    EventStatus.POSTPONED: 0,
    EventStatus.SCHEDULED: 1,
    EventStatus.LIVE: 2,
    EventStatus.FINAL: 3,
}


class NotOneGame(RuleBroken):
    code = "EVENTS_NOT_ONE"

    def __init__(self, why: str) -> None:
        super().__init__(f"These two are not one game: {why}.")


class MergedAlready(RuleBroken):
    code = "EVENT_MERGED"

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event} was merged into another event: choose that one.")


class EventInDoubt(RuleBroken):
    code = "EVENT_IN_DOUBT"

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event} is frozen: decide its review item first.")


class MergeUnexplained(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Who merges two events says why.")


@transaction.atomic
def merge_events(*, event_id: UUID, into_id: UUID, by: Actor, at: datetime, reason: str) -> Event:
    """Say that an event is another one, which stays: return that one. It is not undone.

    Nothing is rewritten. The merged event keeps its ids, its quotes and the picks on it, which are
    settled by the result of the one that stays; nothing new is published on it. What is told under
    its ids from now on is told about the one that stays, and what was told under them while that
    one was not is read again.

    Raises:
        NotOneGame: other teams or sides, another league, more than a week apart, or two ends.
        MergedAlready: one of them was merged before.
        EventInDoubt: one of them is frozen.
        MergeUnexplained: nobody says why.
    """
    if not reason.strip():
        raise MergeUnexplained
    league_id = Event.objects.values_list("league_id", flat=True).get(pk=event_id)
    League.objects.locked().get(pk=league_id)  # no reading is between the two
    found = {
        event.pk: event
        for event in Event.objects.locked()
        .select_related("home", "away", "league")
        .with_score()
        .filter(pk__in=[event_id, into_id])
    }
    event, survivor = found[event_id], found[into_id]
    require_one_game(event, survivor)
    item = ReviewItem(
        kind=ReviewKind.EVENT_MERGED,
        provider=survivor.league.identity_provider,
        league=survivor.league,
        subject=f"{event.pk} {survivor.pk}",
        evidence={"event": str(event.pk), "starts": [event.start_time, survivor.start_time]},
        first_seen_at=at,
        last_seen_at=at,
    )
    item.evidence["starts"] = [start.isoformat() for start in item.evidence["starts"]]
    item.save(force_insert=True)
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        told = {"event": str(survivor.pk)}
        decide(item, ReviewStatus.APPROVED, told, by=by, at=at, reason=reason)
    merge(event, survivor, by=by, at=at, reason=reason)
    return survivor


def merge(event: Event, survivor: Event, *, by: Actor, at: datetime, reason: str) -> None:
    """Merge one event into another. The caller holds both and the league, and has asked."""
    with audit.recording("event.survives", survivor, by=by, at=at, reason=reason):
        for name, value in _together(event, survivor).items():
            setattr(survivor, name, value)
        survivor.save(update_fields=["start_time", "latched_at", "status", "final_at"])
    # No chain of merges: whatever led to the merged one leads to the one that stays.
    for each in [event, *Event.objects.locked().filter(merged_into=event)]:
        with audit.recording("event.merged", each, by=by, at=at, reason=reason):
            each.merged_into = survivor
            each.save(update_fields=["merged_into"])
    go_along([survivor.pk], by=by, at=at)


def require_one_game(event: Event, survivor: Event) -> None:
    """Refuse to take two events for one game that cannot be one."""
    if event.pk == survivor.pk:
        raise NotOneGame("they are the same event")
    for each in (event, survivor):
        if each.merged_into_id is not None:
            raise MergedAlready(each)
        if each.frozen_code:
            raise EventInDoubt(each)
    if event.league_id != survivor.league_id:
        raise NotOneGame("they are of two leagues")
    if (event.home_id, event.away_id) != (survivor.home_id, survivor.away_id):
        raise NotOneGame("other teams play, or on other sides")
    if abs(event.start_time - survivor.start_time) > LONGEST_APART:
        raise NotOneGame("they start more than a week apart")
    ends = [_end(event), _end(survivor)]
    if None not in ends and ends[0] != ends[1]:
        raise NotOneGame("they ended differently")


def _end(event: Any) -> tuple[int, int] | None:
    home, away = getattr(event, "home_score", None), getattr(event, "away_score", None)
    return None if home is None or away is None else (home, away)


def _together(event: Event, survivor: Event) -> dict[str, Any]:
    """What is known of the one game: when it starts and how far it is."""
    status = max(survivor.status, event.status, key=lambda each: _SAYS[EventStatus(each)])
    latches = [each.latched_at for each in (event, survivor) if each.latched_at]
    latched_at = min(latches, default=None)
    start = survivor.start_time
    if latched_at is None or survivor.latched_at is None:
        newest = (
            EventSource.objects.filter(
                event__in=[event, survivor], provider=survivor.league.identity_provider
            )
            .order_by("-last_seen_at", "pk")
            .first()
        )
        start = survivor.start_time if newest is None else newest.event.start_time
    ends = [each.final_at for each in (event, survivor) if each.final_at]
    return {
        "start_time": start,
        "latched_at": latched_at,
        "status": status,
        "final_at": min(ends, default=None) if status == EventStatus.FINAL else None,
    }
