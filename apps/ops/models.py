"""Rehearsals: how far a recording has been played on this database."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.ids import uuid7


class ReplayRun(models.Model):
    """One recording played on this database, instant by instant.

    What was played is written once; how far it got travels, so that a rehearsal that was
    killed goes on with the instant it was in.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    recording_sha256 = models.CharField(
        max_length=64, unique=True, help_text="Hex, over the files' content, tenant and profile."
    )
    tenant_schema = models.CharField(max_length=30, help_text="Whose picks were made.")
    profile = models.CharField(max_length=16, help_text="How far the model was trusted.")

    # Travels.
    position = models.DateTimeField(
        null=True,
        help_text="UTC, business time of the instant being played: all before it are done.",
    )
    instants = models.PositiveIntegerField(default=0, help_text="Instants entered so far.")
    finished = models.BooleanField(default=False, help_text="Nothing of the recording is left.")

    class Meta:
        db_table = "replay_run"
        constraints = [
            models.CheckConstraint(
                condition=Q(instants=0, position__isnull=True)
                | Q(instants__gt=0, position__isnull=False),
                name="replay_run_that_has_begun_is_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_schema}, {self.profile}: {self.instants} instants"

    def audit_state(self) -> dict[str, Any]:
        return {"instants": self.instants, "position": self.position, "finished": self.finished}
