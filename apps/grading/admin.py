"""What operators see of grades: the record as it is, every revision of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import ReadOnlyAdmin
from apps.grading.models import Grade


class RevisionFilter(admin.SimpleListFilter):
    title = "revision"
    parameter_name = "revision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "Current only"), ("revised", "Revisions after the first")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "current":
            return queryset.filter(pk__in=Grade.objects.current().values("pk"))
        if self.value() == "revised":
            return queryset.filter(revision_no__gt=1)
        return queryset


@admin.register(Grade)
class GradeAdmin(ReadOnlyAdmin):
    list_display = [
        "pick",
        "outcome",
        "profit_units",
        "score",
        "revision_no",
        "source",
        "reason",
        "graded_at",
    ]
    list_filter = [RevisionFilter, "outcome", "source", "pick__league", "pick__market_type"]
    list_select_related = ["pick"]
    search_fields = ["=id", "=pick__id", "=result_sha256"]
    date_hierarchy = "graded_at"

    @admin.display(description="Profit (units)", ordering="profit")
    def profit_units(self, grade: Grade) -> str:
        return f"{grade.profit:+.3f}"

    @admin.display(description="Score")
    def score(self, grade: Grade) -> str:
        if grade.home_score is None or grade.away_score is None:
            return "-"
        return f"{grade.home_score}-{grade.away_score}"
