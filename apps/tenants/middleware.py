"""From a request to its tenant: host, session, person or key, scope, and back to public.

Session, person and key are loaded on the login role, before the tenant is entered: a tenant's
role has no rights on them. The order in ``settings.MIDDLEWARE`` is the order in this file, with
Django's own AuthenticationMiddleware between session and scope.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.request import split_domain_port
from django.urls import set_script_prefix

from apps.core import clock
from apps.core.actor import Actor, ActorType
from apps.core.problems import is_for_programs, problem
from apps.core.tenancy import (
    TenantInactive,
    TenantUnknown,
    ensure_public,
    entered,
    tenant_scope,
)
from apps.governance import rollouts
from apps.tenants import actions
from apps.tenants.hosts import SeenTenant, tenant_of_host, tenant_of_schema
from apps.tenants.presented import presented_key
from apps.tenants.sessions import SessionStore

View = TypeVar("View", bound=Callable[..., Any])
GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# The operators' console of one tenant: the tenant stands in the address, never in the session,
# so that two tabs cannot write into each other's tenant.
_CONSOLE = re.compile(r"^/t/(?P<schema>[a-z][a-z0-9_]{1,29})(?P<rest>/.*)$")


def on_login_role(view: View) -> View:
    """Mark a view that signs people in or out: it runs in public, with the login's rights."""
    view.on_login_role = True  # type: ignore[attr-defined]
    return view


class HostMiddleware:
    """Finds the tenant of the host, and of the path on the operators' host.

    Sets ``request.host_tenant`` (whose people may sign in here), ``request.tenant`` (whose
    data is shown) and ``request.via_ops_console``. Unknown and suspended look alike: 404.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ensure_public()
        host_tenant = self._tenant_of_host(request)
        if host_tenant is None:
            return not_found(request)
        request.host_tenant = request.tenant = host_tenant  # type: ignore[attr-defined]
        request.via_ops_console = False  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=host_tenant.schema_name)
        if not host_tenant.is_platform:
            return self.get_response(request)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]
        inside = _CONSOLE.match(request.path_info)
        return self._console(request, inside) if inside else self.get_response(request)

    def _tenant_of_host(self, request: HttpRequest) -> SeenTenant | None:
        try:
            host, _port = split_domain_port(request.get_host())
        except DisallowedHost:
            return None
        return tenant_of_host(host.removeprefix("www."))

    def _console(self, request: HttpRequest, inside: re.Match[str]) -> HttpResponse:
        tenant = tenant_of_schema(inside["schema"])
        if tenant is None or tenant.is_platform:
            return not_found(request)
        outer = request.META.get("SCRIPT_NAME", "")
        prefix = f"{outer}/t/{tenant.schema_name}"
        request.tenant = tenant  # type: ignore[attr-defined]
        request.via_ops_console = True  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=tenant.schema_name)
        request.urlconf = settings.ROOT_URLCONF  # type: ignore[attr-defined]
        request.path_info = inside["rest"]
        request.META["SCRIPT_NAME"] = prefix
        set_script_prefix(prefix + "/")
        try:
            return self.get_response(request)
        finally:
            # The WSGI handler sets it for each request, the test client does not.
            set_script_prefix((outer or "") + "/")


class TenantSessionMiddleware(SessionMiddleware):
    """Django's sessions, each valid on the hosts of one tenant only."""

    def process_request(self, request: HttpRequest) -> None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        home: str = request.host_tenant.schema_name  # type: ignore[attr-defined]
        request.session = SessionStore(key, tenant_schema=home)


class ScopeMiddleware:
    """Loads session, person and API key, then lets the view run as the tenant.

    The tenant is entered when the view is known, because views that sign people in stay on
    the login role; it is left before the session is saved. A view that says it asks for roll-outs
    finds those of its tenant in ``request.rollouts``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._load_person(request)
        request.api_key = presented_key(request)  # type: ignore[attr-defined]
        with ExitStack() as scopes:
            request.tenant_scopes = scopes  # type: ignore[attr-defined]
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        tenant: SeenTenant = request.tenant  # type: ignore[attr-defined]
        if tenant.is_platform or getattr(view, "on_login_role", False):
            return None
        if getattr(getattr(view, "view_class", None), "asks_rollouts", False):
            on = rollouts.on_for(tenant.schema_name, at=clock.now())
            request.rollouts = on  # type: ignore[attr-defined]
        try:
            request.tenant_scopes.enter_context(self._scope(request, tenant))  # type: ignore[attr-defined]
        except (TenantInactive, TenantUnknown):
            return not_found(request)
        return None

    def _scope(self, request: HttpRequest, tenant: SeenTenant) -> AbstractContextManager[None]:
        """Who only reads may rely on what the host was found to be; who writes asks again."""
        if request.method in SAFE_METHODS:
            return entered(tenant.schema_name)
        return tenant_scope(tenant.schema_name)

    def _load_person(self, request: HttpRequest) -> None:
        """Ask the database now for what may not be asked later, as a tenant."""
        user = request.user
        known = user.is_authenticated  # loads session and person, if there is a cookie
        if request.session.stolen_from is not None:  # type: ignore[attr-defined]
            self._note_theft(request)
        if not known:
            return
        if user.tenant_schema != request.host_tenant.schema_name:  # type: ignore[attr-defined,union-attr]
            # Only possible if the person's row was tampered with: the session is theirs.
            request.user = AnonymousUser()
            return
        if user.is_staff and not user.is_superuser:
            user.get_all_permissions()  # the back end remembers them on the person

    def _note_theft(self, request: HttpRequest) -> None:
        home: str = request.session.stolen_from  # type: ignore[attr-defined]
        here: str = request.host_tenant.schema_name  # type: ignore[attr-defined]
        by = Actor(
            type=ActorType.USER,
            id="unknown",
            auth_method="session",
            ip=request.META.get("REMOTE_ADDR") or None,
            user_agent=request.headers.get("User-Agent", "")[:256],
        )
        key = request.COOKIES[settings.SESSION_COOKIE_NAME]
        actions.note_foreign_session(session_key=key, home=home, here=here, by=by, at=clock.now())


def not_found(request: HttpRequest) -> HttpResponse:
    """Nothing that tells an outsider which tenants there are."""
    if is_for_programs(request):
        return problem(404, "NOT_FOUND", "There is nothing here.")
    return HttpResponseNotFound("Not found.\n", content_type="text/plain; charset=utf-8")
