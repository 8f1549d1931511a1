"""Every question asked about audit entries, switches, configurations and job receipts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from apps.core.append_only import AppendOnlyQuerySet


class AuditEntryQuerySet(AppendOnlyQuerySet):
    def about(self, target: Any) -> Self:
        """Entries of one object, oldest first."""
        return self.filter(object_type=type(target).__name__, object_id=str(target.pk)).order_by(
            "occurred_at", "id"
        )

    def by(self, actor_id: str) -> Self:
        return self.filter(actor_id=actor_id)

    def between(self, first: datetime, last: datetime) -> Self:
        """Entries of changes in a half-open span of business time."""
        return self.filter(occurred_at__gte=first, occurred_at__lt=last)


class FeatureFlagQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two operators can never deadlock."""
        return self.select_for_update().order_by("scope", "name")

    def at_scopes(self, scopes: Iterable[str]) -> Self:
        return self.filter(scope__in=list(scopes))

    def closed(self) -> Self:
        """Switches that are off: what an operator looks at first."""
        return self.filter(enabled=False)


class ConfigVersionQuerySet(AppendOnlyQuerySet):
    def of(self, *, section: str, owner: str, league: str, profile: str) -> Self:
        """All versions of one configuration, newest first."""
        return self.filter(
            section=section, tenant_schema=owner, league=league, profile=profile
        ).order_by("-number")

    def in_force(self, at: datetime) -> Self:
        """Versions whose time had come at ``at``; the highest number of each is the one."""
        return self.filter(effective_from__lte=at)

    def opinions_for(self, *, tenants: Iterable[str], league: str) -> Self:
        """Every opinion that could speak for tenants about a league, own or the platform's."""
        own = Q(tenant_schema__in=list(tenants), league__in=[league, ""])
        platform = Q(tenant_schema="public", league=league)
        return self.filter(own | platform, section="opinion")


class JobRunQuerySet(models.QuerySet[Any]):
    def of(self, job: str, slot: str) -> Self:
        return self.filter(job=job, slot=slot)

    def failed(self) -> Self:
        return self.filter(outcome="FAILED")
