"""Ask an operator why before something happens, on a page of its own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core import doors
from apps.rulebook.errors import RuleBroken


class ReasonForm(forms.Form):
    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
        help_text="Kept in the audit.",
    )


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
    form = ReasonForm(request.POST or None)
    opts = model_admin.opts
    there = reverse(
        f"{model_admin.admin_site.name}:{opts.app_label}_{opts.model_name}_{leads_to}",
        args=[row.pk] if leads_to == "change" else [],
    )
    if request.method == "POST" and form.is_valid():
        try:
            receipt = act(form.cleaned_data["reason"])
        except RuleBroken as refusal:
            doors.refused(refusal, request)
            model_admin.message_user(
                request, f"{refusal.sentence} ({refusal.code})", messages.ERROR
            )
        else:
            model_admin.message_user(request, f"{verb}: {receipt}.", messages.SUCCESS)
        return HttpResponseRedirect(there)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": opts,
        "consequence": consequence,
        "verb": verb,
        "back": there,
        "form": form,
    }
    return render(request, "console/ask_reason.html", context)
