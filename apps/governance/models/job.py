"""Receipts of jobs."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import TenantRowsManager
from apps.governance.querysets import JobRunQuerySet


class JobOutcome(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"  # rolled back, with its error; the next call of the slot tries again
    DROPPED = "DROPPED"  # not run: its tenant is not active


class JobRun(models.Model):
    """The receipt of one job for one slot of the clock and one tenant.

    Two beats, two workers or a redelivered message meet at its unique constraint: one run.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    job = models.CharField(max_length=100, help_text="Name of the task.")
    slot = models.CharField(max_length=64, help_text="The turn of the clock it answers to.")
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose run: a tenant, or public for the platform."
    )
    outcome = models.CharField(max_length=8, choices=choices_of(JobOutcome))
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Counts from 1.")
    at = models.DateTimeField(help_text="UTC, business time the job was called with.")
    started_at = models.DateTimeField(help_text="UTC, the database's clock.")
    finished_at = models.DateTimeField(null=True, help_text="UTC, the database's clock.")
    counts = models.JSONField(default=dict, help_text="What it did, rows per kind.")
    error = models.TextField(blank=True, default="", help_text="Why it failed or was dropped.")
    actor = models.CharField(max_length=150, help_text="Who ran it, type:id.")
    backend_pid = models.IntegerField(
        null=True, editable=False, help_text="The server's process for its connection."
    )
    backend_started_at = models.DateTimeField(
        null=True, editable=False, help_text="UTC, when that began; a number is used again."
    )

    objects = TenantRowsManager.from_queryset(JobRunQuerySet)()
    across_tenants = JobRunQuerySet.as_manager()

    class Meta:
        db_table = "job_run"
        indexes = [
            models.Index(fields=["-started_at"], name="job_run_newest_first"),
            models.Index(fields=["job", "tenant_schema", "-started_at"], name="job_run_of_a_job"),
            # Asked for every claim, and of the few that are being done: never of the many before.
            models.Index(
                fields=["job", "tenant_schema"],
                name="job_run_under_way",
                condition=Q(outcome=JobOutcome.RUNNING.value),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "slot", "tenant_schema"], name="job_run_happens_once_per_slot"
            ),
            models.CheckConstraint(
                condition=Q(outcome=JobOutcome.RUNNING.value, finished_at__isnull=True)
                | (~Q(outcome=JobOutcome.RUNNING.value) & Q(finished_at__isnull=False)),
                name="job_run_that_ended_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot} {self.tenant_schema}: {self.outcome}"
