"""What operators see of switches, configurations, receipts and the audit."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin, ReadOnlyAdmin
from apps.core.asking import ask_reason
from apps.governance import configs, switches
from apps.governance.history_admin import TrackedAdmin
from apps.governance.models import (
    PLATFORM,
    AuditLine,
    ConfigVersion,
    FeatureFlag,
    JobRun,
    Section,
)


@admin.register(FeatureFlag)
class FeatureFlagAdmin(TrackedAdmin, ReadOnlyAdmin):
    list_display = ["name", "scope", "enabled", "live_from", "by", "at", "reason"]
    list_filter = ["name", "enabled"]
    search_fields = ["=name", "scope"]
    ordering = ["scope", "name"]
    actions_detail = ["turn_off", "turn_on"]

    def has_turn_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("governance.turn_featureflag"))

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
        return ask_reason(
            self,
            request,
            flag,
            title=f"Turn {flag.name} on at {flag.scope}?",
            consequence=f"Lets go on: {switches.REGISTRY[flag.name].description} Now: {found}.",
            verb="Turn on",
            act=lambda reason: switches.turn_on(
                flag.name,
                flag.scope,
                by=by,
                at=at,
                reason=reason,
                version=int(request.GET["version"]),
            ),
            leads_to="change",
        )


class NewVersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A complete document; what it says is checked before anything is stored."""

    effective_from = forms.DateTimeField(required=False, help_text="UTC. Empty: from now on.")

    class Meta:
        model = ConfigVersion
        fields = ["section", "tenant_schema", "profile", "document", "effective_from", "reason"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if {"section", "document"} <= said.keys():
            try:
                self.parsed = configs.parse(Section(said["section"]), said["document"])
            except configs.ConfigInvalid as refusal:
                raise ValidationError({"document": refusal.sentence}) from refusal
        return said


@admin.register(ConfigVersion)
class ConfigVersionAdmin(ActionAdmin):
    form = NewVersionForm
    list_display = [
        "section",
        "tenant_schema",
        "league",
        "profile",
        "number",
        "effective_from",
        "author",
        "reason",
    ]
    list_filter = ["section", "league", "profile"]
    search_fields = ["tenant_schema", "=league", "=document_hash"]
    ordering = ["section", "tenant_schema", "league", "profile", "-number"]
    actions_detail = ["new_version"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the version that the new one follows."""
        try:
            followed = UUID(request.GET.get("follows", ""))
        except ValueError:
            return {"tenant_schema": PLATFORM}
        pattern = get_object_or_404(ConfigVersion, pk=followed)
        return {
            "section": pattern.section,
            "tenant_schema": pattern.tenant_schema,
            "profile": pattern.profile,
            "document": pattern.document,
        }

    @action(description="Write the next version", url_path="next", permissions=["add"])
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        add = reverse(f"{self.admin_site.name}:governance_configversion_add")
        return HttpResponseRedirect(f"{add}?follows={object_id}")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_add_permission(request))

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        version = configs.create_version(
            form.parsed,
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=said["reason"],
            tenant=None if said["tenant_schema"] == PLATFORM else said["tenant_schema"],
            profile=said["profile"],
            effective_from=said["effective_from"],
        )
        obj.pk, obj.number, obj.league = version.pk, version.number, version.league


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["job", "slot", "tenant_schema", "outcome", "attempt", "started_at", "error"]
    list_filter = ["outcome", "job"]
    search_fields = ["job", "=tenant_schema", "slot"]
    ordering = ["-started_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return JobRun.across_tenants.all()


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "tenant_schema", "actor_id", "action", "object_type", "reason"]
    list_filter = ["actor_type", "strength"]
    search_fields = ["=tenant_schema", "=actor_id", "=action", "=object_id"]
    date_hierarchy = "occurred_at"
    ordering = ["-occurred_at", "-id"]
    exclude = ["diff"]
    readonly_fields = ["what_changed"]

    @admin.display(description="What changed")
    def what_changed(self, line: AuditLine) -> str:
        return format_html("<pre>{}</pre>", json.dumps(line.diff, indent=1, ensure_ascii=False))
