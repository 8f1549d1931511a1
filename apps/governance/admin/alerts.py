"""What operators see of alerts, and what they may say about them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.core import clock, formats, shapes
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ask_reason
from apps.core.listing import told
from apps.governance import alerts
from apps.governance.models import OpsAlert
from apps.rulebook.degrade import Effect

# What an open alert takes away, as people say it.
TAKES_AWAY = {
    Effect.NOTHING: "nothing",
    Effect.EDGE_ONLY: "all picks but EDGE",
    Effect.NONE: "every pick, while it lasts",
    Effect.LATCH: "every pick, until two people turn it on",
}


@admin.register(OpsAlert)
class OpsAlertAdmin(ReadOnlyAdmin):
    list_display = [
        "shown_severity",
        "shown_title",
        "scope",
        "shown_state",
        "takes_away",
        "owner",
        "count",
        "shown_last_seen",
    ]
    list_display_links = ["shown_title"]
    list_filter = ["state", "severity", "kind", "effect"]
    search_fields = ["=kind", "scope", "key"]
    ordering = ["-last_seen_at"]
    actions = ["acknowledge_selected"]
    actions_detail = ["acknowledge", "snooze_an_hour", "snooze_a_day", "resolve"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OpsAlert]:
        return OpsAlert.across_tenants.all()

    @admin.display(description="Severity", ordering="severity")
    def shown_severity(self, alert: OpsAlert) -> SafeString:
        return shapes.state("severity", alert.severity)

    @admin.display(description="What is wrong", ordering="kind")
    def shown_title(self, alert: OpsAlert) -> SafeString:
        return told(alert.title, alert.detail_with_tenant)

    @admin.display(description="State", ordering="state")
    def shown_state(self, alert: OpsAlert) -> SafeString:
        return shapes.state("alert", alert.state)

    @admin.display(description="Takes away")
    def takes_away(self, alert: OpsAlert) -> str:
        return "nothing, it is over" if alert.is_over else TAKES_AWAY[Effect(alert.effect)]

    @admin.display(description="Last seen", ordering="last_seen_at")
    def shown_last_seen(self, alert: OpsAlert) -> SafeString:
        return formats.when(alert.last_seen_at)

    def has_handle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.handle_opsalert"))

    @admin.action(description="Acknowledge selected alerts", permissions=["handle"])
    def acknowledge_selected(self, request: HttpRequest, rows: QuerySet[OpsAlert]) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        self.run_each(
            request, rows, lambda alert: alerts.acknowledge(alert_id=alert.pk, by=by, at=at)
        )

    @action(description="Acknowledge", url_path="acknowledge", permissions=["handle"])
    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._alert(object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            alert,
            title=f"Look after this: {alert.title}?",
            consequence=f"You take it on. It goes on taking away {self.takes_away(alert)}.",
            verb="Acknowledge",
            act=lambda said: alerts.acknowledge(alert_id=alert.pk, note=said, by=by, at=at),
            leads_to="change",
        )

    @action(description="Snooze for an hour", url_path="snooze-hour", permissions=["handle"])
    def snooze_an_hour(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._snooze(request, object_id, timedelta(hours=1))

    @action(description="Snooze for a day", url_path="snooze-day", permissions=["handle"])
    def snooze_a_day(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._snooze(request, object_id, timedelta(days=1))

    @action(description="Resolve", url_path="resolve", permissions=["handle"])
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._alert(object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            alert,
            title=f"Is this over: {alert.title}?",
            consequence="Its effect ends. Where it is not over, the next look opens another one;"
            " a switch that it turned off stays off until two people turn it on.",
            verb="Resolve",
            act=lambda reason: alerts.resolve(alert_id=alert.pk, reason=reason, by=by, at=at),
            leads_to="change",
        )

    def _snooze(self, request: HttpRequest, object_id: str, length: timedelta) -> HttpResponse:
        alert = self._alert(object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        until = at + length
        return ask_reason(
            self,
            request,
            alert,
            title=f"Be quiet about this until {formats.instant(until, seconds=False)}?",
            consequence=f"Nobody is reminded before. It goes on taking away"
            f" {self.takes_away(alert)}.",
            verb="Snooze",
            act=lambda reason: alerts.snooze(
                alert_id=alert.pk, until=until, reason=reason, by=by, at=at
            ),
            leads_to="change",
        )

    def _alert(self, object_id: str) -> OpsAlert:
        return get_object_or_404(OpsAlert.across_tenants, pk=UUID(object_id))
