"""Every question asked about the standing of stages and about days that were put away."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.db import models


class StageStandingQuerySet(models.QuerySet[Any]):
    def of(self, schemas: Iterable[str]) -> Self:
        """Of these tenants; a suspended one's last count says nothing about today."""
        return self.filter(tenant_schema__in=list(schemas))


class ArchivedDayQuerySet(models.QuerySet[Any]):
    def of(self, table: str, day: date) -> Self:
        """What was put away of one day, the newest first: it may have grown in between."""
        return self.filter(table_name=table, day=day).order_by("-archived_at", "-id")

    def kept(self) -> Self:
        """Of days that the database still has, too."""
        return self.filter(dropped_at__isnull=True)

    def locked(self) -> Self:
        return self.select_for_update().order_by("pk")
