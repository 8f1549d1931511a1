"""Admin bases: facts are looked at, everything else changes through an action."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from apps.core import doors, formats
from apps.core.listing import UncountedList, UncountedPaginator, address, linked, looked_up
from apps.rulebook.errors import RuleBroken


class QuickAdmin(ModelAdmin):
    """A list that answers at once with 100,000 rows: it never counts and looks up what is typed.

    Subclasses say what may be typed: ``search_ids`` (columns of UUIDs), ``search_exact`` (codes
    and hashes, whole) and ``search_names`` (parts of names in small tables); ``search_fields``
    is for tables that stay small. A column whose name begins with ``num_`` stands on the right.
    """

    paginator = UncountedPaginator
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    empty_value_display = formats.MISSING

    search_ids: Sequence[str] = ()
    search_exact: Sequence[str] = ()
    search_names: Sequence[str] = ()

    # Said where a list without a filter is empty: what makes its rows, and when.
    nothing_yet = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UncountedList]:
        return UncountedList

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        own = [*self.search_ids, *self.search_exact, *self.search_names]
        return own or super().get_search_fields(request)

    @property
    def search_help_text(self) -> str:
        """What may be typed, in the field itself."""
        kinds = [
            *(["a name"] if self.search_names else []),
            *(["an id"] if self.search_ids else []),
            *(["a code or hash"] if self.search_exact else []),
        ]
        return f"Type {' or '.join(kinds)}" if kinds else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        if self.search_fields:
            return super().get_search_results(request, queryset, search_term)
        found = looked_up(
            queryset,
            search_term,
            ids=self.search_ids,
            exact=self.search_exact,
            names=self.search_names,
        )
        return found, False

    def link(self, model: type[Model], key: Any, text: Any) -> SafeString:
        """Name a row by ``text``, as a link where this site shows its table."""
        return linked(address(self.admin_site, model, key), text)

    def link_id(self, model: type[Model], key: Any) -> SafeString:
        """Name a row by its key, shortened, as a link where this site shows its table."""
        return formats.identifier(key, address(self.admin_site, model, key))


class ReadOnlyAdmin(QuickAdmin):
    """A table that people read; buttons act through the room's actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def run_each(
        self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object]
    ) -> None:
        """Call ``act`` for every row; a refusal becomes a warning and the next row goes on."""
        done = 0
        for row in rows:
            try:
                act(row)
            except RuleBroken as refusal:
                doors.refused(refusal, request)
                self.message_user(
                    request, f"{row}: {refusal.sentence} ({refusal.code})", messages.WARNING
                )
            else:
                done += 1
        if done:
            self.message_user(request, f"Done for {done}.", messages.SUCCESS)


class ActionAdmin(QuickAdmin):
    """A hand-edited table whose form is just another caller of an action.

    Subclasses write ``save_by_action``. Nothing is deleted here: rows are retired by status.
    """

    list_fullwidth = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        raise TypeError(f"{type(self).__name__} does not say which action saves it.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.save_by_action(request, obj, form, change)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RuleBroken as refusal:
            doors.refused(refusal, request)
            self.message_user(request, f"{refusal.sentence} ({refusal.code})", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
