"""What operators see of switches, and the two buttons that turn one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ask_reason
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.governance import actions, switches
from apps.governance.history_admin import TrackedAdmin
from apps.governance.models import FeatureFlag


@admin.register(FeatureFlag)
class FeatureFlagAdmin(TrackedAdmin, ReadOnlyAdmin):
    list_display = ["named", "standing", "turned", "reason"]
    list_filter = ["name", "enabled"]
    search_fields = ["=name", "scope"]
    ordering = ["scope", "name"]
    actions_detail = ["turn_off", "turn_on", "break_glass"]

    @display(description="Switch", ordering="scope")
    def named(self, flag: FeatureFlag) -> SafeString:
        return two_lines(flag.name, flag.scope)

    @display(description="State", ordering="enabled")
    def standing(self, flag: FeatureFlag) -> SafeString:
        shown = state("switch", "ON" if flag.enabled else "OFF")
        return two_lines(shown, formats.when(flag.live_from)) if flag.live_from else shown

    @display(description="Since, by", ordering="at")
    def turned(self, flag: FeatureFlag) -> SafeString:
        return two_lines(formats.when(flag.at, seconds=False), flag.by)

    def has_turn_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.turn_featureflag"))

    def has_break_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.break_featureflag"))

    @action(description="Turn off", url_path="off", permissions=["turn"])
    def turn_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        flag = get_object_or_404(FeatureFlag, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            flag,
            title=f"Turn {flag.name} off at {flag.scope}?",
            consequence=f"Stops: {switches.REGISTRY[flag.name].description} What is under way ends"
            " first; what is due waits until the switch is on again.",
            verb="Turn off",
            act=lambda reason: switches.turn_off(
                flag.name, flag.scope, by=by, at=at, reason=reason
            ),
            leads_to="change",
        )

    @action(description="Turn on", url_path="on", permissions=["turn"])
    def turn_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        flag = get_object_or_404(FeatureFlag, pk=object_id)
        if "version" not in request.GET:  # the one that the operator is looking at
            return HttpResponseRedirect(f"{request.path}?version={flag.version}")
        by, at = Actor.staff(request.user, request), clock.now()
        found = "; ".join(map(str, switches.explain(flag.name, [flag.scope]).consulted))
        lets_on = f"Lets go on: {switches.REGISTRY[flag.name].description} Now: {found}."
        version = int(request.GET["version"])
        if switches.takes_two_people(flag):
            return ask_reason(
                self,
                request,
                flag,
                title=f"Ask to turn {flag.name} on at {flag.scope}?",
                consequence=f"{lets_on} It takes two people: somebody else finds your request"
                " among the approvals, and turns it on by approving.",
                verb="Ask",
                act=lambda reason: switches.ask_to_turn_on(
                    flag.name, flag.scope, by=by, at=at, reason=reason, version=version
                ),
                leads_to="change",
            )
        return ask_reason(
            self,
            request,
            flag,
            title=f"Turn {flag.name} on at {flag.scope}?",
            consequence=lets_on,
            verb="Turn on",
            act=lambda reason: switches.turn_on(
                flag.name, flag.scope, by=by, at=at, reason=reason, version=version
            ),
            leads_to="change",
        )

    @action(description="Break the glass", url_path="break-glass", permissions=["break"])
    def break_glass(self, request: HttpRequest, object_id: str) -> HttpResponse:
        flag = get_object_or_404(FeatureFlag, pk=object_id)
        if "version" not in request.GET:  # the one that the operator is looking at
            return HttpResponseRedirect(f"{request.path}?version={flag.version}")
        by, at = Actor.staff(request.user, request), clock.now()
        version = int(request.GET["version"])
        return ask_reason(
            self,
            request,
            flag,
            title=f"Turn {flag.name} on at {flag.scope} alone?",
            consequence="This takes two people, and you do it without the second. Everybody is"
            " told: an alert with your name and your reason stays open until somebody resolves it.",
            verb="Break the glass",
            act=lambda reason: actions.break_glass(
                flag.name, flag.scope, by=by, at=at, reason=reason, version=version
            ),
            leads_to="change",
        )
