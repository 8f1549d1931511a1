"""What a browser may load for a page: the strictest policy, unless its path has another."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            parts.config = _of_path(request.path_info)
        return parts


def _of_path(path: str) -> dict[str, Any] | None:
    """Return the policy of the first path that fits; the tenant was cut off it already."""
    policies: dict[str, dict[str, Any]] = settings.CONTENT_POLICIES
    return next((policy for start, policy in policies.items() if path.startswith(start)), None)
