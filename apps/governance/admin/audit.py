"""What operators see of the audit: every tenant's entries, as they were written, newest first."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.actor import ActorType
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import one_of, recent, two_lines
from apps.governance.models import AuditLine, Strength
from apps.governance.models.audit import OF_A_PERSON


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    list_display = ["written", "what", "who", "about", "reason"]
    list_filter = [
        one_of("actor_type", [kind.value for kind in ActorType], "actor"),
        one_of("strength", [kind.value for kind in Strength]),
        recent("recorded_at"),
    ]
    search_exact = ["object_id", "actor_id"]
    # Ids are made in the order of writing, and their index is there.
    ordering = ["-id"]
    exclude = ["diff"]
    readonly_fields = ["what_changed"]
    nothing_yet = "Whatever changes is entered here, in the transaction of the change itself."

    @property
    def search_help_text(self) -> str:
        return "Type the id of what changed, or who changed it"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What jobs do is found by its object: of who did it only people are looked up."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(object_id=term) | (OF_A_PERSON & Q(actor_id=term))), False

    @admin.display(description="Written", ordering="id")
    def written(self, line: AuditLine) -> SafeString:
        return two_lines(formats.when(line.recorded_at), formats.short_id(line.pk))

    @admin.display(description="What")
    def what(self, line: AuditLine) -> SafeString:
        return two_lines(line.action, line.tenant_schema)

    @admin.display(description="Who")
    def who(self, line: AuditLine) -> SafeString:
        behalf = f"for {line.on_behalf_of}" if line.on_behalf_of else line.actor_type.lower()
        return two_lines(line.actor_id, behalf)

    @admin.display(description="About")
    def about(self, line: AuditLine) -> SafeString:
        """Everything that ever happened to the same object is one click away."""
        return two_lines(
            line.object_type, formats.identifier(line.object_id, f"?q={line.object_id}")
        )

    @admin.display(description="What changed")
    def what_changed(self, line: AuditLine) -> SafeString | str:
        if not line.diff:
            return formats.MISSING
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            ((name, _written(was), _written(became)) for name, (was, became) in line.diff.items()),
        )
        return format_html(
            '<div class="bv-scroll" tabindex="0"><table class="bv-table"><thead><tr>'
            '<th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th>'
            "</tr></thead><tbody>{}</tbody></table></div>",
            rows,
        )


def _written(value: Any) -> str:
    """Write a stored value as it is hashed, but what is nothing as a dash."""
    if value is None or value == "":
        return formats.MISSING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
