"""What a person has to decide, and the buttons that decide it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.catalog import actions
from apps.catalog.models import Event, ReviewItem, ReviewKind, Team
from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ReasonForm, ask, ask_reason, choice_field
from apps.core.listing import address, two_lines
from apps.core.shapes import state

READ_AGAIN = "What was set aside for it is read again within a minute."


def _places(item: ReviewItem) -> list[Event]:
    """The events that an id in doubt may mean, the nearest start first."""
    told = item.evidence
    start = datetime.fromisoformat(told["start_time"])
    around = (start - actions.LONGEST_APART, start + actions.LONGEST_APART)
    events = (
        Event.objects.usable()
        .of_sides(UUID(told["home"]), UUID(told["away"]))
        .filter(league=item.league, start_time__range=around)
        .select_related("home", "away")
    )
    return sorted(events, key=lambda event: (abs(event.start_time - start), event.pk))


def _dated(event: Event) -> str:
    return f"{event}, {formats.instant(event.start_time)}"


class NewTeam(ReasonForm):
    """What a team is given besides its name."""

    abbreviation = forms.CharField(
        max_length=8, required=False, widget=UnfoldAdminTextInputWidget()
    )


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    list_display = ["asked", "likeliest", "standing", "num_seen", "last_seen"]
    list_filter = ["status", "kind", "league", "provider"]
    list_select_related = ["league"]
    search_fields = ["=id", "subject"]
    actions_detail = [
        *("take_suggestion", "choose_team", "make_team"),
        *("place", "own_game", "accept_sides", "confirm", "reject"),
    ]

    nothing_yet = "Nothing waits for a person: no spelling, book, event or result is in doubt."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        return super().get_queryset(request).order_by("-status", "-last_seen_at", "id")

    @display(description="Question", ordering="kind")
    def asked(self, item: ReviewItem) -> SafeString:
        league = f"{item.league.code}, " if item.league else ""
        return two_lines(item.subject, f"{formats.words(item.kind)}: {league}{item.provider}")

    @display(description="State", ordering="status")
    def standing(self, item: ReviewItem) -> SafeString:
        return two_lines(state("review", item.status), item.decided_by)

    @display(description="Polls", ordering="seen_count")
    def num_seen(self, item: ReviewItem) -> str:
        return formats.count(item.seen_count)

    @display(description="Last seen", ordering="last_seen_at")
    def last_seen(self, item: ReviewItem) -> SafeString:
        return formats.when(item.last_seen_at, seconds=False)

    @display(description="Likeliest")
    def likeliest(self, item: ReviewItem) -> str:
        if not item.suggestions:
            return formats.MISSING
        likeliest = item.suggestions[0]
        return str(likeliest.get("name") or likeliest.get("label", ""))

    # A button is offered where its question fits and is open.

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = request.user.has_perm("catalog.decide_reviewitem")
        return bool(may and self._is_open(object_id))

    def has_suggest_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._is_open(object_id, ReviewKind.UNKNOWN_SPELLING)
        return self.has_decide_permission(request, object_id) and fits

    def has_spelling_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = self.has_decide_permission(request, object_id)
        return may and self._items(object_id, ReviewKind.UNKNOWN_SPELLING).exists()

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._is_open(object_id, ReviewKind.MAPPING_DRIFT)
        return self.has_decide_permission(request, object_id) and fits

    def has_place_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = self.has_decide_permission(request, object_id)
        return may and self._items(object_id, ReviewKind.EVENT_AMBIGUOUS).exists()

    def has_own_game_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._items(object_id, ReviewKind.EVENT_AMBIGUOUS).filter(
            provider=F("league__identity_provider")
        )
        return self.has_decide_permission(request, object_id) and fits.exists()

    def has_sides_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._items(object_id, ReviewKind.MAPPING_DRIFT).filter(
            provider=F("league__identity_provider"),
            evidence__what=actions.SIDES_SWAPPED,
            evidence__told_by="board",
        )
        return self.has_decide_permission(request, object_id) and fits.exists()

    def _is_open(self, object_id: Any, kind: ReviewKind | None = None) -> bool:
        items = self._items(object_id, kind)
        if kind is ReviewKind.UNKNOWN_SPELLING:
            items = items.exclude(suggestions=[])
        return items.exists()

    def _items(self, object_id: Any, kind: ReviewKind | None = None) -> QuerySet[ReviewItem]:
        items = ReviewItem.objects.open().filter(pk=object_id)
        return items.filter(kind=kind) if kind else items

    @action(
        description="It is the first suggestion", url_path="suggestion", permissions=["suggest"]
    )
    def take_suggestion(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        name = self.likeliest(item)
        return self._decide(
            request,
            item,
            title=f"Does {item.subject!r} mean {name}?",
            consequence=f"{item.provider} spells {name} so from now on. {READ_AGAIN}",
            verb="Take it",
            act=lambda **signed: actions.approve_spelling(
                item_id=item.pk, team_id=UUID(item.suggestions[0]["team"]), **signed
            ),
        )

    @action(description="It is another team", url_path="team", permissions=["spelling"])
    def choose_team(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        teams = Team.objects.filter(league=item.league).values_list("pk", "name")
        choices = [(str(key), name) for key, name in teams]

        class ChosenTeam(ReasonForm):
            team = choice_field(choices)

        return self._ask(
            request,
            item,
            form_class=ChosenTeam,
            title=f"Which team does {item.subject!r} mean?",
            consequence=f"{item.provider} spells the team so from now on. {READ_AGAIN}",
            verb="Choose it",
            act=lambda said, signed: actions.approve_spelling(
                item_id=item.pk, team_id=UUID(said["team"]), **signed
            ),
        )

    @action(description="It is a new team", url_path="new", permissions=["spelling"])
    def make_team(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        return self._ask(
            request,
            item,
            form_class=NewTeam,
            title=f"Is {item.subject!r} a team of its own?",
            consequence=f"It becomes a team of {item.league} under this name, for ever."
            f" {READ_AGAIN}",
            verb="Make it",
            act=lambda said, signed: actions.approve_new_team(
                item_id=item.pk, abbreviation=said["abbreviation"], **signed
            ),
        )

    @action(description="It is an event of ours", url_path="place", permissions=["place"])
    def place(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        choices = [(str(event.pk), _dated(event)) for event in _places(item)]
        if not choices:
            messages.error(request, "No event of these teams starts within a week of it.")
            return HttpResponseRedirect(address(self.admin_site, ReviewItem, item.pk))

        class ChosenEvent(ReasonForm):
            event = choice_field(choices)
            field_order = ("event", "reason")

        return self._ask(
            request,
            item,
            form_class=ChosenEvent,
            title=f"Which event does {item.subject!r} mean?",
            consequence=f"What {item.provider} tells under this id is told about that event from"
            f" now on. {READ_AGAIN}",
            verb="Choose it",
            act=lambda said, signed: actions.place_event(
                item_id=item.pk, event_id=UUID(said["event"]), **signed
            ),
        )

    @action(description="It is a game of its own", url_path="own", permissions=["own_game"])
    def own_game(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        return self._decide(
            request,
            item,
            title=f"Is {item.subject!r} a game of its own?",
            consequence=f"An event is made of it. {READ_AGAIN}",
            verb="Make it",
            act=lambda **signed: actions.make_event(item_id=item.pk, **signed),
        )

    @action(description="The provider is right", url_path="sides", permissions=["sides"])
    def accept_sides(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        return self._decide(
            request,
            item,
            title="Have home and away changed places?",
            consequence="The event's sides change, and it thaws when what was set aside has been"
            " read under the new ones, within a minute. Picks that were made on the old sides keep"
            " them: waiting ones are blocked, published ones are invalidated, and their grades wait"
            " for two people.",
            verb="Take their sides",
            act=lambda **signed: actions.accept_sides(item_id=item.pk, **signed),
        )

    @action(description="The event is right", url_path="confirm", permissions=["confirm"])
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        return self._decide(
            request,
            item,
            title="Is the event what we recorded?",
            consequence="It thaws, at the start that its provider reported last. What the"
            " provider said differently stays quarantined.",
            verb="Confirm",
            act=lambda **signed: actions.confirm_event(item_id=item.pk, **signed),
        )

    @action(description="Reject", url_path="reject", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self._item(object_id)
        return self._decide(
            request,
            item,
            title=f"Reject {item.subject!r}?",
            consequence="Nothing follows: what is quarantined stays so, what is frozen stays"
            " frozen.",
            verb="Reject",
            act=lambda **signed: actions.reject(item_id=item.pk, **signed),
        )

    def _item(self, object_id: str) -> ReviewItem:
        return get_object_or_404(ReviewItem, pk=object_id)

    def _ask(
        self,
        request: HttpRequest,
        item: ReviewItem,
        *,
        form_class: type[ReasonForm],
        title: str,
        consequence: str,
        verb: str,
        act: Any,
    ) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=form_class,
            title=title,
            consequence=consequence,
            verb=verb,
            act=lambda said: act(said, {"by": by, "at": at, "reason": said["reason"]}),
            there=address(self.admin_site, ReviewItem, item.pk),
            stops=False,
        )

    def _decide(
        self,
        request: HttpRequest,
        item: ReviewItem,
        *,
        title: str,
        consequence: str,
        verb: str,
        act: Any,
    ) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            item,
            title=title,
            consequence=consequence,
            verb=verb,
            act=lambda reason: act(by=by, at=at, reason=reason),
            leads_to="change",
        )
