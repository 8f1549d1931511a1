"""Which models exist, and what each was found to be worth."""

from enum import StrEnum
from typing import Any

from django.db import models

from apps.catalog.models import League
from apps.core.append_only import AppendOnly, AppendOnlyQuerySet
from apps.core.choices import choices_of
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import ModelVariant
from apps.simulations.querysets import ModelReportQuerySet


class ModelState(StrEnum):
    UNMEASURED = "UNMEASURED"  # no report, or none good enough: never above LEAN
    MEASURED = "MEASURED"  # held against the no-vig close, out of sample


class ModelVersion(AppendOnly):
    """One artefact of the rulebook, as it was when its first run was made.

    The fitted numbers are code; their hash here is how an edited past is noticed.
    """

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(max_length=64, unique=True, help_text="As rulebook.forecasting has it.")
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    variant = models.CharField(max_length=16, choices=choices_of(ModelVariant))
    sport = models.CharField(max_length=16, help_text="Whose score model it uses.")
    ratings_version = models.CharField(max_length=64, help_text="Fitted parameters of the ratings.")
    score_version = models.CharField(max_length=64, help_text="Fitted parameters of the scores.")
    artefact_sha256 = models.CharField(max_length=64, help_text="Hex, over every fitted number.")
    independent_of_market = models.BooleanField(
        help_text="Whether no line was ever learned from: only then may a text say so."
    )
    registered_at = models.DateTimeField(help_text="UTC.")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "model_version"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def audit_state(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "league": self.league_id,
            "variant": self.variant,
            "artefact_sha256": self.artefact_sha256,
        }


class ModelReport(AppendOnly):
    """What a model version is worth on one market, held against the no-vig close.

    The newest report decides; a market without one is UNMEASURED.
    """

    id = models.BigAutoField(primary_key=True)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    market_type = models.CharField(max_length=16, choices=choices_of(MarketType))
    state = models.CharField(max_length=10, choices=choices_of(ModelState))
    games = models.PositiveIntegerField(help_text="Games out of sample behind the report.")
    report = models.JSONField(help_text="Brier, log loss, slope, ECE with its p-value; intervals.")
    reported_at = models.DateTimeField(help_text="UTC; in force from then on.")
    reason = models.TextField(help_text="Why the state was given, in a person's words.")

    objects = ModelReportQuerySet.as_manager()

    class Meta:
        db_table = "model_report"
        ordering = ["model_version", "market_type", "-reported_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "market_type", "reported_at"],
                name="model_report_is_given_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} {self.market_type} {self.state}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "model_version": self.model_version_id,
            "market_type": self.market_type,
            "state": self.state,
            "games": self.games,
            "report": self.report,
        }
