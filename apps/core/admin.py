"""Admin bases: facts are looked at, everything else changes through an action."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from apps.core import doors
from apps.rulebook.errors import RuleBroken


class ReadOnlyAdmin(ModelAdmin):
    """A table that people read; buttons act through the room's actions."""

    list_fullwidth = True
    show_full_result_count = False

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


class ActionAdmin(ModelAdmin):
    """A hand-edited table whose form is just another caller of an action.

    Subclasses write ``save_by_action``. Nothing is deleted here: rows are retired by status.
    """

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
