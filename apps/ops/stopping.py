"""The kill control: one question, one reason, and a receipt of how long it took.

The question is a page of its own; the overview opens the same form as a dialog.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.governance import switches
from apps.governance.models import FeatureFlag
from apps.ops.overview.scopes import titles
from apps.rulebook.errors import RuleBroken
from apps.tenants.models import Tenant

SHORTEST_REASON = 10
LONGEST_IN_FLIGHT_S = 8  # hard limit of a publication, its sending included


class StopForm(forms.Form):
    reason = forms.CharField(
        min_length=SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True, "class": "bv-field"}),
        help_text="Goes into the audit entry. At least ten characters.",
    )


def stop(site: Any, request: HttpRequest, flag_id: int) -> HttpResponse:
    """Ask why, then stop; the overview shows the receipt."""
    if not request.user.has_perm("governance.turn_featureflag"):
        raise PermissionDenied
    flag = get_object_or_404(FeatureFlag, pk=flag_id)
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _stop(request, flag, form.cleaned_data["reason"])
        home = reverse(f"{site.name}:index")
        if "HX-Request" in request.headers:
            # A redirect would be followed inside the dialog.
            return HttpResponse(headers={"HX-Redirect": home})
        return HttpResponseRedirect(home)
    context = {
        **site.each_context(request),
        **_question(flag),
        "form": form,
        "here": request.path,
        "back": reverse(f"{site.name}:index"),
    }
    return render(request, "console/stop.html", context)


def _stop(request: HttpRequest, flag: FeatureFlag, reason: str) -> None:
    by, at = Actor.staff(request.user, request), clock.now()
    what, _ = _names(flag)
    try:
        stopped = switches.turn_off(flag.name, flag.scope, by=by, at=at, reason=reason)
    except RuleBroken as refusal:
        messages.error(request, f"{refusal.sentence} ({refusal.code})")
        return
    level = messages.SUCCESS if stopped.drained_ms is not None else messages.WARNING
    receipt = str(stopped)
    messages.add_message(request, level, f"{what}: {receipt}.")


def _question(flag: FeatureFlag) -> dict[str, Any]:
    what, of_what = _names(flag)
    everything = flag.scope == switches.GLOBAL and flag.name == switches.PUBLISH
    in_flight = switches.in_flight().get(flag.lock_key, 0)
    return {
        "title": "Stop all publishing?" if everything else f"Stop {of_what}?",
        "consequence": "From the moment you confirm, nothing is published or sent to any tenant on"
        " any channel."
        if everything
        else f"From the moment you confirm, this is stopped at {what}: "
        + switches.REGISTRY[flag.name].description,
        "in_flight": formats.plural(in_flight, "publication is", "publications are")
        + " in flight.",
        "longest": formats.age(LONGEST_IN_FLIGHT_S),
        "takes_two": switches.takes_two_people(flag),
        "verb": "Stop publishing now",
    }


def _names(flag: FeatureFlag) -> tuple[str, str]:
    """Name what stops: at the head of the receipt, and in the question."""
    name, short = titles(flag, dict(Tenant.objects.values_list("schema_name", "name")))
    if flag.name.startswith(switches.PUBLISH):
        return name, f"publishing of {short}"
    return f"{flag.name} at {flag.scope}", f"{flag.name} at {flag.scope}"
