"""Who asks: a tenant's program with its key, or the tenant's staff with their session.

The middleware has judged key and session before the tenant was entered; here the verdict is
passed on. Neither says which tenant is asked about: the host does.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.tenants.access import works_here
from apps.tenants.presented import SCHEME, KeyRefused, SeenKey


@dataclass(frozen=True, slots=True)
class Program:
    """What stands in for a person where a program asks."""

    key: SeenKey

    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Program, SeenKey] | None:
        """Pass on the key that the middleware found.

        Raises:
            KeyRefused: a key that opens nothing here; a session beside it does not help.
        """
        plain: HttpRequest = request._request
        key: SeenKey | KeyRefused | None = plain.api_key  # type: ignore[attr-defined]
        if isinstance(key, KeyRefused):
            raise key
        return None if key is None else (Program(key), key)

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


class StaffSession(BaseAuthentication):
    """The console's session; it reads only, so it needs no token against forged requests."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        plain: HttpRequest = request._request
        return (plain.user, None) if works_here(plain) else None


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": SCHEME.lower(),
            "description": "An API key of the host's tenant: `bv_live_...`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = StaffSession
    name = "staffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The session of somebody of the tenant's staff.",
        }
