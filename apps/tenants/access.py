"""Whose staff somebody is: the one answer for a tenant's console and for its API."""

from django.http import HttpRequest


def works_here(request: HttpRequest) -> bool:
    """Is the signed-in person staff of the request's tenant, on its host or from the platform?"""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    if request.via_ops_console:  # type: ignore[attr-defined]
        return bool(user.is_operator)
    return bool(user.tenant_id == request.tenant.schema_name)  # type: ignore[attr-defined]
