"""Simulated games: what went in, by hash, and the distribution of scores that came out."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import Event
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.rulebook.scoring import ScoreDistribution
from apps.simulations.models.model import ModelVersion
from apps.simulations.models.rating import RatingDay
from apps.simulations.querysets import SimulationRunQuerySet


class RunStatus(StrEnum):
    DONE = "DONE"
    BLOCKED = "BLOCKED"  # an input is missing: nothing was simulated, and nothing was assumed
    FAILED = "FAILED"  # the sample strays from its exact distribution: SIM_FAIL


class SimulationRun(AppendOnly):
    """One simulation of one event: the same inputs give the same run, byte for byte.

    Identified, and seeded, by event, model version, data version and configuration, so that
    running it again finds it. ``data_version`` is the hash of ``inputs``, where every input
    stands. A message never states another number of iterations than ``sim_count``.
    """

    id = models.UUIDField(
        primary_key=True,
        editable=False,
        help_text="UUIDv5 of event, model version, data version and configuration.",
    )
    # The index below leads with it.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty only where nobody fitted a model for the league.",
    )
    rating_day = models.ForeignKey(
        RatingDay,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The strengths it was made from; empty: there were none.",
    )
    data_version = models.CharField(max_length=64, help_text="sha256 hex of ``inputs``.")
    inputs = models.JSONField(help_text="Every input: fixture, day, ratings, what they expect.")
    sim_config_hash = models.CharField(
        max_length=64, help_text="sha256 hex of the simulation's configuration and its sampler."
    )
    simulated_at = models.DateTimeField(help_text="UTC, business time.")
    status = models.CharField(max_length=8, choices=choices_of(RunStatus))
    reason = models.CharField(
        max_length=32, blank=True, default="", help_text="Why it is not DONE: a stable code."
    )

    # Empty unless it ran.
    seed = models.DecimalField(
        max_digits=20, decimal_places=0, null=True, help_text="64 bits, of the run's identity."
    )
    sim_count = models.PositiveIntegerField(default=0, help_text="Games simulated.")
    outputs = models.JSONField(
        default=dict, help_text="Points and probabilities read from the distribution."
    )
    worst_gap = models.FloatField(
        null=True, help_text="Probability: largest difference from the exact one on any line."
    )
    gap_bound = models.FloatField(null=True, help_text="Probability: SIM_FAIL above it.")
    distribution = models.BinaryField(
        null=True, help_text="Counts of final scores: rulebook.scoring.ScoreDistribution."
    )
    distribution_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Hex, of the counts before compression."
    )

    objects = SimulationRunQuerySet.as_manager()

    class Meta:
        db_table = "simulation_run"
        ordering = ["-simulated_at", "id"]
        indexes = [
            models.Index(fields=["event", "-simulated_at"], name="simulation_run_newest_first"),
            models.Index(fields=["-simulated_at", "-id"], name="simulation_run_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "model_version", "data_version", "sim_config_hash"],
                nulls_distinct=False,
                name="simulation_run_is_made_once",
            ),
            models.CheckConstraint(
                condition=Q(status=RunStatus.DONE.value, reason="")
                | (~Q(status=RunStatus.DONE.value) & ~Q(reason="")),
                name="simulation_run_not_done_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.DONE.value)
                | Q(
                    model_version__isnull=False,
                    distribution__isnull=False,
                    seed__isnull=False,
                    sim_count__gt=0,
                ),
                name="simulation_run_done_has_its_distribution",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.data_version[:8]} [{self.status}]"

    def audit_state(self) -> dict[str, Any]:
        return {
            "event": self.event_id,
            "model_version": self.model_version_id,
            "data_version": self.data_version,
            "sim_config_hash": self.sim_config_hash,
            "status": self.status,
            "reason": self.reason,
            "sim_count": self.sim_count,
            "distribution_sha256": self.distribution_sha256,
        }

    def scores(self) -> ScoreDistribution:
        """Read the distribution back, ready to price any line.

        Raises:
            DistributionUnreadable: the run has none.
        """
        return ScoreDistribution.from_bytes(bytes(self.distribution or b""))
