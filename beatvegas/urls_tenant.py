"""A tenant's host, and on the operators' host what stands below ``/t/<schema>/``."""

from django.urls import path
from django.views.generic import RedirectView

from apps.ops.console import tenant_site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", tenant_site().urls),
]
