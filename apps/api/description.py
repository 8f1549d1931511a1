"""The schema that describes the API, and a page to read it on that needs no other host."""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from apps.api.base import ReadOnly, unchanged_or

# The same for everybody, and another one with every release.
_KEEP = "public, max-age=300"


@lru_cache(maxsize=2)
def schema_text(renderer: Any = OpenApiYamlRenderer) -> bytes:
    """Write the schema as a renderer does; the code does not change while it runs."""
    described = SchemaGenerator().get_schema(request=None, public=True)
    text: bytes = renderer().render(described, renderer_context={})
    return text


class PlainJsonRenderer(OpenApiJsonRenderer):
    """Whoever asks for JSON by its usual name gets the schema as well."""

    media_type = JSONRenderer.media_type


class Schema(ReadOnly, SpectacularAPIView):
    """OpenAPI 3.1, for anybody: as YAML, or as JSON where that is asked for."""

    renderer_classes = [OpenApiYamlRenderer, OpenApiJsonRenderer, PlainJsonRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        kind: Any = type(renderer)
        return unchanged_or(
            request._request,
            schema_text(kind),
            content_type=f"{renderer.media_type}; charset=utf-8",
            cache=_KEEP,
        )


class Page(ReadOnly, SpectacularSwaggerSplitView):
    """The schema as a page; its script has an address of its own, so that none is inline."""

    url_name = "schema"
    template_name = "api/docs.html"
