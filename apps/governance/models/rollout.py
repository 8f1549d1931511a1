"""Roll-outs: something new, on for some tenants and not yet for others."""

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest
from waffle.models import AbstractBaseFlag


class Rollout(AbstractBaseFlag):
    """One thing that is being rolled out, by tenant: off for each that is not named.

    A row of django-waffle's, kept by it in the shared cache. It decides what somebody is shown,
    never whether anything is published: that is a switch (``FeatureFlag``). Written by
    ``apps.governance.rollouts`` alone. Of waffle's own columns only ``name`` is used.
    """

    tenants = ArrayField(
        models.CharField(max_length=30),
        default=list,
        blank=True,
        help_text="Schemas of the tenants for whom it is on.",
    )
    expires_on = models.DateField(
        help_text="From this UTC day on it is off for everybody: by then it is kept or dropped."
    )

    class Meta:
        db_table = "rollout"
        ordering = ["name"]
        permissions = [("turn_rollout", "Can turn roll-outs")]

    def is_active_for_tenant(self, schema: str, *, on: date) -> bool:
        return self.pk is not None and on < self.expires_on and schema in self.tenants

    def is_active(self, request: HttpRequest, read_only: bool = False) -> bool:
        """Answer waffle's own question: what the door found for the request's tenant."""
        return self.name in getattr(request, "rollouts", frozenset())

    def audit_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "tenants": sorted(self.tenants),
            "expires_on": self.expires_on.isoformat(),
        }
