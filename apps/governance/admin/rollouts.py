"""What is being rolled out, and the two buttons that turn it for one tenant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ReasonForm, ask, choice_field
from apps.core.listing import two_lines
from apps.core.tenancy import active_schemas
from apps.governance import rollouts
from apps.governance.models import Rollout


@admin.register(Rollout)
class RolloutAdmin(ReadOnlyAdmin):
    list_display = ["named", "on_for", "until"]
    search_exact = ["name"]
    ordering = ["name"]
    actions_detail = ["turn_on", "turn_off"]
    nothing_yet = "Nothing is being rolled out: everything that there is, everybody has."

    @display(description="Roll-out", ordering="name")
    def named(self, rollout: Rollout) -> SafeString:
        return two_lines(rollout.name, rollout.note)

    @display(description="On for")
    def on_for(self, rollout: Rollout) -> str:
        return ", ".join(rollout.tenants) or "nobody"

    @display(description="Ends", ordering="expires_on")
    def until(self, rollout: Rollout) -> str:
        return f"{rollout.expires_on:%d %b %Y}".lstrip("0")

    def has_turn_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.turn_rollout"))

    @action(description="Turn on for a tenant", url_path="on", permissions=["turn"])
    def turn_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rollout = get_object_or_404(Rollout, pk=object_id)
        others = sorted(set(active_schemas()) - set(rollout.tenants))
        return self._turn(request, rollout, others, on=True)

    @action(description="Turn off for a tenant", url_path="off", permissions=["turn"])
    def turn_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rollout = get_object_or_404(Rollout, pk=object_id)
        return self._turn(request, rollout, rollout.tenants, on=False)

    def _turn(
        self, request: HttpRequest, rollout: Rollout, tenants: list[str], *, on: bool
    ) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()

        class TurnForm(ReasonForm):
            tenant = choice_field([(schema, schema) for schema in tenants])
            field_order = ("tenant", "reason")

        def act(said: dict[str, Any]) -> str:
            turned = rollouts.turn(
                rollout.name, tenant=said["tenant"], on=on, by=by, at=at, reason=said["reason"]
            )
            return f"on for {formats.plural(len(turned.tenants), 'tenant')}"

        verb = "Turn on" if on else "Turn off"
        return ask(
            self,
            request,
            form_class=TurnForm,
            title=f"{verb} {rollout.name}?",
            consequence=f"{rollout.note} It decides what is shown, and nothing of what is"
            " published.",
            verb=verb,
            act=act,
            there=reverse(f"{self.admin_site.name}:governance_rollout_change", args=[rollout.pk]),
            stops=not on,
        )
