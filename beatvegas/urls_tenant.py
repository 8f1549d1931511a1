"""A tenant's host, and on the operators' host what stands below ``/t/<schema>/``."""

from django.urls import include, path
from django.views.generic import RedirectView

from apps.ops.console import tenant_site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", tenant_site().urls),
    path("api/", include("apps.api.urls")),
]
handler500 = "apps.api.errors.server_error"
