"""Games that are put off, cancelled, or on again: no provider says so, a person does."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.going_along import go_along
from apps.catalog.actions.merging import MergedAlready
from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import EventStatus

CALLED_OFF = (EventStatus.POSTPONED, EventStatus.CANCELED)


class EventOver(RuleBroken):
    code = "EVENT_OVER"

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event} has its result: a game that was played is not called off.")


class EventStandsSo(RuleBroken):
    code = "EVENT_STANDS_SO"

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event} is {event.status.lower()} already.")


class NothingCalledOff(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Who calls a game off says why.")


@transaction.atomic
def call_off_event(
    *, event_id: UUID, status: EventStatus, by: Actor, at: datetime, reason: str
) -> Event:
    """Say that a game is postponed or cancelled, or (SCHEDULED) that it takes place after all.

    What is on it is graded by the rules of its league: a cancelled game is void, a postponed one
    stands as long as they let it. A result that comes later ends it like any other.

    Raises:
        EventOver: it has its result.
        MergedAlready: it is another event by now, and goes along with it.
        EventStandsSo: that is what is known already.
        NothingCalledOff: nobody says why.
    """
    if not reason.strip():
        raise NothingCalledOff
    event = Event.objects.locked().select_related("home", "away").get(pk=event_id)
    if event.status == EventStatus.FINAL:
        raise EventOver(event)
    if event.merged_into_id is not None:
        raise MergedAlready(event)
    if status not in CALLED_OFF:  # a game that was seen in play goes on where it was
        status = EventStatus.LIVE if event.latched_at else EventStatus.SCHEDULED
    if event.status == status or (status not in CALLED_OFF and event.status not in CALLED_OFF):
        raise EventStandsSo(event)
    action = "event.called_off" if status in CALLED_OFF else "event.on_again"
    with audit.recording(action, event, by=by, at=at, reason=reason):
        event.status = status
        event.save(update_fields=["status"])
    go_along([event.pk], by=by, at=at)
    return event
