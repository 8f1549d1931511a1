"""What operators see of the jobs that ran."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import ReadOnlyAdmin
from apps.governance.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["job", "slot", "tenant_schema", "outcome", "attempt", "started_at", "error"]
    list_filter = ["outcome", "job"]
    search_fields = ["job", "=tenant_schema", "slot"]
    ordering = ["-started_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return JobRun.across_tenants.all()
