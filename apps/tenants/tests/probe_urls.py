"""Views that tell what the middleware made of a request."""

from django.http import HttpRequest, JsonResponse
from django.urls import path, reverse

from apps.core.db import fetch_all
from apps.tenants.middleware import on_login_role
from apps.tenants.presented import KeyRefused, SeenKey


def told_of_key(key: SeenKey | KeyRefused | None) -> object:
    if isinstance(key, SeenKey):
        return [str(key.id), key.tenant_schema, sorted(key.scopes)]
    return key.code if isinstance(key, KeyRefused) else None


def probe(request: HttpRequest) -> JsonResponse:
    [(role, schema)] = fetch_all("SELECT current_user::text, current_schema()::text")
    return JsonResponse(
        {
            "role": role,
            "schema": schema,
            "host_tenant": request.host_tenant.schema_name,
            "tenant": request.tenant.schema_name,
            "via_ops_console": request.via_ops_console,
            "user": str(request.user),
            "api_key": told_of_key(request.api_key),
            "here": reverse("probe"),
        }
    )


@on_login_role
def probe_signing_in(request: HttpRequest) -> JsonResponse:
    return probe(request)


def remember(request: HttpRequest) -> JsonResponse:
    """Change the session as a tenant, who has no right on it."""
    request.session["seen"] = True
    return probe(request)


def fail(request: HttpRequest) -> JsonResponse:
    fetch_all("SELECT 1")
    raise ZeroDivisionError


urlpatterns = [
    path("probe/", probe, name="probe"),
    path("signing-in/", probe_signing_in),
    path("remember/", remember),
    path("fail/", fail),
]
