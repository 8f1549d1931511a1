"""Where a game is played: no provider says so, a person may."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.calling_off import EventOver
from apps.catalog.actions.going_along import go_along
from apps.catalog.actions.merging import MergedAlready
from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook.markets import EventStatus


@transaction.atomic
def set_ground(*, event_id: UUID, neutral: bool, by: Actor, at: datetime, reason: str) -> Event:
    """Say that a game is played on neutral ground, or at its home team's after all.

    A run that was made before knew the other ground: the game is simulated again.

    Raises:
        EventOver: it has its result.
        MergedAlready: it is another event by now, and goes along with it.
    """
    event = Event.objects.locked().select_related("home", "away").get(pk=event_id)
    if event.status == EventStatus.FINAL:
        raise EventOver(event)
    if event.merged_into_id is not None:
        raise MergedAlready(event)
    with audit.recording("event.ground_told", event, by=by, at=at, reason=reason):
        event.neutral = neutral
        event.save(update_fields=["neutral"])
    go_along([event.pk], by=by, at=at)
    return event
