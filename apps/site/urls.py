"""On a tenant's host from its root on, and below ``/t/<schema>/`` for operators."""

from django.urls import path

from apps.site import hooks, views

app_name = "site"
urlpatterns = [
    path("", views.Today.as_view(), name="today"),
    path("picks/<uuid:pick>/", views.OnePick.as_view(), name="pick"),
    path("picks/<uuid:pick>/proof.json", views.Proof.as_view(), name="proof"),
    path("record/", views.Record.as_view(), name="record"),
    path("hooks/telegram/<uuid:bot>/", hooks.telegram, name="telegram"),
    path("how-it-works/", views.How.as_view(), name="how"),
]
