"""What operators see of picks: the record as it is, and two buttons that call actions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.picks.actions import publish_pick, withdraw_pick
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Delivery, LineTracking, Pick, PickChange, ProposalRound


@admin.register(Pick)
class PickAdmin(ReadOnlyAdmin):
    list_display = [
        "event",
        "bet",
        "tier",
        "num_ev",
        "status",
        "validity_state",
        "told",
        "published_at",
    ]
    list_filter = ["status", "tier", "validity_state", "league", "market_type"]
    list_select_related = ["event__home", "event__away", "book"]
    search_fields = ["=id", "=event__id", "=source_event_id", "=idempotency_key"]
    date_hierarchy = "proposed_at"
    actions = ["publish", "withdraw"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pick]:
        return Pick.objects.with_deliveries()

    @admin.display(description="Published to")
    def told(self, pick: Any) -> str:
        return ", ".join(pick.published_to).lower() or "-"

    @admin.display(description="Bet")
    def bet(self, pick: Pick) -> str:
        return f"{pick.bet} @ {pick.price:.3f} ({pick.book.key})"

    @admin.display(description="EV", ordering="ev")
    def num_ev(self, pick: Pick) -> str:
        return f"{pick.ev:+.1%}"

    @admin.action(description="Publish selected picks", permissions=["publish"])
    def publish(self, request: HttpRequest, picks: QuerySet[Pick]) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        self.run_each(request, picks, lambda pick: publish_pick(pick_id=pick.pk, by=by, at=at))

    @admin.action(description="Withdraw selected picks", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, picks: QuerySet[Pick]) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        self.run_each(
            request,
            picks,
            lambda pick: withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=by, at=at),
        )

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("picks.publish_pick"))

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("picks.withdraw_pick"))


@admin.register(PickChange)
class PickChangeAdmin(ReadOnlyAdmin):
    list_display = ["pick", "move", "reason", "line", "price", "by", "changed_at"]
    list_filter = ["to_status", "to_validity", "reason"]
    list_select_related = ["pick"]
    search_fields = ["=pick__id"]
    date_hierarchy = "changed_at"

    @admin.display(description="Move")
    def move(self, change: PickChange) -> str:
        return str(change)


@admin.register(ProposalRound)
class ProposalRoundAdmin(ReadOnlyAdmin):
    list_display = ["league", "captured_at", "evaluations", "proposed", "blocked", "funnel"]
    list_filter = ["league"]
    search_fields = ["=batch_id"]
    date_hierarchy = "captured_at"

    @admin.display(description="Reached each gate")
    def funnel(self, round_: ProposalRound) -> str:
        gates: list[dict[str, Any]] = round_.gates
        return " > ".join(f"{gate['gate'].lower()} {gate['reached']}" for gate in gates)


@admin.register(LineTracking)
class LineTrackingAdmin(ReadOnlyAdmin):
    list_display = ["pick", "close_source", "close_line", "close_price", "num_clv", "completed_at"]
    list_filter = ["close_source", "close_missing", "clv_missing"]
    list_select_related = ["pick"]
    search_fields = ["=pick__id"]

    @admin.display(description="CLV (EV)", ordering="clv_ev")
    def num_clv(self, row: LineTracking) -> str:
        return row.clv_missing if row.clv_ev is None else f"{row.clv_ev:+.1%}"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["pick", "channel", "kind", "cause", "status", "attempts", "due_at"]
    list_filter = ["status", "channel", "kind"]
    list_select_related = ["pick"]
    search_fields = ["=id", "=pick__id"]
    date_hierarchy = "due_at"
