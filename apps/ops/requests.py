"""One log line per request, under an id that the audit and the answer carry as well."""

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

HEADER = "X-Request-ID"


class RequestLog(RequestMiddleware):
    """Gives a request its id; what a stranger sends as one is not believed."""

    def prepare(self, request: HttpRequest) -> None:
        _believe_proxies(request, settings.TRUSTED_PROXIES)
        super().prepare(request)
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        request.META["HTTP_X_REQUEST_ID"] = request_id
        vars(request).pop("headers", None)  # read anew, with the id among them

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers[HEADER] = request.META["HTTP_X_REQUEST_ID"]
        super().handle_response(request, response)


def _believe_proxies(request: HttpRequest, proxies: int) -> None:
    """Take the address that the outermost of our own proxies saw; what stands before is claimed."""
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(seen) >= proxies and seen[-proxies]:
        request.META["REMOTE_ADDR"] = seen[-proxies]
