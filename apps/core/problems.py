"""Refusals of the API as RFC 9457 problem details: one form, a stable code, nothing internal."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
API_PATH = "/api/"


def problem(
    status: int, code: str, detail: str, *, retry_after_s: int | None = None, **more: Any
) -> HttpResponse:
    """Return what a program gets that is refused: ``code`` is what it may rely on.

    ``more`` are members of its own, such as the errors of each parameter.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    answer = HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    if retry_after_s is not None:
        answer["Retry-After"] = str(retry_after_s)
    return answer


def is_for_programs(request: HttpRequest) -> bool:
    """Does the path belong to the API, whatever became of it?"""
    return request.path_info.startswith(API_PATH)
