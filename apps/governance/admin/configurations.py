"""What operators see of configuration versions, and how the next one is written."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action

from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.governance import configs
from apps.governance.models import PLATFORM, ConfigVersion, Section


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
