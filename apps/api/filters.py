"""What lists may be asked for. An unknown parameter is refused: it would silently ask for all."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django_filters.rest_framework import FilterSet

from apps.api.errors import RequestRefused
from apps.catalog.models import Event
from apps.picks.models import Parlay, Pick
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.rulebook.parlays import ParlayStatus
from apps.rulebook.thresholds import Tier

LONGEST_LEAGUE = 16
DAYS = "days"
USUAL_DAYS, MOST_DAYS = 7, 92


class InstantField(forms.Field):
    """An instant with its offset; without one nobody knows which is meant."""

    default_error_messages = {
        "invalid": "Give an instant with its offset, such as 2026-01-31T18:00:00Z."
    }

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            instant = parse_datetime(value)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return instant


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = InstantField


def _one_of(words: Iterable[str], **said: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(choices=[(str(word), str(word)) for word in words], **said)


class PickFilter(FilterSet):
    league = django_filters.CharFilter(max_length=LONGEST_LEAGUE, help_text="League code.")
    event = django_filters.UUIDFilter(field_name="event_id", help_text="Picks on one game.")
    market_type = _one_of(MarketType)
    side = _one_of(Side)
    status = _one_of(
        (PickStatus.PUBLISHED, PickStatus.SUPERSEDED, PickStatus.GRADED),
        help_text="PUBLISHED: those that stand now.",
    )
    tier = _one_of(Tier.__members__[name] for name in ("EDGE", "LEAN", "MARKET_ALIGNED"))
    validity = _one_of(Validity, field_name="validity_state")
    published_from = InstantFilter(
        field_name="published_at", lookup_expr="gte", help_text="Published at or after."
    )
    published_to = InstantFilter(
        field_name="published_at", lookup_expr="lt", help_text="Published before."
    )

    class Meta:
        model = Pick
        fields: tuple[str, ...] = ()


class ParlayFilter(FilterSet):
    profile = django_filters.CharFilter(max_length=LONGEST_LEAGUE, help_text="Parlay profile.")
    status = _one_of(ParlayStatus, help_text="MADE: those that are not settled yet.")
    generated_from = InstantFilter(
        field_name="generated_at", lookup_expr="gte", help_text="Generated at or after."
    )
    generated_to = InstantFilter(
        field_name="generated_at", lookup_expr="lt", help_text="Generated before."
    )

    class Meta:
        model = Parlay
        fields: tuple[str, ...] = ()


class EventFilter(FilterSet):
    league = django_filters.CharFilter(
        field_name="league__code", max_length=LONGEST_LEAGUE, help_text="League code."
    )
    status = _one_of(EventStatus)
    starts_from = InstantFilter(
        field_name="start_time",
        lookup_expr="gte",
        help_text="Starts at or after; without it and starts_to: from 24 hours ago on.",
    )
    starts_to = InstantFilter(field_name="start_time", lookup_expr="lt", help_text="Starts before.")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()


def filtered(rows: Any, request: HttpRequest, filters: type[FilterSet]) -> Any:
    """Return the rows that the request's parameters describe.

    Raises:
        RequestRefused: a value that cannot be.
    """
    if not request.GET.keys() & filters.base_filters.keys():
        return rows
    asked = filters(request.GET, queryset=rows, request=request)
    if not asked.is_valid():
        errors = {name: list(map(str, said)) for name, said in asked.errors.items()}
        raise RequestRefused("Some parameters cannot be understood.", errors)
    return asked.qs


def require_known(request: HttpRequest, known: Iterable[str]) -> None:
    """Refuse what would be ignored.

    Raises:
        RequestRefused: a parameter that nobody reads, or one that is given twice.
    """
    allowed = set(known)
    errors = {name: ["There is no such parameter."] for name in request.GET if name not in allowed}
    errors |= {
        name: ["Give it once."]
        for name, values in request.GET.lists()
        if name in allowed and len(values) > 1
    }
    if errors:
        raise RequestRefused("Some parameters cannot be understood.", errors)


def days_asked(request: HttpRequest) -> int:
    """How many days back a list of days reaches.

    Raises:
        RequestRefused: that is no number of days.
    """
    text = request.GET.get(DAYS)
    if text is None:
        return USUAL_DAYS
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_DAYS):
        raise RequestRefused(
            f"{DAYS} is a whole number from 1 to {MOST_DAYS}.",
            {DAYS: [f"Not from 1 to {MOST_DAYS}."]},
        )
    return int(text)
