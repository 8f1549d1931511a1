"""Who is not fit to play, as somebody told it."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import Team
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.snapshots.models.feed import ProviderPoll
from apps.snapshots.providers.ports import InjuryStatus
from apps.snapshots.querysets import InjuryReportQuerySet


class InjuryReport(AppendOnly):
    """One word on one player, as one poll told it. News is a new row; the newest counts.

    It warns: picks of the team's games carry a risk flag, and those that were published before
    are to be refreshed. It moves no probability.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    poll = models.ForeignKey(ProviderPoll, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=32, help_text="Who told it.")
    player = models.CharField(max_length=100, help_text="As whoever told it writes the name.")
    position = models.CharField(max_length=16, blank=True, default="", help_text="QB, C, G ...")
    status = models.CharField(max_length=16, choices=choices_of(InjuryStatus))
    note = models.CharField(
        max_length=300, blank=True, default="", help_text="What is known of it."
    )
    reported_at = models.DateTimeField(help_text="UTC, when it was reported, as told.")
    captured_at = models.DateTimeField(help_text="UTC, of the poll.")

    objects = InjuryReportQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "injury_report"
        ordering = ["captured_at", "id"]
        indexes = [
            models.Index(
                fields=["team", "player", "-captured_at"], name="injury_report_of_a_player"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "player", "provider", "captured_at"],
                name="injury_report_is_told_once_per_poll",
            ),
            models.CheckConstraint(condition=~Q(player=""), name="injury_report_names_a_player"),
        ]

    def __str__(self) -> str:
        return f"{self.player} [{self.status}]"

    def audit_state(self) -> dict[str, Any]:
        return {
            "team": self.team_id,
            "player": self.player,
            "position": self.position,
            "status": self.status,
            "note": self.note,
            "reported_at": self.reported_at,
        }
