"""What a person has to decide, because guessing would be wrong."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models.league import League
from apps.catalog.querysets import ReviewItemQuerySet
from apps.core.choices import choices_of
from apps.core.ids import uuid7


class ReviewKind(StrEnum):
    UNKNOWN_SPELLING = "UNKNOWN_SPELLING"  # a team under a name nobody has mapped
    UNKNOWN_BOOK = "UNKNOWN_BOOK"  # a book key nobody has classified
    MAPPING_DRIFT = "MAPPING_DRIFT"  # an id's teams, or home and away, are not what they were
    EVENT_AMBIGUOUS = "EVENT_AMBIGUOUS"  # an id that fits no event, several, or one that vanished
    EVENT_MERGED = "EVENT_MERGED"  # two events that a person found to be one: asked and answered
    RESULT_SUSPECT = "RESULT_SUSPECT"  # a final score that cannot be one


class ReviewStatus(StrEnum):
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class ReviewItem(models.Model):
    """One question to a person: one row per subject, however often it is seen."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    kind = models.CharField(max_length=16, choices=choices_of(ReviewKind))
    provider = models.CharField(max_length=32)
    league = models.ForeignKey(
        League, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    subject = models.CharField(
        max_length=300, help_text="What it is about: the spelling, the book key, the event id."
    )
    evidence = models.JSONField(default=dict, help_text="What was seen, when it was seen first.")
    suggestions = models.JSONField(default=list, help_text="Candidates, the likeliest first.")

    # Travels.
    first_seen_at = models.DateTimeField(help_text="UTC.")
    last_seen_at = models.DateTimeField(help_text="UTC.")
    seen_count = models.PositiveIntegerField(default=1, help_text="Polls that raised it.")
    status = models.CharField(
        max_length=8, choices=choices_of(ReviewStatus), default=ReviewStatus.OPEN.value
    )
    decided_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    decided_by = models.CharField(max_length=200, blank=True, default="", help_text="type:id.")
    decision = models.JSONField(default=dict, help_text="What was decided.")
    reason = models.TextField(blank=True, default="", help_text="The person's own words.")
    replayed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, when all that waited for the answer had been read again.",
    )

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        db_table = "review_item"
        ordering = ["-last_seen_at", "id"]
        permissions = [("decide_reviewitem", "Can decide review items")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "provider", "league", "subject"],
                nulls_distinct=False,
                name="review_item_is_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(status=ReviewStatus.OPEN.value, decided_at__isnull=True)
                | (~Q(status=ReviewStatus.OPEN.value) & Q(decided_at__isnull=False)),
                name="review_item_that_is_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "decision": self.decision,
            "decided_by": self.decided_by,
            "replayed_at": self.replayed_at,
        }
