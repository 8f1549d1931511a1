"""What waits for a second person, and the two answers there are."""

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
from apps.governance import actions as governance
from apps.governance.models import Approval


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = [
        "subject",
        "what",
        "shown_state",
        "requester",
        "reason",
        "shown_requested",
        "shown_expiry",
        "approver",
    ]
    list_filter = ["state", "what"]
    search_fields = ["subject", "=requester", "=approver"]
    ordering = ["-requested_at"]
    actions_detail = ["approve", "refuse"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        return Approval.across_tenants.all()

    @admin.display(description="State", ordering="state")
    def shown_state(self, approval: Approval) -> SafeString:
        return shapes.state("approval", approval.state)

    @admin.display(description="Asked", ordering="requested_at")
    def shown_requested(self, approval: Approval) -> SafeString:
        return formats.when(approval.requested_at)

    @admin.display(description="Good until", ordering="expires_at")
    def shown_expiry(self, approval: Approval) -> SafeString:
        return formats.when(approval.expires_at)

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.decide_approval"))

    @action(description="Approve", url_path="approve", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        approval = self._approval(object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            approval,
            title=f"Approve: {approval.what} {approval.subject}?",
            consequence=f"{approval.requester} asks: {approval.reason} It is done at once.",
            verb="Approve",
            act=lambda reason: governance.approve(
                approval_id=approval.pk, reason=reason, by=by, at=at
            ),
            leads_to="change",
        )

    @action(description="Refuse", url_path="refuse", permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        approval = self._approval(object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            approval,
            title=f"Refuse: {approval.what} {approval.subject}?",
            consequence=f"{approval.requester} asks: {approval.reason} Nothing changes.",
            verb="Refuse",
            act=lambda reason: governance.refuse(
                approval_id=approval.pk, reason=reason, by=by, at=at
            ),
            leads_to="change",
        )

    def _approval(self, object_id: str) -> Approval:
        return get_object_or_404(Approval.across_tenants, pk=UUID(object_id))
