"""What operators see of the audit: every tenant's chain, newest first."""

import json

from django.contrib import admin
from django.utils.html import format_html

from apps.core.admin import ReadOnlyAdmin
from apps.governance.models import AuditLine


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "tenant_schema", "actor_id", "action", "object_type", "reason"]
    list_filter = ["actor_type", "strength"]
    search_fields = ["=tenant_schema", "=actor_id", "=action", "=object_id"]
    date_hierarchy = "occurred_at"
    ordering = ["-occurred_at", "-id"]
    exclude = ["diff"]
    readonly_fields = ["what_changed"]

    @admin.display(description="What changed")
    def what_changed(self, line: AuditLine) -> str:
        return format_html("<pre>{}</pre>", json.dumps(line.diff, indent=1, ensure_ascii=False))
