"""Every question asked about the standing of stages."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models


class StageStandingQuerySet(models.QuerySet[Any]):
    def of(self, schemas: Iterable[str]) -> Self:
        """Of these tenants; a suspended one's last count says nothing about today."""
        return self.filter(tenant_schema__in=list(schemas))
