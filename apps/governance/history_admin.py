"""The history tab of a tracked table in the console: looked at, never reverted."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

# An operator's name is text and links nowhere; the template asks for the name of some page.
_NO_PAGE = "history-links-to-no-user"


class TrackedAdmin(SimpleHistoryAdmin):
    """Stands before ``ActionAdmin`` or ``ReadOnlyAdmin`` among the bases of a table's admin.

    The library's own form of an old version would save it without asking the room's action;
    here it can be read and not sent.
    """

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {**(extra_context or {}), "admin_user_view": _NO_PAGE}
        response: HttpResponse = super().history_view(request, object_id, context)
        return response

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied("An old version is looked at; a new one is made by an action.")
        response: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return response

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave the signature to the action: it knows operator, instant and reason."""
        super(SimpleHistoryAdmin, self).save_model(request, obj, form, change)
