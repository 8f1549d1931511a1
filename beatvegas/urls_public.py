"""The operators' host. ``/t/<schema>/...`` is cut off by the middleware before this is asked."""

from django.urls import path
from django.views.generic import RedirectView

from apps.api.views import NothingHere
from apps.ops.console import operators_site
from apps.ops.metrics import metrics
from apps.site.hooks import telegram

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", operators_site().urls),
    path("metrics", metrics),
    # A bot of any tenant may hear here, where its own host is not reached from outside.
    path("hooks/telegram/<uuid:bot>/", telegram),
    path("api/<path:rest>", NothingHere.as_view()),
]
