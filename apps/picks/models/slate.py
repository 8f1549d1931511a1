"""A day's slate as one message: which delivery opened it, in which channel."""

from typing import Any

from django.db import models

from apps.core.ids import uuid7
from apps.core.tenancy import TenantModel


class SlateMessage(TenantModel):
    """One message in a channel for the picks of one league and day; a long slate has several parts.

    The message itself is that of the delivery which opened it: its state, its number. Another one
    opens the message anew only where that one certainly did not arrive, or cannot be edited.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    recipient = models.CharField(max_length=64, help_text="Channel's UUID.")
    league = models.CharField(max_length=16, help_text="League's code.")
    day = models.DateField(help_text="The league's own day on which its games begin.")
    part = models.PositiveSmallIntegerField(default=1, help_text="Counts from 1.")

    # Travels.
    opener = models.ForeignKey(
        "picks.Delivery",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The delivery whose message it is.",
    )

    class Meta:
        db_table = "slate"
        verbose_name = "day's message"
        verbose_name_plural = "day messages"
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "league", "day", "part"], name="slate_message_is_the_only_one"
            ),
            models.CheckConstraint(
                condition=models.Q(part__gt=0), name="slate_message_part_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.league} {self.day} ({self.part})"

    def audit_state(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "league": self.league,
            "day": self.day.isoformat(),
            "part": self.part,
            "opener": self.opener_id,
        }
