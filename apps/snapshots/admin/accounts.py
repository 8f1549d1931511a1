"""Providers: what they cost and may cost, how fast they are asked, and whether they answer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.snapshots import actions
from apps.snapshots.models import LeagueBreaker, ProviderAccount
from apps.snapshots.planning import Forecast
from apps.snapshots.providers import registry
from apps.snapshots.providers.ports import Outcome
from apps.snapshots.spending import forecast_of


class AccountForm(forms.ModelForm):
    reason = forms.CharField(help_text="Kept in the audit.")

    class Meta:
        model = ProviderAccount
        fields = [
            "monthly_credits",
            "reserve_share",
            "calls_per_second",
            "failures_to_open",
            "open_for_s",
        ]


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ActionAdmin):
    form = AccountForm
    list_fullwidth = True
    list_display = [
        "named",
        "answers",
        "num_left",
        "num_reserve",
        "num_planned",
        "ends",
        "num_pace",
    ]
    nothing_yet = "A provider that is asked over the wire has its account from the installation on."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "reason"}
        actions.change_account(
            adapter=obj.adapter,
            changes=changes,
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        )

    @display(description="Provider", ordering="adapter")
    def named(self, account: ProviderAccount) -> SafeString:
        configured = registry.is_configured(account.adapter)
        return two_lines(account.adapter, "" if configured else "no key, no contract")

    @display(description="State")
    def answers(self, account: ProviderAccount) -> SafeString:
        if not registry.is_configured(account.adapter):
            return state("work", "NOT_BUILT", "Not configured")
        again = account.tried_again_at(account.open_for_s)
        if again is not None:
            how = state("poll", account.failed_as or Outcome.NETWORK)
            if clock.now() < again:
                return two_lines(state("work", "STOPPED", "Left alone"), how)
            return two_lines(state("work", "BUSY", "Tried again"), how)
        shut = LeagueBreaker.objects.filter(adapter=account.adapter, opened_at__isnull=False)
        leagues = list(shut.select_related("league").order_by("league__code"))
        if not leagues:
            return state("work", "OK", "Asked")
        alone = ", ".join(each.league.code for each in leagues)
        return two_lines(state("work", "OK", "Asked"), f"not about {alone}")

    @display(description="Credits left")
    def num_left(self, account: ProviderAccount) -> SafeString:
        told = _forecast(account)
        if told.left is None:
            return two_lines(formats.MISSING, "not counted")
        spent = "" if told.spent is None else f"{formats.count(told.spent)} spent"
        return two_lines(formats.count(told.left), spent)

    @display(description="Budget", ordering="monthly_credits")
    def num_reserve(self, account: ProviderAccount) -> SafeString:
        if account.monthly_credits is None:
            return two_lines(formats.MISSING, "")
        return two_lines(
            f"{formats.count(account.monthly_credits)} a month",
            f"{formats.count(account.reserve)} in reserve",
        )

    @display(description="Pace")
    def num_planned(self, account: ProviderAccount) -> SafeString:
        per_day = round(_forecast(account).per_day)
        return two_lines(
            f"{formats.count(per_day)} a day", f"{formats.count(per_day * 30)} in 30 days"
        )

    @display(description="Until the reset")
    def ends(self, account: ProviderAccount) -> SafeString:
        told = _forecast(account)
        renewed = f"renewed {formats.day(told.resets_at)}"
        if told.at_reset is None:
            return two_lines(formats.MISSING, renewed)
        if told.runs_out_at is not None:
            return two_lines(f"runs out on {formats.day(told.runs_out_at)}", renewed)
        return two_lines(f"{formats.count(told.at_reset)} left then", renewed)

    @display(description="Calls a second", ordering="calls_per_second")
    def num_pace(self, account: ProviderAccount) -> str:
        return "any" if account.calls_per_second is None else f"{account.calls_per_second:.0f}"


def _forecast(account: ProviderAccount) -> Forecast:
    """Ask once for a row, whatever of it is shown."""
    told: Forecast = account.__dict__.setdefault("_told", None) or forecast_of(account, clock.now())
    account.__dict__["_told"] = told
    return told
