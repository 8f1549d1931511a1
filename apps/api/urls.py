"""Below ``/api/`` on a tenant's host, and below ``/t/<schema>/api/`` for operators."""

from django.urls import path

from apps.api import views
from apps.api.description import Page, Schema

urlpatterns = [
    path("v1/picks/", views.Picks.as_view(), name="picks"),
    path("v1/picks/<uuid:pick>/", views.OnePick.as_view(), name="pick"),
    path("v1/parlays/", views.Parlays.as_view(), name="parlays"),
    path("v1/parlays/<uuid:parlay>/", views.OneParlay.as_view(), name="parlay"),
    path("v1/record/", views.Record.as_view(), name="record"),
    path("v1/grading/", views.Grading.as_view(), name="grading"),
    path("v1/events/", views.Events.as_view(), name="events"),
    path("v1/events/<uuid:event>/", views.OneEvent.as_view(), name="event"),
    path("v1/health/", views.Health.as_view(), name="health"),
    path("v1/schema/", Schema.as_view(), name="schema"),
    path("v1/docs/", Page.as_view(), name="docs"),
    path("", views.NothingHere.as_view()),
    path("<path:rest>", views.NothingHere.as_view()),
]
