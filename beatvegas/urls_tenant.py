"""A tenant's host, and on the operators' host what stands below ``/t/<schema>/``."""

from django.urls import include, path

from apps.ops.console import tenant_site

urlpatterns = [
    path("admin/", tenant_site().urls),
    path("api/", include("apps.api.urls")),
    path("", include("apps.site.urls")),
]
handler500 = "apps.api.errors.server_error"
