"""What operators see of the jobs that ran."""

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.core import formats, shapes
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import one_of, recent
from apps.core.tenancy import active_schemas
from apps.governance.models import PLATFORM, JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = [
        "job",
        "tenant_schema",
        "shown_outcome",
        "shown_start",
        "took",
        "shown_counts",
        "attempt",
        "error",
    ]
    list_filter = [
        "outcome",
        one_of("job", lambda: sorted(settings.BEAT_DEFAULTS)),
        one_of("tenant_schema", lambda: [PLATFORM, *active_schemas()], "tenant"),
        recent("started_at"),
    ]
    search_exact = ["job"]
    ordering = ["-started_at"]
    nothing_yet = "Every job leaves a receipt here when its turn comes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return JobRun.across_tenants.all()

    @admin.display(description="Outcome", ordering="outcome")
    def shown_outcome(self, run: JobRun) -> SafeString:
        return shapes.state("job", run.outcome)

    @admin.display(description="Started", ordering="started_at")
    def shown_start(self, run: JobRun) -> SafeString:
        return formats.when(run.started_at)

    @admin.display(description="Took")
    def took(self, run: JobRun) -> str:
        if run.finished_at is None:
            return formats.MISSING
        return formats.milliseconds((run.finished_at - run.started_at).total_seconds() * 1000)

    @admin.display(description="Did")
    def shown_counts(self, run: JobRun) -> str:
        """What it did, in figures; nothing is said of what was zero."""
        told = [f"{formats.words(name)} {value}" for name, value in run.counts.items() if value]
        return ", ".join(told) or formats.MISSING
