"""On a tenant's host from its root on, and below ``/t/<schema>/`` for operators."""

from django.urls import path

from apps.site import views

app_name = "site"
urlpatterns = [
    path("", views.Today.as_view(), name="today"),
]
