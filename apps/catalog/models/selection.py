"""One bettable side of one market of one event."""

from typing import Any

from django.db import models

from apps.catalog.models.event import Event
from apps.catalog.querysets import SelectionQuerySet
from apps.core.choices import choices_of
from apps.rulebook.markets import MarketType, Period, Side


class Selection(models.Model):
    """One bettable side. Never changes: lines move, selections do not."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(
        unique=True, editable=False, help_text="UUIDv5 of event, market, period, side, participant."
    )
    # The unique constraint leads with it: no index of its own.
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="selections", db_index=False
    )
    market_type = models.CharField(max_length=16, choices=choices_of(MarketType))
    period = models.CharField(max_length=16, choices=choices_of(Period))
    side = models.CharField(max_length=8, choices=choices_of(Side))
    participant = models.CharField(
        max_length=100, blank=True, default="", help_text="Player or team of a prop; else empty."
    )

    objects = SelectionQuerySet.as_manager()

    class Meta:
        db_table = "selection"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "market_type", "period", "side", "participant"],
                name="selection_stands_once_in_its_event",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.market_type} {self.side}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "event": self.event_id,
            "market_type": self.market_type,
            "period": self.period,
            "side": self.side,
            "participant": self.participant,
        }
