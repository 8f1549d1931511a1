"""What may be read: a key names scopes, a person has permissions, a view says what it takes."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.rulebook.errors import RuleBroken
from apps.tenants.kinds import ApiScope
from apps.tenants.presented import SeenKey


class ScopeMissing(RuleBroken):
    code = "API_KEY_SCOPE_MISSING"

    def __init__(self, scope: ApiScope) -> None:
        super().__init__(f"This API key does not open {scope.value}.")


class MayRead(BasePermission):
    """Asks for ``view.scope`` of a key and for ``view.permission`` of a person."""

    message = "Your role does not include this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, SeenKey):
            if view.scope is not None and view.scope not in request.auth.scopes:
                raise ScopeMissing(view.scope)
            return True
        if not request.user.is_authenticated:
            return False
        return view.permission is None or bool(request.user.has_perm(view.permission))
