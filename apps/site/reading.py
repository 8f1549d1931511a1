"""Who may read a tenant's pages, and what every one of them has in common."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from csp.decorators import csp
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page
from django.views.generic import View

from apps.core import clock
from apps.core.local import Place
from apps.core.words import HELP_LINE
from apps.tenants.hosts import SeenTenant
from apps.tenants.kinds import FOR_EVERYBODY

PERMISSION = "picks.view_pick"


def may_read(request: HttpRequest) -> bool:
    """Operators and a tenant's own people read any page of it, strangers what it publishes."""
    tenant: SeenTenant = request.tenant  # type: ignore[attr-defined]
    if not request.via_ops_console and tenant.type in FOR_EVERYBODY:  # type: ignore[attr-defined]
        return True
    return works_for_it(request)


def works_for_it(request: HttpRequest) -> bool:
    """Is whoever asks signed in as somebody who may see the picks in the console?"""
    return bool(request.user.is_staff and request.user.has_perm(PERMISSION))


@method_decorator((gzip_page, conditional_page, csp(settings.BOARD_POLICY)), name="dispatch")
class Page(View):
    """A page that is read: no script, no form, no file from elsewhere."""

    http_method_names = ["get", "head"]
    template: ClassVar[str]
    here: ClassVar[str] = ""  # which entry of the navigation it stands under

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_read(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return super().dispatch(request, *args, **kwargs)

    def filled(self, shown: Mapping[str, Any]) -> HttpResponse:
        """The page with what it shows, and with what stands on every one."""
        answer = render(
            self.request,
            self.template,
            {
                "tenant": self.tenant,
                "here": self.here,
                "place": self.place,
                "staff": works_for_it(self.request),
                "help_line": HELP_LINE,
                **shown,
            },
        )
        answer["Cache-Control"] = "private, no-cache"
        answer["Referrer-Policy"] = "same-origin"
        return answer

    @cached_property
    def at(self) -> datetime:
        return clock.now()

    @cached_property
    def tenant(self) -> SeenTenant:
        seen: SeenTenant = self.request.tenant  # type: ignore[attr-defined]
        return seen

    @cached_property
    def place(self) -> Place:
        return Place.of(self.tenant.timezone)
