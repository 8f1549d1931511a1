"""Ask an operator why before something happens, on a page of its own."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.core import doors
from apps.rulebook.errors import RuleBroken

# Posted with the answer, so that the press of a list's button is told apart from it.
ANSWERED = "answered"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
        help_text="Kept in the audit.",
    )


def choice_field(choices: Iterable[tuple[str, str]], **how: Any) -> forms.ChoiceField:
    """A field of an asking form that looks like the console's own."""
    return forms.ChoiceField(choices=list(choices), widget=UnfoldAdminSelectWidget(), **how)


def ask_reason(
    model_admin: ModelAdmin,
    request: HttpRequest,
    row: Any,
    *,
    title: str,
    consequence: str,
    verb: str,
    act: Callable[[str], object],
    leads_to: str = "changelist",
) -> HttpResponse:
    """Show what will happen and ask for the reason; then call ``act`` with it.

    What ``act`` returns is shown as the receipt, a refusal as an error.
    """
    opts = model_admin.opts
    there = reverse(
        f"{model_admin.admin_site.name}:{opts.app_label}_{opts.model_name}_{leads_to}",
        args=[row.pk] if leads_to == "change" else [],
    )
    return ask(
        model_admin,
        request,
        form_class=ReasonForm,
        title=title,
        consequence=consequence,
        verb=verb,
        act=lambda said: act(said["reason"]),
        there=there,
    )


def ask(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    form_class: type[forms.Form],
    title: str,
    consequence: str,
    verb: str,
    act: Callable[[dict[str, Any]], object],
    there: str,
    carried: Iterable[tuple[str, str]] = (),
    stops: bool = True,
) -> HttpResponse:
    """Ask with a form of the caller's; ``act`` gets what was filled in.

    ``act`` returns the receipt, or None where it has told the outcome itself. What is
    ``carried`` is posted again with the answer: the rows that a list's button was pressed for.
    Only what ``stops`` something has a red button.
    """
    carried = [(ANSWERED, "1"), *carried]
    answered = request.method == "POST" and (len(carried) == 1 or ANSWERED in request.POST)
    form = form_class(request.POST if answered else None)
    if answered and form.is_valid():
        try:
            receipt = act(form.cleaned_data)
        except RuleBroken as refusal:
            doors.refused(refusal, request)
            model_admin.message_user(
                request, f"{refusal.sentence} ({refusal.code})", messages.ERROR
            )
        else:
            if receipt is not None:
                model_admin.message_user(request, f"{verb}: {receipt}.", messages.SUCCESS)
        return HttpResponseRedirect(there)
    context = {
        **model_admin.admin_site.each_context(request),
        "own_heading": True,
        "title": title,
        "opts": model_admin.opts,
        "consequence": consequence,
        "verb": verb,
        "back": there,
        "form": form,
        "carried": carried,
        "button": "bv-button-stop" if stops else "bv-button-main",
    }
    return render(request, "console/ask_reason.html", context)
