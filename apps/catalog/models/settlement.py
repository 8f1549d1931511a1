"""By which rules a market settles: versions that are stamped on picks."""

from typing import Any

from django.db import models

from apps.catalog.models.league import League
from apps.catalog.querysets import SettlementRulesetQuerySet
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import SettlementRules


class SettlementRuleset(AppendOnly):
    """One version of the rules of one market. A change is the next version, never an edit."""

    id = models.AutoField(primary_key=True)
    version = models.PositiveSmallIntegerField(help_text="Counts from 1.")
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    market_type = models.CharField(max_length=16, choices=choices_of(MarketType))
    period = models.CharField(max_length=16, choices=choices_of(Period))
    rules = models.JSONField(help_text="rulebook.thresholds.SettlementRules, units as it says.")
    rules_hash = models.CharField(max_length=64, help_text="sha256 hex of the canonical rules.")
    effective_from = models.DateTimeField(help_text="UTC, business time; inclusive.")
    author = models.CharField(
        max_length=150,
        blank=True,
        default="",
        help_text="Who wrote it, as the audit names actors; empty before this was kept.",
    )
    reason = models.TextField(blank=True, default="", help_text="The author's own words.")
    created_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, business time of the writing."
    )

    objects = SettlementRulesetQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "settlement_ruleset"
        constraints = [
            models.UniqueConstraint(
                fields=["league", "market_type", "period", "version"],
                name="settlement_ruleset_version_is_used_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.league} {self.market_type} {self.period} v{self.version}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "league": self.league_id,
            "market_type": self.market_type,
            "period": self.period,
            "version": self.version,
            "rules_hash": self.rules_hash,
            "effective_from": self.effective_from,
        }

    def typed(self) -> SettlementRules:
        return SettlementRules.model_validate(self.rules)
