"""Events that were merged into others go along: in when they begin and how far they are."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.governance import audit

_TOGETHER = ("start_time", "latched_at", "status", "final_at", "neutral")


def go_along(survivors: Iterable[UUID], *, by: Actor, at: datetime) -> None:
    """Let what was merged into these events start, begin and end when they do.

    What was made on a merged event is followed by its own start and state: a close is taken and a
    grade is given when the game that it turned out to be has begun and ended.
    """
    rows = (
        Event.objects.locked().filter(merged_into__in=list(survivors)).select_related("merged_into")
    )
    for event in rows:
        survivor = event.merged_into
        assert survivor is not None
        if all(getattr(event, name) == getattr(survivor, name) for name in _TOGETHER):
            continue
        with audit.recording("event.went_along", event, by=by, at=at):
            for name in _TOGETHER:
                setattr(event, name, getattr(survivor, name))
            event.save(update_fields=_TOGETHER)
