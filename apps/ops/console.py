"""The console: one site for the platform, one for each tenant, from the same admin classes.

Rooms register their tables once, with ``@admin.register``. The operators' site shows what is
the platform's; a tenant's own tables are absent there, because in public they do not exist. The
tenant's site, on its host at ``/admin/`` and on the operators' host at ``/t/<schema>/admin/``,
shows the tenant's tables and, to look at only, the facts that all tenants share.
"""

from functools import lru_cache
from typing import Any, ClassVar
from zlib import crc32

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.views import PasswordChangeView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import path, reverse
from django_celery_beat.models import PeriodicTask
from unfold.admin import ModelAdmin as ThemedAdmin
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.sites import UnfoldAdminSite

from apps.core import clock
from apps.core.actor import Actor
from apps.core.grants import FACTS
from apps.governance.models import ConfigVersion
from apps.ops.navigation import found, groups
from apps.ops.pages import PAGES
from apps.ops.stock import take_stock
from apps.ops.stopping import stop
from apps.tenants import actions
from apps.tenants.access import works_here
from apps.tenants.artefact import tenant_apps
from apps.tenants.middleware import on_login_role
from apps.tenants.models import User

BANNER_COLOURS = 8
OURS = "apps."
# Shared tables that a tenant's site shows besides the facts: the tenant's own people.
ALSO_IN_TENANTS = frozenset({User, ConfigVersion})
# Of these, where a tenant writes rows of its own: its opinions.
WRITTEN_IN_TENANTS = frozenset({ConfigVersion})
# Tables of others that operators look at.
ALSO_FOR_OPERATORS = frozenset({PeriodicTask})


class SignInForm(AuthenticationForm):
    """People type their e-mail address; the host says which tenant's person that is."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail address"


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """A form is just another caller of the action."""

    def save(self, commit: bool = True) -> Any:
        password = self.cleaned_data["new_password1"]
        changed = actions.change_password(
            user_id=self.user.pk, password=password, by=Actor.staff(self.user), at=clock.now()
        )
        # This browser stays signed in; its session is tied to the new password by the view.
        self.user.password = changed.password
        return self.user


def _with_page(model: type[Model], registered: type[ModelAdmin]) -> type[ModelAdmin]:
    """Put the page that several rooms contribute to before the room's own admin class."""
    page = PAGES.get(model)
    if page is None:
        return registered
    return type(registered.__name__, (page, registered), {"__module__": registered.__module__})


class LookOnly:
    """Put before an admin class: its table is shown, and nothing can be done to it."""

    actions = None
    actions_list: ClassVar[list[str]] = []
    actions_row: ClassVar[list[str]] = []
    actions_detail: ClassVar[list[str]] = []
    actions_submit_line: ClassVar[list[str]] = []

    def has_add_permission(self, request: HttpRequest, *_of: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ConsoleSite(UnfoldAdminSite):
    """What both sites have in common: signing in, the banner, where the tables come from."""

    login_form = SignInForm
    enable_nav_sidebar = True

    def shows(self, model: type[Model]) -> bool:
        raise TypeError(f"{type(self).__name__} does not say which tables it shows.")

    def dressed(self, model: type[Model], registered: type[ModelAdmin]) -> type[ModelAdmin]:
        raise TypeError(f"{type(self).__name__} does not say how it shows {model.__name__}.")

    def _search_models(
        self,
        request: HttpRequest,
        app_list: list[dict[str, Any]],
        search_term: str,
        allowed_models: list[str] | None = None,
    ) -> list[Any]:
        return found(self, request, app_list, search_term)

    def collect(self) -> None:
        """Take over the tables that the rooms registered and that belong on this site."""
        for model, registered in admin.site._registry.items():
            if self.shows(model):
                self.register(model, self.dressed(model, _with_page(model, type(registered))))

    @on_login_role
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            user: Any = request.user
            actions.record_sign_in(user=user, by=Actor.staff(user, request), at=clock.now())
        return response

    @on_login_role
    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().logout(request, extra_context)
        return response

    @on_login_role
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.current_app = self.name  # type: ignore[attr-defined]
        view: Any = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        response: HttpResponse = view(request)
        return response


class OperatorsSite(ConsoleSite):
    """The platform's own console."""

    index_title = "Platform"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_operator)

    def get_urls(self) -> list[Any]:
        own = [
            path("stop/<int:flag_id>/", self.admin_view(self.stop), name="stop"),
            path("count/", self.admin_view(self.count), name="count"),
        ]
        return [*own, *super().get_urls()]

    def stop(self, request: HttpRequest, flag_id: int) -> HttpResponse:
        return stop(self, request, flag_id)

    def count(self, request: HttpRequest) -> HttpResponse:
        """Take stock now, where no clock does or nobody wants to wait for it."""
        if request.method == "POST":
            take_stock(by=Actor.staff(request.user, request), at=clock.now())
        return HttpResponseRedirect(reverse(f"{self.name}:index"))

    def shows(self, model: type[Model]) -> bool:
        return model._meta.app_label not in tenant_apps() and (
            model.__module__.startswith(OURS) or model in ALSO_FOR_OPERATORS
        )

    def dressed(self, model: type[Model], registered: type[ModelAdmin]) -> type[ModelAdmin]:
        if registered.__module__.startswith(OURS):
            return registered
        return type(registered.__name__, (LookOnly, registered, ThemedAdmin), {})


class TenantSite(ConsoleSite):
    """One tenant's console, for its own staff and for operators who come from the platform."""

    index_title = "Tenant"

    def has_permission(self, request: HttpRequest) -> bool:
        return works_here(request)

    def shows(self, model: type[Model]) -> bool:
        return model.__module__.startswith(OURS) and (
            model._meta.app_label in tenant_apps()
            or model._meta.db_table in FACTS
            or model in ALSO_IN_TENANTS
        )

    def dressed(self, model: type[Model], registered: type[ModelAdmin]) -> type[ModelAdmin]:
        if model._meta.app_label in tenant_apps() or model in WRITTEN_IN_TENANTS:
            return registered
        return type(registered.__name__, (LookOnly, registered), {})

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return {**context, "banner": banner(request)}


@lru_cache(maxsize=1)
def operators_site() -> OperatorsSite:
    site = OperatorsSite(name="admin")
    site.collect()
    return site


@lru_cache(maxsize=1)
def tenant_site() -> TenantSite:
    site = TenantSite(name="admin")
    site.collect()
    return site


def banner(request: HttpRequest) -> dict[str, Any]:
    """Name the tenant of the page in a colour that is always the same for it."""
    tenant = request.tenant  # type: ignore[attr-defined]
    return {
        "name": tenant.name,
        "schema": tenant.schema_name,
        "type": tenant.type,
        "colour": crc32(tenant.schema_name.encode()) % BANNER_COLOURS,
        "back": "/admin/tenants/tenant/" if request.via_ops_console else None,  # type: ignore[attr-defined]
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar, with only what the person may open."""
    tenant = request.tenant  # type: ignore[attr-defined]
    site = operators_site() if tenant.is_platform else tenant_site()
    return groups(site.get_app_list(request), request)


def stylesheet(request: HttpRequest) -> str:
    return static("console/console.css")


def favicons(request: HttpRequest) -> list[dict[str, str]]:
    return [{"rel": "icon", "type": "image/svg+xml", "href": static("console/mark.svg")}]
