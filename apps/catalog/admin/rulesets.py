"""What people see of settlement rules, and how the next version is written."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.catalog.models import SettlementRuleset
from apps.catalog.ruleset_pages import pages
from apps.core import clock, formats, shapes, words
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import two_lines


@admin.register(SettlementRuleset)
class SettlementRulesetAdmin(ReadOnlyAdmin):
    """Every version of the rules of every market; the next is written on pages of its own."""

    list_display = ["about", "num_version", "standing", "in_force", "why", "rules_of"]
    list_filter = ["league", "market_type"]
    list_select_related = ["league"]
    search_exact = ["league__code", "rules_hash"]
    ordering = ["league__code", "market_type", "period", "-version"]
    actions_list = ["rules_by_market"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SettlementRuleset]:
        return super().get_queryset(request).with_standing(clock.now())  # type: ignore[attr-defined, no-any-return]

    @display(description="Market", ordering="market_type")
    def about(self, ruleset: SettlementRuleset) -> SafeString:
        market = formats.words(words.market(ruleset.market_type))
        return two_lines(f"{ruleset.league.code} {market.lower()}", words.period(ruleset.period))

    @display(description="Version", ordering="version")
    def num_version(self, ruleset: SettlementRuleset) -> str:
        return formats.count(ruleset.version)

    @display(description="State")
    def standing(self, ruleset: Any) -> SafeString:
        return shapes.state("config", ruleset.standing)

    @display(description="In force from", ordering="effective_from")
    def in_force(self, ruleset: SettlementRuleset) -> SafeString:
        return formats.when(ruleset.effective_from, year=True, seconds=False)

    @display(description="Why")
    def why(self, ruleset: SettlementRuleset) -> SafeString:
        return two_lines(ruleset.reason or formats.MISSING, ruleset.author)

    @display(description="Rules, sha256")
    def rules_of(self, ruleset: SettlementRuleset) -> SafeString:
        return formats.identifier(ruleset.rules_hash)

    @action(description="Rules by market", url_path="by-market")
    def rules_by_market(self, request: HttpRequest) -> HttpResponse:
        site = self.admin_site.name
        return HttpResponseRedirect(reverse(f"{site}:catalog_settlementruleset_overview"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self._looked_at(pages.version_page, request, ruleset_id=object_id)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            looked_at = self.admin_site.admin_view(partial(self._looked_at, view))
            return path(route, looked_at, name=f"catalog_settlementruleset_{name}")

        own = [
            page("overview/", "overview", pages.overview),
            page("compare/", "compare", pages.compare),
            page("write/<str:league>/<str:market_type>/<str:period>/", "write", pages.write),
        ]
        return [*own, *super().get_urls()]

    def _looked_at(
        self, view: Callable[..., HttpResponse], request: HttpRequest, **named: str
    ) -> HttpResponse:
        """Show a page to whom may see rules at all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return view(self, request, **named)
