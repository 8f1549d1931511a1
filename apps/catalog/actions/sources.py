"""An event's ids with others: attached by who knows the event, never found by a likeness."""

from datetime import datetime

from apps.catalog.models import Event, EventSource
from apps.core.actor import Actor
from apps.governance import audit


def attach_source(
    event: Event,
    *,
    provider: str,
    source_event_id: str,
    seen_at: datetime,
    by: Actor,
    at: datetime,
) -> EventSource:
    """Note under which id somebody who knows the event tells about it; once is enough.

    The caller holds the league's lock.
    """
    known: EventSource | None = EventSource.objects.filter(provider=provider, event=event).first()
    if known is not None:
        return known
    source = EventSource(
        provider=provider,
        source_event_id=source_event_id,
        event=event,
        reported_start=event.start_time,
        last_seen_at=seen_at,
    )
    source.save(force_insert=True)
    audit.record_set(
        [
            audit.Row(
                action="event.source_attached",
                object_type=Event.__name__,
                object_id=str(event.pk),
                before=None,
                after={"provider": provider, "source_event_id": source_event_id},
            )
        ],
        by=by,
        at=at,
    )
    return source
