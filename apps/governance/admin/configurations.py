"""What operators see of configuration versions, and how the next one is written."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import action, display

from apps.core import clock, formats, shapes
from apps.core.admin import ReadOnlyAdmin
from apps.governance.config_form import pages
from apps.governance.config_form.subjects import Subject
from apps.governance.models import ConfigVersion


@admin.register(ConfigVersion)
class ConfigVersionAdmin(ReadOnlyAdmin):
    """Every version of everything; the next one is written on pages of its own."""

    list_display = ["what", "standing", "since", "author", "reason"]
    list_filter = ["section", "league", "profile", "tenant_schema"]
    search_fields = ["tenant_schema", "=league", "=document_hash", "reason"]
    ordering = ["-created_at", "section", "tenant_schema", "league", "profile"]
    actions_list = ["configure"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConfigVersion]:
        return super().get_queryset(request).with_standing(clock.now())

    @display(description="Configuration")
    def what(self, version: ConfigVersion) -> str:
        return f"{Subject.of(version)}, version {version.number}"

    @display(description="State")
    def standing(self, version: Any) -> str:
        return shapes.state("config", version.standing)

    @display(description="In force from", ordering="effective_from")
    def since(self, version: ConfigVersion) -> str:
        return formats.when(version.effective_from, year=True, seconds=False)

    @action(description="Change a configuration", url_path="configure")
    def configure(self, request: HttpRequest) -> HttpResponse:
        site = self.admin_site.name
        return HttpResponseRedirect(reverse(f"{site}:governance_configversion_overview"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self._looked_at(pages.version_page, request, version_id=object_id)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            looked_at = self.admin_site.admin_view(partial(self._looked_at, view))
            return path(route, looked_at, name=f"governance_configversion_{name}")

        subject = "<slug:section>/<slug:owner>/<slug:league>/<slug:profile>"
        own = [
            page("overview/", "overview", pages.overview),
            page("compare/", "compare", pages.compare),
            page("begin/", "begin", pages.begin),
            page(f"write/{subject}/", "write", pages.write),
        ]
        return [*own, *super().get_urls()]

    def _looked_at(
        self, view: Callable[..., HttpResponse], request: HttpRequest, **named: str
    ) -> HttpResponse:
        """Show a page to whom may see versions at all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return view(self, request, **named)
