"""What operators see of the jobs that ran."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.core import formats, shapes
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import one_of, recent, two_lines
from apps.core.tenancy import active_schemas
from apps.governance.models import PLATFORM, JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["named", "shown_outcome", "shown_start", "shown_counts", "error"]
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

    @admin.display(description="Job", ordering="job")
    def named(self, run: JobRun) -> SafeString:
        return two_lines(run.job, run.tenant_schema)

    @admin.display(description="Outcome", ordering="outcome")
    def shown_outcome(self, run: JobRun) -> SafeString:
        again = f"attempt {run.attempt}" if run.attempt > 1 else ""
        return two_lines(shapes.state("job", run.outcome), again)

    @admin.display(description="Started, took", ordering="started_at")
    def shown_start(self, run: JobRun) -> SafeString:
        return two_lines(formats.when(run.started_at), _took(run))

    @admin.display(description="Did")
    def shown_counts(self, run: JobRun) -> str:
        """What it did, in figures; nothing is said of what was zero."""
        return ", ".join(_told(run.counts)) or formats.MISSING


def _took(run: JobRun) -> str:
    if run.finished_at is None:
        return formats.MISSING
    return formats.milliseconds((run.finished_at - run.started_at).total_seconds() * 1000)


def _told(counts: Mapping[str, Any]) -> Iterator[str]:
    """Each figure under its name, those of a group under the group's."""
    for name, value in counts.items():
        if isinstance(value, Mapping):
            inside = ", ".join(_told(value))
            if inside:
                yield f"{formats.words(name)} ({inside})"
        elif value:
            yield f"{formats.words(name)} {value}"
