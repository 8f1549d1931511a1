"""How games ended, as providers told it."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import Event
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.snapshots.models.feed import ProviderPoll
from apps.snapshots.querysets import ResultSnapshotQuerySet


class ResultStatus(StrEnum):
    FINAL = "FINAL"
    SUSPECT = "SUSPECT"  # called final, but cannot be: nothing is graded from it


class ResultSnapshot(AppendOnly):
    """One final result as one poll told it. A correction is a new row; the newest counts."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="results", db_index=False
    )
    poll = models.ForeignKey(ProviderPoll, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=32, help_text="Who told it.")
    source_event_id = models.CharField(
        max_length=64, help_text="The provider's exact id that the score came under."
    )
    captured_at = models.DateTimeField(help_text="UTC, of the poll.")
    reported_at = models.DateTimeField(
        null=True, help_text="UTC, the provider's own time of it; empty where it gave none."
    )
    status = models.CharField(max_length=8, choices=choices_of(ResultStatus))
    suspect_code = models.CharField(
        max_length=32, blank=True, default="", help_text="Why it is not believed."
    )
    home_score = models.SmallIntegerField(null=True, help_text="Points; empty: none was given.")
    away_score = models.SmallIntegerField(null=True, help_text="Points; empty: none was given.")
    periods = models.JSONField(
        default=list, help_text="Points per period, [home, away] each; empty where not told."
    )
    overtime = models.BooleanField(null=True, help_text="Empty: nobody said.")
    played = models.JSONField(
        null=True,
        help_text="Of a game that was cut short: minutes or innings played; empty: all of it.",
    )
    result_sha256 = models.CharField(
        max_length=64, help_text="Hex, over the canonical JSON of event, status and scores."
    )

    objects = ResultSnapshotQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "result_snapshot"
        ordering = ["captured_at", "id"]
        indexes = [models.Index(fields=["captured_at"], name="result_snapshot_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "provider", "captured_at"],
                name="result_snapshot_is_told_once_per_poll",
            ),
            models.CheckConstraint(
                condition=~Q(status=ResultStatus.FINAL.value)
                | Q(home_score__isnull=False, away_score__isnull=False, suspect_code=""),
                name="result_snapshot_final_has_both_scores",
            ),
            models.CheckConstraint(
                condition=~Q(status=ResultStatus.SUSPECT.value) | ~Q(suspect_code=""),
                name="result_snapshot_suspect_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.home_score}-{self.away_score} [{self.status}]"

    def canonical(self) -> dict[str, Any]:
        """What a grade depends on: two rows with the same canonical form are one result."""
        cut_short = {} if self.played is None else {"played": self.played}
        return {
            **cut_short,
            "event": self.event_id,
            "status": self.status,
            "home_score": self.home_score,
            "away_score": self.away_score,
            "periods": self.periods,
            "overtime": self.overtime,
        }

    def audit_state(self) -> dict[str, Any]:
        return {**self.canonical(), "result_sha256": self.result_sha256}
