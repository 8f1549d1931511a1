"""The outbox: one row for each message that a pick owes a channel."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import TenantModel
from apps.picks.kinds import Channel, DeliveryKind, DeliveryStatus
from apps.picks.models.pick import Pick


class Delivery(TenantModel):
    """What is owed to a channel because something happened to a pick.

    The app reads the same rows that it is told about, so its delivery is SENT in the
    transaction that publishes. Other channels are sent later by a dispatcher that leases rows;
    what was not acknowledged is UNKNOWN, and only a person decides about it. What a message says
    follows from its pick and from ``facts``, which are what happened and are written once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    pick = models.ForeignKey(
        Pick, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    channel = models.CharField(max_length=10, choices=choices_of(Channel))
    recipient = models.CharField(
        max_length=64, blank=True, default="", help_text="Channel's UUID; empty for the app."
    )
    kind = models.CharField(max_length=5, choices=choices_of(DeliveryKind))
    cause = models.CharField(max_length=32, help_text="What happened: PUBLISHED, INVALIDATED, ...")
    turn = models.BigIntegerField(
        default=0,
        help_text="Which of several of one cause: the change's or revision's number; else 0.",
    )
    facts = models.JSONField(
        default=dict, blank=True, help_text="What happened, as figures and codes."
    )
    answers = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answered_by",
        db_index=False,
        help_text="The message that this one edits or replies to.",
    )
    due_at = models.DateTimeField(help_text="UTC, business time since which it is owed.")

    # Travels.
    status = models.CharField(
        max_length=8, choices=choices_of(DeliveryStatus), default=DeliveryStatus.PENDING.value
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Tries so far.")
    lease_token = models.UUIDField(null=True, blank=True, help_text="Who is sending it now.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="UTC, database's clock.")
    not_before = models.DateTimeField(null=True, blank=True, help_text="UTC, database's clock.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="UTC, business time.")
    message_id = models.BigIntegerField(
        null=True, blank=True, help_text="The channel's own id of the message."
    )
    template_version = models.CharField(max_length=16, blank=True, default="")
    text_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Hex, of the text as sent."
    )
    error_code = models.CharField(max_length=64, blank=True, default="")
    slate = models.ForeignKey(
        "picks.SlateMessage",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
        help_text="The day's message in which it is told; empty: it has a message of its own.",
    )

    class Meta:
        db_table = "delivery"
        verbose_name_plural = "deliveries"
        ordering = ["due_at", "id"]
        permissions = [("resolve_delivery", "Can say what became of a message")]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status=DeliveryStatus.UNKNOWN.value),
                name="delivery_nobody_knows",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(
                    status__in=[
                        DeliveryStatus.PENDING.value,
                        DeliveryStatus.RETRY.value,
                        DeliveryStatus.LEASED.value,
                    ]
                ),
                name="delivery_that_is_owed",
            ),
            models.Index(
                fields=["slate"], condition=Q(slate__isnull=False), name="delivery_of_a_slate"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pick", "channel", "recipient", "kind", "cause", "turn"],
                name="delivery_is_owed_once",
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.SENT.value) | Q(sent_at__isnull=False),
                name="delivery_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.LEASED.value, lease_until__isnull=False)
                | ~Q(status=DeliveryStatus.LEASED.value) & Q(lease_until__isnull=True),
                name="delivery_leased_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(kind=DeliveryKind.NEW.value, turn__gt=0),
                name="delivery_new_is_the_only_one",
            ),
            models.CheckConstraint(
                condition=Q(kind=DeliveryKind.NEW.value, answers__isnull=True)
                | ~Q(kind=DeliveryKind.NEW.value) & Q(answers__isnull=False),
                name="delivery_answer_has_a_message",
            ),
            models.CheckConstraint(
                condition=Q(slate__isnull=True)
                | Q(kind=DeliveryKind.NEW.value, channel=Channel.TELEGRAM.value),
                name="delivery_slate_tells_what_is_new",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.kind} of {self.pick_id} [{self.status}]"

    def audit_state(self) -> dict[str, Any]:
        return {
            "pick": self.pick_id,
            "channel": self.channel,
            "recipient": self.recipient,
            "kind": self.kind,
            "cause": self.cause,
            "turn": self.turn,
            "status": self.status,
            "attempts": self.attempts,
            "sent_at": self.sent_at,
            "message_id": self.message_id,
            "error_code": self.error_code,
            "slate": self.slate_id,
        }
