"""What people see of leagues, teams, books and events, and what they may decide about them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.admin import TabularInline
from unfold.decorators import action, display

from apps.catalog import actions
from apps.catalog.models import (
    Book,
    Event,
    EventScheduleChange,
    EventSource,
    League,
    ReviewItem,
    ReviewKind,
    Selection,
    SettlementRuleset,
    Team,
    TeamAlias,
)
from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin, ReadOnlyAdmin
from apps.core.asking import ask_reason
from apps.governance.history_admin import TrackedAdmin
from apps.rulebook.markets import BookKind

REASON_HELP = "Kept in the audit and in the history."


class ReasonedForm(forms.ModelForm):
    """A hand edit: what changes, and why."""

    reason = forms.CharField(help_text=REASON_HELP)

    def said(self) -> dict[str, Any]:
        """What was filled in, without the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class LeagueForm(ReasonedForm):
    class Meta:
        model = League
        fields = [
            "code",
            "name",
            "sport",
            "provider_keys",
            "identity_provider",
            "archive_provider",
            "timezone",
            "winner_market",
            "period",
            "can_tie",
            "can_end_scoreless",
            "regulation_minutes",
            "maximum_minutes",
            "has_scores",
            "line_ranges",
            "status",
        ]


@admin.register(League)
class LeagueAdmin(TrackedAdmin, ActionAdmin):
    form = LeagueForm
    list_display = [
        *("code", "name", "sport", "identity_provider", "timezone"),
        *("maximum_minutes", "status"),
    ]
    list_filter = ["sport", "status"]
    search_fields = ["=code", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: League | None = None) -> list[str]:
        return ["code", "identity_provider"] if obj else []

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        reason = form.cleaned_data["reason"]
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            changes.pop("reason", None)
            actions.change_league(league_id=obj.pk, changes=changes, by=by, at=at, reason=reason)
        else:
            obj.pk = actions.add_league(form.said(), by=by, at=at, reason=reason).pk


class NewTeamForm(ReasonedForm):
    class Meta:
        model = Team
        fields = ["league", "name", "abbreviation"]


@admin.register(Team)
class TeamAdmin(ActionAdmin):
    form = NewTeamForm
    list_display = ["name", "abbreviation", "league", "status"]
    list_filter = ["league", "status"]
    list_select_related = ["league"]
    search_fields = ["name", "=abbreviation"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.said()
        team = actions.add_team(
            league_id=said["league"].pk,
            name=said["name"],
            abbreviation=said["abbreviation"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        )
        obj.pk = team.pk


class TeamAliasForm(ReasonedForm):
    class Meta:
        model = TeamAlias
        fields = ["provider", "spelling", "team"]


@admin.register(TeamAlias)
class TeamAliasAdmin(TrackedAdmin, ActionAdmin):
    form = TeamAliasForm
    list_display = ["spelling", "provider", "team", "league"]
    list_filter = ["provider", "league"]
    list_select_related = ["team", "league"]
    search_fields = ["spelling", "team__name"]
    autocomplete_fields = ["team"]

    def get_readonly_fields(self, request: HttpRequest, obj: TeamAlias | None = None) -> list[str]:
        return ["provider", "spelling"] if obj else []

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        said, reason = form.said(), form.cleaned_data["reason"]
        if change:
            actions.change_team_alias(
                alias_id=obj.pk, team_id=said["team"].pk, by=by, at=at, reason=reason
            )
        else:
            alias = actions.add_team_alias(
                provider=said["provider"],
                spelling=said["spelling"],
                team_id=said["team"].pk,
                by=by,
                at=at,
                reason=reason,
            )
            obj.pk = alias.pk


class BookForm(ReasonedForm):
    class Meta:
        model = Book
        fields = ["key", "title", "group", "kind", "status"]


@admin.register(Book)
class BookAdmin(TrackedAdmin, ActionAdmin):
    form = BookForm
    list_display = ["title", "key", "group", "kind", "status"]
    list_filter = ["kind", "status"]
    search_fields = ["=key", "title"]

    def get_readonly_fields(self, request: HttpRequest, obj: Book | None = None) -> list[str]:
        return ["key"] if obj else ["status"]

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        said, reason = form.said(), form.cleaned_data["reason"]
        if change:
            changes = {name: said[name] for name in form.changed_data if name in said}
            actions.change_book(book_id=obj.pk, changes=changes, by=by, at=at, reason=reason)
        else:
            book = actions.add_book(
                key=said["key"],
                title=said["title"],
                kind=BookKind(said["kind"]),
                group=said["group"],
                by=by,
                at=at,
                reason=reason,
            )
            obj.pk = book.pk


class SourceInline(TabularInline):
    model = EventSource
    fields = readonly_fields = ["provider", "source_event_id", "reported_start", "last_seen_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScheduleInline(TabularInline):
    model = EventScheduleChange
    fields = readonly_fields = [
        *("captured_at", "provider", "start_time", "previous_start", "in_play"),
    ]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = [
        *("__str__", "league", "start_time", "status", "latched_at", "final_at"),
        "frozen_code",
    ]
    list_filter = ["league", "status", "frozen_code"]
    list_select_related = ["league", "home", "away"]
    search_fields = ["=id", "home__name", "away__name", "=sources__source_event_id"]
    date_hierarchy = "start_time"
    ordering = ["-start_time", "id"]
    inlines = [SourceInline, ScheduleInline]


@admin.register(Selection)
class SelectionAdmin(ReadOnlyAdmin):
    list_display = ["event", "market_type", "period", "side", "participant"]
    list_filter = ["market_type", "side"]
    list_select_related = ["event__home", "event__away"]
    search_fields = ["=uuid", "=event__id", "event__home__name", "event__away__name"]


@admin.register(SettlementRuleset)
class SettlementRulesetAdmin(ReadOnlyAdmin):
    list_display = ["league", "market_type", "period", "version", "effective_from"]
    list_filter = ["league", "market_type"]
    list_select_related = ["league"]


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    list_display = [
        *("kind", "subject", "provider", "league", "likeliest", "status"),
        *("seen_count", "first_seen_at", "last_seen_at"),
    ]
    list_filter = ["status", "kind", "league", "provider"]
    list_select_related = ["league"]
    search_fields = ["=id", "subject"]
    actions_detail = ["take_suggestion", "confirm", "reject"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        return super().get_queryset(request).order_by("-status", "-last_seen_at", "id")

    @display(description="Likeliest")
    def likeliest(self, item: ReviewItem) -> str:
        return item.suggestions[0].get("name", "") if item.suggestions else "-"

    # A button is offered where its question fits and is open.

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = request.user.has_perm("catalog.decide_reviewitem")
        return bool(may and self._is_open(object_id))

    def has_suggest_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._is_open(object_id, ReviewKind.UNKNOWN_SPELLING)
        return self.has_decide_permission(request, object_id) and fits

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = self._is_open(object_id, ReviewKind.MAPPING_DRIFT)
        return self.has_decide_permission(request, object_id) and fits

    def _is_open(self, object_id: Any, kind: ReviewKind | None = None) -> bool:
        items = ReviewItem.objects.open().filter(pk=object_id)
        if kind is ReviewKind.UNKNOWN_SPELLING:
            items = items.exclude(suggestions=[])
        return items.filter(kind=kind).exists() if kind else items.exists()

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
            consequence=f"{item.provider} spells {name} so from now on. For another team, add a"
            " team alias instead and reject this.",
            verb="Take it",
            act=lambda **signed: actions.approve_spelling(
                item_id=item.pk, team_id=UUID(item.suggestions[0]["team"]), **signed
            ),
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


@admin.register(EventSource)
class EventSourceAdmin(ReadOnlyAdmin):
    list_display = ["source_event_id", "provider", "event", "reported_start", "last_seen_at"]
    list_filter = ["provider"]
    list_select_related = ["event__home", "event__away"]
    search_fields = ["=source_event_id"]
