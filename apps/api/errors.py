"""The one place that turns a refusal or a failure into an answer, always as problem details.

A refusal of the rules keeps its code and its sentence. What nobody foresaw is logged with
everything and answered with nothing that tells of the inside.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import server_error as plain_server_error
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import set_rollback

from apps.api.permissions import ScopeMissing
from apps.core import clock
from apps.core.actor import Actor
from apps.core.problems import is_for_programs, problem
from apps.core.tenancy import TenantInactive, TenantUnknown
from apps.governance import alerts
from apps.governance.switches import Halted
from apps.rulebook.errors import RuleBroken
from apps.tenants.presented import KeyForeign, KeyRefused, SeenKey

logger = logging.getLogger(__name__)

# What a refusal is over HTTP; the first that fits, everything else is a conflict.
STATUSES: Mapping[type[RuleBroken], int] = {
    KeyForeign: 403,
    KeyRefused: 401,
    ScopeMissing: 403,
    TenantInactive: 404,
    TenantUnknown: 404,
    Halted: 503,
}
CONFLICT = 409
# When it is worth asking again: nobody knows, so not at once.
RETRY_AFTER_S: Mapping[int, int] = {503: 30}
UNAVAILABLE_RETRY_S = 5
_FRAMEWORK_CODES: Mapping[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "NOT_AUTHENTICATED",
    exceptions.AuthenticationFailed: "NOT_AUTHENTICATED",
    exceptions.PermissionDenied: "PERMISSION_DENIED",
    exceptions.NotFound: "NOT_FOUND",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.UnsupportedMediaType: "MEDIA_TYPE_UNSUPPORTED",
    exceptions.Throttled: "RATE_LIMITED",
    exceptions.ParseError: "REQUEST_UNREADABLE",
}


class RequestRefused(RuleBroken):
    """A question that cannot be understood: 400."""

    code = "PARAMETER_INVALID"

    def __init__(self, sentence: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(sentence)
        self.errors = errors


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer for whatever a view raised. DRF calls it inside the ``except``.

    A refusal that somebody should hear of opens its alert, when everything is rolled back.
    """
    set_rollback()
    if isinstance(error, RuleBroken) and not isinstance(error, KeyRefused):
        alerts.at_door(error, by=_who(context["request"]), at=clock.now())
    answer = _answer(error)
    if answer.status_code == 401:
        answer["WWW-Authenticate"] = context["view"].get_authenticate_header(context["request"])
    return answer


def _who(request: Request) -> Actor:
    plain = request._request
    if isinstance(request.auth, SeenKey):
        return Actor.program(request.auth.tenant_schema, request.auth.prefix, plain)
    return Actor.staff(request.user, plain)


def _answer(error: Exception) -> HttpResponse:
    if isinstance(error, RequestRefused):
        return problem(400, error.code, error.sentence, errors=error.errors)
    if isinstance(error, RuleBroken):
        return _of_refusal(error)
    if isinstance(error, Http404):
        return problem(404, "NOT_FOUND", "There is nothing here.")
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return _of_failure(error)


def _of_refusal(refusal: RuleBroken) -> HttpResponse:
    status = next((code for kind, code in STATUSES.items() if isinstance(refusal, kind)), CONFLICT)
    return problem(status, refusal.code, refusal.sentence, retry_after_s=RETRY_AFTER_S.get(status))


def _of_framework(error: exceptions.APIException) -> HttpResponse:
    code = next(
        (code for kind, code in _FRAMEWORK_CODES.items() if isinstance(error, kind)),
        "REQUEST_REFUSED",
    )
    wait = getattr(error, "wait", None)
    return problem(
        error.status_code,
        code,
        str(error.detail),
        retry_after_s=None if wait is None else int(-(-wait // 1)),
    )


def _of_failure(error: Exception) -> HttpResponse:
    logger.error("Unexpected failure of the API", exc_info=error)
    if isinstance(error, OperationalError | InterfaceError):
        return problem(
            503,
            "UNAVAILABLE",
            "The platform cannot answer at this moment.",
            retry_after_s=UNAVAILABLE_RETRY_S,
        )
    return problem(500, "INTERNAL_ERROR", "Something failed on our side; it has been noted.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's last resort (``handler500``): what fails outside a view, in the middleware."""
    if not is_for_programs(request):
        return plain_server_error(request)
    error = sys.exc_info()[1]
    return _of_failure(error if isinstance(error, Exception) else RuntimeError("unknown"))
