"""Switches: what may run where."""

from typing import Any

from django.db import models

from apps.governance.history import tracked
from apps.governance.querysets import FeatureFlagQuerySet


class FeatureFlag(models.Model):
    """One switch at one scope. Kills only subtract: off at any scope is off, so is no row.

    Written by ``apps.governance.switches`` alone; read under its gate.
    """

    name = models.CharField(max_length=32, help_text="As apps.governance.switches names it.")
    scope = models.CharField(
        max_length=64,
        help_text="GLOBAL, or whose it is: tenant:acme, league:NFL, market:SPREAD.",
    )
    enabled = models.BooleanField(help_text="Off refuses; on refuses nothing.")
    live_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, compared with the database's clock: before it the switch is still off.",
    )
    lock_key = models.IntegerField(
        editable=False, help_text="Half of the advisory lock that the gate holds."
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, from 1.")
    reason = models.TextField(blank=True, default="", help_text="Of the last change.")
    cause = models.CharField(
        max_length=100, blank=True, default="", help_text="Alert or approval behind it."
    )
    by = models.CharField(max_length=150, help_text="Who changed it last, type:id.")
    at = models.DateTimeField(help_text="UTC, business time of the last change.")

    history = tracked("feature_flag_history")
    objects = FeatureFlagQuerySet.as_manager()

    class Meta:
        db_table = "feature_flag"
        verbose_name = "switch"
        verbose_name_plural = "switches"
        ordering = ["scope", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "scope"], name="feature_flag_stands_once_per_scope"
            ),
            models.UniqueConstraint(
                fields=["lock_key"], name="feature_flag_lock_is_shared_with_no_other"
            ),
        ]
        permissions = [
            ("turn_featureflag", "Can turn switches"),
            ("break_featureflag", "Can turn a switch on alone where it takes two people"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.scope}: {'on' if self.enabled else 'off'}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "scope": self.scope,
            "enabled": self.enabled,
            "live_from": self.live_from,
            "version": self.version,
        }
