"""What people edit by hand, each edit with a reason: leagues, teams, spellings, books."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.catalog import actions
from apps.catalog.models import Book, League, Team, TeamAlias
from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.governance.history_admin import TrackedAdmin
from apps.rulebook.markets import BookKind

REASON_HELP = "Kept in the audit and in the history."


def standing_of(status: str) -> SafeString:
    """A shared row is in use or retired; it is never deleted."""
    return state("tenant", "ACTIVE") if status == "ACTIVE" else state("job", "DROPPED", "Retired")


def in_colour(team: Team) -> SafeString:
    """Name a team beside a disc of its colour; without one beside nothing."""
    if not team.colour:
        return format_html("{}", team.name)
    return format_html(
        '<svg class="bv-shape" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">'
        '<circle cx="7" cy="7" r="6" fill="{}" stroke="currentColor" stroke-width=".5"/></svg> {}',
        team.colour,
        team.name,
    )


class ReasonedForm(forms.ModelForm):
    """A hand edit: what changes, and why."""

    reason = forms.CharField(help_text=REASON_HELP)

    def said(self) -> dict[str, Any]:
        """What was filled in, without the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class LeagueForm(ReasonedForm):
    """What is said of a league; its ranges may be left to the league that it resembles."""

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
            "neutral_ground",
            "can_tie",
            "can_end_scoreless",
            "regulation_minutes",
            "maximum_minutes",
            "has_scores",
            "line_ranges",
            "status",
        ]


class NewLeagueForm(LeagueForm):
    """A league nobody knew: it begins with the rules of one that is played alike."""

    line_ranges = forms.JSONField(
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text="Points: lowest and highest plausible main line before the game, per market."
        " Empty: those of the league it is played like.",
    )
    played_like = forms.ModelChoiceField(
        League.objects.active(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Whose settlement rules and configuration it begins with, without what was"
        " measured there. Empty: it is read, and nothing of it is published before somebody has"
        " written its rules.",
    )

    def clean_line_ranges(self) -> Any:
        return self.cleaned_data["line_ranges"] or []

    def said(self) -> dict[str, Any]:
        """The columns of the new row."""
        return {name: value for name, value in super().said().items() if name != "played_like"}


@admin.register(League)
class LeagueAdmin(TrackedAdmin, ActionAdmin):
    form = LeagueForm
    list_fullwidth = True
    list_display = ["named", "sport_of", "known_by", "num_longest", "standing"]
    list_filter = ["sport", "status"]
    search_fields = ["=code", "name"]

    @display(description="League", ordering="code")
    def named(self, league: League) -> SafeString:
        return two_lines(league.code, league.name)

    @display(description="Sport", ordering="sport")
    def sport_of(self, league: League) -> SafeString:
        return two_lines(formats.words(league.sport), f"days in {league.timezone}")

    @display(description="Events come from")
    def known_by(self, league: League) -> SafeString:
        return two_lines(league.identity_provider, words.market(league.winner_market))

    @display(description="Longest game", ordering="maximum_minutes")
    def num_longest(self, league: League) -> str:
        return formats.age(league.maximum_minutes * 60)

    @display(description="State", ordering="status")
    def standing(self, league: League) -> SafeString:
        return standing_of(league.status)

    def get_readonly_fields(self, request: HttpRequest, obj: League | None = None) -> list[str]:
        return ["code", "identity_provider"] if obj else []

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **how: Any
    ) -> type[forms.ModelForm]:
        kind = LeagueForm if obj else NewLeagueForm
        return super().get_form(request, obj, change=change, **{**how, "form": kind})

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        reason = form.cleaned_data["reason"]
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            changes.pop("reason", None)
            actions.change_league(league_id=obj.pk, changes=changes, by=by, at=at, reason=reason)
        else:
            example = form.cleaned_data["played_like"]
            league = actions.add_league(
                form.said(), like=example.code if example else "", by=by, at=at, reason=reason
            )
            obj.pk = league.pk


class TeamForm(ReasonedForm):
    class Meta:
        model = Team
        fields = ["league", "name", "abbreviation", "colour", "status"]


@admin.register(Team)
class TeamAdmin(ActionAdmin):
    form = TeamForm
    list_fullwidth = True
    list_display = ["named", "abbreviation", "league", "standing"]
    list_filter = ["league", "status"]
    list_select_related = ["league"]
    search_fields = ["name", "=abbreviation"]
    nothing_yet = "A team is made with its league, or when somebody answers for its first spelling."

    @display(description="Team", ordering="name")
    def named(self, team: Team) -> SafeString:
        return in_colour(team)

    @display(description="State", ordering="status")
    def standing(self, team: Team) -> SafeString:
        return standing_of(team.status)

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> list[str]:
        return ["league", "name"] if obj else ["status"]

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        said, reason = form.said(), form.cleaned_data["reason"]
        if change:
            changes = {name: said[name] for name in form.changed_data if name in said}
            actions.change_team(team_id=obj.pk, changes=changes, by=by, at=at, reason=reason)
        else:
            team = actions.add_team(
                league_id=said["league"].pk,
                name=said["name"],
                abbreviation=said["abbreviation"],
                colour=said["colour"],
                by=by,
                at=at,
                reason=reason,
            )
            obj.pk = team.pk


class TeamAliasForm(ReasonedForm):
    class Meta:
        model = TeamAlias
        fields = ["provider", "spelling", "team"]


@admin.register(TeamAlias)
class TeamAliasAdmin(TrackedAdmin, ActionAdmin):
    form = TeamAliasForm
    list_fullwidth = True
    list_display = ["spelling", "provider", "means", "league"]
    list_filter = ["provider", "league"]
    list_select_related = ["team", "league"]
    search_fields = ["spelling", "team__name"]
    autocomplete_fields = ["team"]

    @display(description="Means", ordering="team__name")
    def means(self, alias: TeamAlias) -> SafeString:
        return self.link(Team, alias.team_id, alias.team.name)

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
    list_fullwidth = True
    list_display = ["title", "key", "group", "kind", "standing"]
    list_filter = ["kind", "status"]
    search_fields = ["=key", "title"]

    @display(description="State", ordering="status")
    def standing(self, book: Book) -> SafeString:
        return standing_of(book.status)

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
