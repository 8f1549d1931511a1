"""What every view of the API has in common: it reads, and it says who may keep the answer."""

from hashlib import sha256
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.tenants.kinds import ApiScope

JSON = "application/json"
# Plain values: decimals are numbers, instants and ids are texts.
encoded = msgspec.json.Encoder(decimal_format="number").encode


class ReadOnly(APIView):
    """Answers GET, HEAD and OPTIONS, whatever else the view is."""

    http_method_names = ["get", "head", "options"]

    def options(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say what may be asked, in the header Allow, and nothing else."""
        return HttpResponse(status=204)

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ("Accept", "Authorization", "Cookie"))
        return final


class ReadView(ReadOnly):
    """Says which scope of a key and which permission of a person it takes; None: any."""

    scope: ClassVar[ApiScope | None] = None
    permission: ClassVar[str | None] = None


def told(body: bytes, *, content_type: str = JSON, cache: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=content_type)
    answer["Cache-Control"] = cache
    return answer


def unchanged_or(
    request: HttpRequest,
    body: bytes,
    *,
    content_type: str = JSON,
    cache: str = "private, no-cache",
) -> HttpResponse:
    """Answer under a strong ETag, or with 304 where the client has these very bytes."""
    answer = told(body, content_type=content_type, cache=cache)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    answer["ETag"] = etag
    kept: HttpResponse | None = get_conditional_response(request, etag=etag, response=answer)
    return answer if kept is None else kept
