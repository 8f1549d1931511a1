"""Every question asked about audit entries, switches, configurations, receipts and alerts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Case, CharField, DateTimeField, Exists, Func, OuterRef, Q, Value, When

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

    def with_machine_time(self) -> Self:
        """Add ``read_at``: the database's clock when the row was read."""
        clock = Func(function="clock_timestamp", output_field=DateTimeField())
        return self.annotate(read_at=clock)

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

    def with_standing(self, at: datetime) -> Self:
        """Add ``standing``: IN_FORCE, TO_COME, or REPLACED by a later one that is in force."""
        later = self.model._base_manager.filter(
            section=OuterRef("section"),
            tenant_schema=OuterRef("tenant_schema"),
            league=OuterRef("league"),
            profile=OuterRef("profile"),
            number__gt=OuterRef("number"),
            effective_from__lte=at,
        )
        return self.annotate(
            standing=Case(
                When(effective_from__gt=at, then=Value("TO_COME")),
                When(Exists(later), then=Value("REPLACED")),
                default=Value("IN_FORCE"),
                output_field=CharField(),
            )
        )

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


class OpsAlertQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two people can never deadlock."""
        return self.select_for_update().order_by("pk")

    def not_over(self) -> Self:
        """Open or acknowledged: what is wrong now."""
        return self.exclude(state="RESOLVED")

    def unseen(self, at: datetime) -> Self:
        """Open, acknowledged by nobody and not snoozed: what wants somebody's attention."""
        snoozed = Q(snoozed_until__gt=at)
        return self.filter(state="OPEN").exclude(snoozed)

    def at_scopes(self, scopes: Iterable[str]) -> Self:
        """Alerts that bear on a subject with these scopes; GLOBAL's always do."""
        return self.filter(scope__in=["GLOBAL", *scopes])

    def worst_first(self) -> Self:
        return self.order_by("severity", "-last_seen_at")  # CRIT comes before WARN


class ApprovalQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        return self.select_for_update().order_by("pk")

    def requested(self) -> Self:
        return self.filter(state="REQUESTED")

    def waiting(self, at: datetime) -> Self:
        """Asked for, decided by nobody, and still in time."""
        return self.requested().filter(expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Neither decided nor used in time."""
        return self.filter(state__in=["REQUESTED", "APPROVED"], expires_at__lte=at)
