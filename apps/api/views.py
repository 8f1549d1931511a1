"""What a tenant's programs may ask. Every view reads; who asks was found out before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request

from apps.api import shown
from apps.api.base import ReadView, encoded, told, unchanged_or
from apps.api.filters import (
    DAYS,
    EventFilter,
    ParlayFilter,
    PickFilter,
    days_asked,
    filtered,
    require_known,
)
from apps.api.openapi import documented
from apps.api.paging import PARAMETERS, Order, cut, next_page
from apps.catalog.models import Event
from apps.core import clock
from apps.picks.models import Parlay, Pick
from apps.tenants.kinds import ApiScope

# What lists of games begin with where nobody says.
LOOK_BACK = timedelta(hours=24)


def page_of(
    request: HttpRequest,
    rows: QuerySet[Any],
    filters: type[FilterSet],
    order: Order,
    show: Callable[[QuerySet[Any]], list[dict[str, Any]]],
    ends_at: Callable[[dict[str, Any]], tuple[Any, Any]],
) -> HttpResponse:
    """Answer with one page of a list; ``ends_at`` reads a row's place in the order."""
    require_known(request, (*filters.base_filters, *PARAMETERS))
    window, limit = cut(filtered(rows, request, filters), request, order)
    found = show(window)
    following = next_page(request, ends_at(found[limit - 1])) if len(found) > limit else None
    return unchanged_or(request, encoded({"results": found[:limit], "next": following}))


class Picks(ReadView):
    """The published picks, newest first: the whole record, with nothing left out."""

    scope = ApiScope.PICKS
    permission = "picks.view_pick"
    order = Order("published_at", newest_first=True)

    @extend_schema(**documented.picks)
    def get(self, request: Request) -> HttpResponse:
        return page_of(
            request._request,
            Pick.objects.seen(),
            PickFilter,
            self.order,
            shown.picks,
            lambda pick: (pick["standing"]["published_at"], pick["pick"]),
        )


class OnePick(ReadView):
    """One published pick, exactly as its list shows it."""

    scope = ApiScope.PICKS
    permission = "picks.view_pick"

    @extend_schema(**documented.pick)
    def get(self, request: Request, pick: UUID) -> HttpResponse:
        require_known(request._request, ())
        found = shown.picks(Pick.objects.seen().filter(pk=pick))
        if not found:
            raise Http404
        return unchanged_or(request._request, encoded(found[0]))


class Parlays(ReadView):
    """The parlays that were asked for, newest first, those for which legs were missing, too."""

    scope = ApiScope.PICKS
    permission = "picks.view_parlay"
    order = Order("generated_at", newest_first=True)

    @extend_schema(**documented.parlays)
    def get(self, request: Request) -> HttpResponse:
        return page_of(
            request._request,
            Parlay.objects.all(),
            ParlayFilter,
            self.order,
            shown.parlays,
            lambda parlay: (parlay["generated_at"], parlay["parlay"]),
        )


class OneParlay(ReadView):
    """One parlay, exactly as its list shows it."""

    scope = ApiScope.PICKS
    permission = "picks.view_parlay"

    @extend_schema(**documented.parlay)
    def get(self, request: Request, parlay: UUID) -> HttpResponse:
        require_known(request._request, ())
        found = shown.parlays(Parlay.objects.filter(pk=parlay))
        if not found:
            raise Http404
        return unchanged_or(request._request, encoded(found[0]))


class Events(ReadView):
    """The games, by their start."""

    scope = ApiScope.EVENTS
    permission = "catalog.view_event"
    order = Order("start_time", newest_first=False)

    @extend_schema(**documented.events)
    def get(self, request: Request) -> HttpResponse:
        rows = Event.objects.filter(merged_into__isnull=True)
        if not request.GET.keys() & {"starts_from", "starts_to"}:
            # To the hour, so that a client that asks again is told when nothing changed.
            hour = clock.now().replace(minute=0, second=0, microsecond=0)
            rows = rows.filter(start_time__gte=hour - LOOK_BACK)
        return page_of(
            request._request,
            rows,
            EventFilter,
            self.order,
            shown.events,
            lambda event: (event["starts_at"], event["event"]),
        )


class OneEvent(ReadView):
    """One game, also when it was merged into another one."""

    scope = ApiScope.EVENTS
    permission = "catalog.view_event"

    @extend_schema(**documented.event)
    def get(self, request: Request, event: UUID) -> HttpResponse:
        require_known(request._request, ())
        found = shown.events(Event.objects.filter(pk=event))
        if not found:
            raise Http404
        return unchanged_or(request._request, encoded(found[0]))


class Grading(ReadView):
    """What was due on each league's last days, and what became of it. It speaks of this instant."""

    scope = ApiScope.PICKS
    permission = "picks.view_pick"

    @extend_schema(**documented.grading)
    def get(self, request: Request) -> HttpResponse:
        require_known(request._request, (DAYS,))
        at = clock.now()
        since = at.date() - timedelta(days=days_asked(request._request))
        found = shown.grading(at, since=since)
        return told(encoded({"results": found}), cache="no-store")


class Record(ReadView):
    """What came of one unit on every published pick, with nothing left out."""

    scope = ApiScope.PICKS
    permission = "picks.view_pick"

    @extend_schema(**documented.record)
    def get(self, request: Request) -> HttpResponse:
        require_known(request._request, ())
        return unchanged_or(request._request, encoded(shown.record(clock.now())))


class Health(ReadView):
    """Whether what is read here is being kept up. Never kept: it speaks of this instant."""

    @extend_schema(**documented.health)
    def get(self, request: Request) -> HttpResponse:
        require_known(request._request, ())
        tenant: Any = request._request.tenant  # type: ignore[attr-defined]
        return told(encoded(shown.health(tenant=tenant, at=clock.now())), cache="no-store")


class NothingHere(ReadView):
    """Every other address below the API: the refusal has the API's form, too."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(
            "There is nothing here. The API is on a tenant's host; its addresses end with a slash."
        )
