"""One log line per request, under an id that the audit and the answer carry as well."""

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

HEADER = "X-Request-ID"


class RequestLog(RequestMiddleware):
    """Gives a request its id; what a stranger sends as one is not believed."""

    def prepare(self, request: HttpRequest) -> None:
        super().prepare(request)
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        request.META["HTTP_X_REQUEST_ID"] = request_id
        vars(request).pop("headers", None)  # read anew, with the id among them

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers[HEADER] = request.META["HTTP_X_REQUEST_ID"]
        super().handle_response(request, response)
