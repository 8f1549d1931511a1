"""How games ended, as providers told it, and as a person enters it where none does."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import Event
from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.listing import recent, two_lines
from apps.core.shapes import state
from apps.snapshots import actions
from apps.snapshots.models import ProviderPoll, ResultSnapshot
from apps.snapshots.providers.registry import OPERATOR
from apps.snapshots.reading.scores import HIGHEST_SCORE

ENTERED_WITHIN = timedelta(days=7)  # of the start: what is older was graded or given up


class ResultForm(forms.ModelForm):
    """How a game ended, as a person knows it. What can be chosen has begun and is not old."""

    event = forms.ModelChoiceField(Event.objects.none())
    home_score = forms.IntegerField(min_value=0, max_value=HIGHEST_SCORE, help_text="Points.")
    away_score = forms.IntegerField(min_value=0, max_value=HIGHEST_SCORE, help_text="Points.")
    minutes_played = forms.FloatField(
        min_value=0,
        max_value=120,
        required=False,
        help_text="Minutes, of a game that was cut short; empty: all of it was played.",
    )
    innings_played = forms.FloatField(
        min_value=0,
        max_value=9,
        required=False,
        help_text="The same in innings: 4.5 is the top half of the fifth.",
    )
    reason = forms.CharField(help_text="Kept in the audit.")

    class Meta:
        model = ResultSnapshot
        fields = ["event", "away_score", "home_score"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = clock.now()
        events = Event.objects.filter(
            begins_at__range=(now - ENTERED_WITHIN, now), merged_into__isnull=True
        )
        chosen = self.fields["event"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = events.select_related("home", "away").order_by("-begins_at", "id")


@admin.register(ResultSnapshot)
class ResultSnapshotAdmin(ActionAdmin):
    form = ResultForm
    list_fullwidth = True
    list_display = ["game", "num_score", "standing", "told_by", "captured"]
    list_filter = ["status", "event__league", recent("captured_at")]
    list_select_related = ["event__home", "event__away", "event__league"]
    search_ids = ["event_id"]
    search_exact = ["event__sources__source_event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-id"]
    nothing_yet = (
        "A result is written when a provider calls a game final, and again if it corrects."
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        obj.pk = actions.enter_result(
            event_id=said["event"].pk,
            home_score=said["home_score"],
            away_score=said["away_score"],
            minutes_played=said["minutes_played"],
            innings_played=said["innings_played"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=said["reason"],
        ).pk

    @display(description="Event")
    def game(self, row: ResultSnapshot) -> SafeString:
        return two_lines(row.event, row.event.league.code)

    @display(description="Away, home")
    def num_score(self, row: ResultSnapshot) -> SafeString:
        told = {True: "after overtime", False: "", None: ""}[row.overtime]
        return two_lines(f"{formats.count(row.away_score)}, {formats.count(row.home_score)}", told)

    @display(description="State", ordering="status")
    def standing(self, row: ResultSnapshot) -> SafeString:
        if row.suspect_code:
            return state("work", "LATE", f"Not believed: {words.sentence(row.suspect_code)}")
        return state("event", row.status)

    @display(description="Told by")
    def told_by(self, row: ResultSnapshot) -> SafeString:
        if row.provider == OPERATOR:
            return two_lines("entered by hand", formats.identifier(row.source_event_id))
        return two_lines(row.provider, formats.identifier(row.source_event_id))

    @display(description="Poll", ordering="id")
    def captured(self, row: ResultSnapshot) -> SafeString:
        return self.link(ProviderPoll, row.poll_id, formats.when(row.captured_at))
