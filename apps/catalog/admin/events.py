"""What people see of events, and of what can be bet on them."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog import actions
from apps.catalog.models import Event, EventSource, Selection
from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ReasonForm, ask, choice_field
from apps.core.listing import one_of, two_lines
from apps.core.shapes import state
from apps.rulebook.markets import EventStatus


class CallOffForm(ReasonForm):
    status = choice_field(
        [
            (EventStatus.POSTPONED.value, "Postponed"),
            (EventStatus.CANCELED.value, "Cancelled"),
            (EventStatus.SCHEDULED.value, "On again"),
        ],
        label="It is",
    )
    field_order = ("status", "reason")


NEUTRAL, AT_HOME = "neutral", "home"


class GroundForm(ReasonForm):
    ground = choice_field(
        [(NEUTRAL, "Neutral ground"), (AT_HOME, "The home team's ground")], label="It is played on"
    )
    field_order = ("ground", "reason")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    actions = ["call_off", "tell_ground", "merge"]
    list_display = ["game", "starts", "standing", "num_score", "known_by"]
    list_filter = ["league", "status", one_of("frozen_code", ["MAPPING_DRIFT"], "frozen")]
    list_select_related = ["league", "home", "away"]
    search_ids = ["id"]
    search_exact = ["sources__source_event_id"]
    search_names = ["home__name", "away__name"]
    ordering = ["-start_time", "-id"]
    nothing_yet = "An event is made when its league's identity provider first lists it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).prefetch_related("sources").with_score()  # type: ignore[attr-defined, no-any-return]

    @admin.action(description="Call selected events off…", permissions=["call_off"])
    def call_off(self, request: HttpRequest, events: QuerySet[Event]) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        chosen = list(events)
        pressed = [("action", "call_off"), *(("_selected_action", str(e.pk)) for e in chosen)]

        def act(said: dict[str, Any]) -> None:
            status = EventStatus(said["status"])
            self.run_each(
                request,
                chosen,  # type: ignore[arg-type]
                lambda event: actions.call_off_event(
                    event_id=event.pk, status=status, by=by, at=at, reason=said["reason"]
                ),
            )

        return ask(
            self,
            request,
            form_class=CallOffForm,
            title=f"Call off {', '.join(map(str, chosen))}?",
            consequence="Nothing new is published on it. Picks on a cancelled game are void; on a"
            " postponed one they stand as long as the rules of its league let them. A result that"
            " comes later ends it like any other.",
            verb="Call off",
            act=act,
            there=request.get_full_path(),
            carried=pressed,
        )

    @admin.action(description="Tell the ground of selected events…", permissions=["call_off"])
    def tell_ground(self, request: HttpRequest, events: QuerySet[Event]) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        chosen = list(events)
        pressed = [("action", "tell_ground"), *(("_selected_action", str(e.pk)) for e in chosen)]

        def act(said: dict[str, Any]) -> None:
            self.run_each(
                request,
                chosen,  # type: ignore[arg-type]
                lambda event: actions.set_ground(
                    event_id=event.pk,
                    neutral=said["ground"] == NEUTRAL,
                    by=by,
                    at=at,
                    reason=said["reason"],
                ),
            )

        return ask(
            self,
            request,
            form_class=GroundForm,
            title=f"Where is {', '.join(map(str, chosen))} played?",
            consequence="The home advantage counts at the home team's ground alone. The game is"
            " simulated again.",
            verb="Tell",
            act=act,
            there=request.get_full_path(),
            carried=pressed,
            stops=False,
        )

    @admin.action(description="Merge two selected events…", permissions=["merge"])
    def merge(self, request: HttpRequest, events: QuerySet[Event]) -> HttpResponse | None:
        by, at = Actor.staff(request.user, request), clock.now()
        chosen = list(events)
        if len(chosen) != 2:
            messages.error(request, "Select the two events that are one game.")
            return None
        pressed = [("action", "merge"), *(("_selected_action", str(e.pk)) for e in chosen)]
        choices = [(str(event.pk), _told(event)) for event in chosen]

        class MergeForm(ReasonForm):
            stays = choice_field(choices, label="The one that stays")
            field_order = ("stays", "reason")

        def act(said: dict[str, Any]) -> str:
            [merged] = [event for event in chosen if str(event.pk) != said["stays"]]
            stays = actions.merge_events(
                event_id=merged.pk, into_id=UUID(said["stays"]), by=by, at=at, reason=said["reason"]
            )
            return f"{stays} is one event now."

        return ask(
            self,
            request,
            form_class=MergeForm,
            title=f"Are these one game: {' and '.join(_told(event) for event in chosen)}?",
            consequence="The other one keeps its quotes and its picks, which are settled by the"
            " result of the one that stays; published ones are invalidated, and nothing new is"
            " published on it. What comes under either id is read for the one that stays. This is"
            " not undone.",
            verb="Merge",
            act=act,
            there=request.get_full_path(),
            carried=pressed,
        )

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("catalog.merge_event"))

    def has_call_off_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("catalog.call_off_event"))

    @display(description="Event")
    def game(self, event: Event) -> SafeString:
        return two_lines(event, event.league.code)

    @display(description="Start", ordering="start_time")
    def starts(self, event: Event) -> SafeString:
        ahead = (event.begins_at - clock.now()).total_seconds()
        told = f"in {formats.age(ahead)}" if ahead > 0 else ""
        return two_lines(formats.when(event.begins_at, seconds=False), told)

    @display(description="State", ordering="status")
    def standing(self, event: Event) -> SafeString:
        if event.merged_into_id is not None:
            return state("job", "DROPPED", "Merged")
        if event.frozen_code:
            return state("review", "OPEN", f"Frozen: {words.sentence(event.frozen_code)}")
        return state("event", event.status)

    @display(description="Away, home")
    def num_score(self, event: Any) -> str:
        if event.home_score is None or event.away_score is None:
            return formats.MISSING
        return f"{event.away_score}, {event.home_score}"

    @display(description="Known as")
    def known_by(self, event: Any) -> SafeString:
        sources = list(event.sources.all())
        if not sources:
            return two_lines(formats.MISSING)
        first = min(sources, key=lambda source: source.provider)
        more = f", and {len(sources) - 1} more" if len(sources) > 1 else ""
        return two_lines(formats.identifier(first.source_event_id), f"{first.provider}{more}")


def _told(event: Any) -> str:
    """A game as a person tells it from another one of the same teams."""
    ids = ", ".join(sorted(source.source_event_id for source in event.sources.all()))
    return f"{event}, {formats.instant(event.start_time)} ({ids or 'no id'})"


@admin.register(Selection)
class SelectionAdmin(ReadOnlyAdmin):
    list_display = ["named", "market", "side", "participant", "known_as"]
    list_filter = ["market_type", "side"]
    list_select_related = ["event__home", "event__away", "event__league"]
    search_ids = ["uuid", "event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-id"]
    nothing_yet = "A selection is made when a book first quotes it."

    @display(description="Event", ordering="id")
    def named(self, selection: Selection) -> SafeString:
        return two_lines(selection.event, selection.event.league.code)

    @display(description="Market", ordering="market_type")
    def market(self, selection: Selection) -> SafeString:
        return two_lines(
            formats.words(words.market(selection.market_type)), words.period(selection.period)
        )

    @display(description="Id")
    def known_as(self, selection: Selection) -> SafeString:
        return formats.identifier(selection.uuid)


@admin.register(EventSource)
class EventSourceAdmin(ReadOnlyAdmin):
    list_display = ["known_as", "game", "reported", "seen"]
    list_select_related = ["event__home", "event__away", "event__league"]
    search_ids = ["event_id"]
    search_exact = ["source_event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-id"]
    nothing_yet = "Each provider's own id of an event stands here from its first poll on."

    @display(description="Id at its provider", ordering="id")
    def known_as(self, source: EventSource) -> SafeString:
        return two_lines(formats.identifier(source.source_event_id), source.provider)

    @display(description="Event")
    def game(self, source: EventSource) -> SafeString:
        name = self.link(Event, source.event_id, source.event)
        return two_lines(name, source.event.league.code)

    @display(description="Start as reported", ordering="reported_start")
    def reported(self, source: EventSource) -> SafeString:
        return formats.when(source.reported_start, seconds=False)

    @display(description="Last seen", ordering="last_seen_at")
    def seen(self, source: EventSource) -> SafeString:
        return formats.when(source.last_seen_at)
