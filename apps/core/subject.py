"""The page of one row, written for reading: no form, a heading, and what belongs to the row."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.core.admin import ReadOnlyAdmin


class _Titled:
    """A row under its heading, for the path at the top of the page."""

    def __init__(self, row: Any, title: str) -> None:
        self._meta, self.pk, self.title = row._meta, row.pk, title

    def __str__(self) -> str:
        return self.title


class SubjectAdmin(ReadOnlyAdmin):
    """A fact with a page of its own instead of a form.

    Subclasses name a template that extends ``console/subject.html`` and write ``shown``, what
    the template gets; ``titled`` is the heading.
    """

    page_template = ""

    def titled(self, row: Any) -> str:
        return str(row)

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        raise TypeError(f"{type(self).__name__} does not say what its page shows.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("A fact is looked at; nothing is sent to its page.")
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            redirect: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
            return redirect
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = self.titled(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": _Titled(row, title),
            "title": title,
            "own_heading": True,
            "has_view_permission": True,
            "is_fullwidth": "1",
            **self.shown(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)
