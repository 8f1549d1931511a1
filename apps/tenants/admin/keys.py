"""The keys that tenants' programs read with: made, shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from unfold.decorators import action, display

from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.asking import ask_reason
from apps.tenants import actions
from apps.tenants.keys import BRAND
from apps.tenants.kinds import ApiScope
from apps.tenants.models import ApiKey, Tenant


class NewKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in ApiScope],
        widget=forms.CheckboxSelectMultiple,
        initial=[scope.value for scope in ApiScope],
    )

    class Meta:
        model = ApiKey
        fields = ["tenant", "name", "scopes", "expiry_date"]


@admin.register(ApiKey)
class ApiKeyAdmin(ActionAdmin):
    form = NewKeyForm
    list_display = [
        *("name", "tenant", "begins_with", "scopes", "created_at", "expiry_date"),
        *("last_used_at", "revoked"),
    ]
    list_filter = ["revoked", "tenant"]
    list_select_related = ["tenant"]
    search_fields = ["name", "=prefix", "=tenant__schema_name"]
    readonly_fields = ["begins_with", "created_at", "last_used_at", "revoked"]
    actions_detail = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        asked = ["tenant", "name", "scopes", "expiry_date"]
        return asked if obj is None else [*asked, *self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        offered = {"queryset": Tenant.objects.customers()}
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, **offered})

    @display(description="Begins with")
    def begins_with(self, key: ApiKey) -> str:
        return f"{BRAND}{key.prefix}"

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        key, obj.text = actions.create_api_key(
            schema=said["tenant"].pk,
            name=said["name"],
            scopes=said["scopes"],
            expires_at=said["expiry_date"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
        )
        obj.pk, obj.prefix = key.pk, key.prefix

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key on this one page: a message or an address would keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"A key for {obj.tenant}",
            "opts": self.opts,
            "key": obj,
            "back": reverse(f"{self.admin_site.name}:tenants_apikey_changelist"),
        }
        page = render(request, "console/api_key.html", context)
        page["Cache-Control"] = "no-store"
        return page

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tenants.change_apikey"))

    @action(description="Revoke", url_path="revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key: ApiKey = get_object_or_404(ApiKey, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            key,
            title=f"Revoke {key}?",
            consequence=f"Programs of {key.tenant} that use it are refused from their next"
            " request on. Nothing takes this back; make a new key first where they must go on.",
            verb="Revoke",
            act=lambda reason: actions.revoke_api_key(key_id=key.pk, by=by, at=at, reason=reason),
            leads_to="change",
        )
