"""Who is not fit to play: a warning beside the picks, entered here where no provider tells it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import Team
from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.listing import recent, two_lines
from apps.core.shapes import state
from apps.snapshots import actions
from apps.snapshots.models import InjuryReport, ProviderPoll
from apps.snapshots.providers.ports import WEAKENING, InjuryStatus


class InjuryForm(forms.ModelForm):
    reason = forms.CharField(help_text="Where it is known from. Kept in the audit.")

    class Meta:
        model = InjuryReport
        fields = ["team", "player", "position", "status", "note"]


@admin.register(InjuryReport)
class InjuryReportAdmin(ActionAdmin):
    form = InjuryForm
    autocomplete_fields = ["team"]
    list_fullwidth = True
    list_display = ["who", "standing", "known", "reported", "told_by"]
    list_filter = ["status", "team__league", recent("captured_at")]
    list_select_related = ["team__league"]
    search_names = ["player", "team__name"]
    ordering = ["-id"]
    nothing_yet = "A report is written when a file or a person says something new of a player."

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        obj.pk = actions.enter_injury(
            team_id=said["team"].pk,
            player=said["player"],
            position=said["position"],
            status=InjuryStatus(said["status"]),
            note=said["note"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=said["reason"],
        ).pk

    @display(description="Player", ordering="player")
    def who(self, report: InjuryReport) -> SafeString:
        team = self.link(Team, report.team_id, report.team.name)
        return two_lines(f"{report.player} {report.position}".strip(), team)

    @display(description="State", ordering="status")
    def standing(self, report: InjuryReport) -> SafeString:
        word = formats.words(report.status)
        if report.status in WEAKENING:
            return state("work", "LATE", word)
        return state("work", "OK", word)

    @display(description="What is known")
    def known(self, report: InjuryReport) -> SafeString:
        return two_lines(report.note or formats.MISSING, report.team.league.code)

    @display(description="Reported", ordering="reported_at")
    def reported(self, report: InjuryReport) -> SafeString:
        return formats.when(report.reported_at)

    @display(description="Told by")
    def told_by(self, report: InjuryReport) -> SafeString:
        return self.link(ProviderPoll, report.poll_id, report.provider)
