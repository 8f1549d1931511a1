"""Heartbeats: that somebody looks for alerts."""

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """The dead-man switch: when the job that watches the others looked for the last time.

    The row is made where a clock is installed that runs the job; where there is no clock, as in
    a rehearsal, nobody is missed. Written by ``apps.governance.jobs.heartbeats``, in machine
    time; read by the gate of the switches.
    """

    name = models.CharField(max_length=64, primary_key=True, help_text="The job that looks.")
    beaten_at = models.DateTimeField(
        help_text="UTC, the database's clock: the last complete look, or when it was armed."
    )
    limit_s = models.PositiveIntegerField(
        help_text="Seconds without a look after which nothing is published."
    )

    class Meta:
        db_table = "heartbeat"
        constraints = [
            models.CheckConstraint(condition=Q(limit_s__gt=0), name="heartbeat_is_limited")
        ]

    def __str__(self) -> str:
        return f"{self.name}: last {self.beaten_at:%Y-%m-%d %H:%M:%S} UTC"
