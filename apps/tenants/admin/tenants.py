"""Tenants, where they are found, and the schemas they live in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin, ReadOnlyAdmin
from apps.core.asking import ask_reason
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.governance.history_admin import TrackedAdmin
from apps.tenants import actions
from apps.tenants.kinds import TenantStatus, TenantType
from apps.tenants.models import Domain, SchemaArtefact, Tenant, TenantMigrationState

REASON = forms.CharField(help_text="Kept in the audit and in the history.")


class NewTenantForm(forms.ModelForm):
    """A request; the queue that knows the database's owner builds it."""

    host = forms.CharField(
        required=False, help_text="Where it is found. Empty: under the usual domain."
    )

    class Meta:
        model = Tenant
        fields = ["schema_name", "name", "type", "timezone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [kind for kind in TenantType if kind is not TenantType.TEMPLATE]
        types: Any = self.fields["type"]
        types.choices = [(kind.value, kind.value.capitalize()) for kind in offered]


class EditTenantForm(forms.ModelForm):
    reason = REASON

    class Meta:
        model = Tenant
        fields = ["name", "timezone"]


@admin.register(Tenant)
class TenantAdmin(TrackedAdmin, ActionAdmin):
    list_display = ["named", "kind", "standing", "built", "hosts", "console"]
    list_filter = ["status", "type", "provisioning"]
    search_fields = ["name", "schema_name", "domains__domain"]
    ordering = ["schema_name"]
    readonly_fields = ["status", "provisioning", "provisioned_at"]
    actions_detail = ["suspend", "resume"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return super().get_queryset(request).prefetch_related("domains")

    def get_form(
        self, request: HttpRequest, obj: Tenant | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = EditTenantForm if change else NewTenantForm
        made: type[forms.ModelForm] = super().get_form(
            request, obj, change=change, **{**kwargs, "form": form}
        )
        return made

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        if obj is None:
            return ["schema_name", "name", "type", "timezone", "host"]
        return ["name", "timezone", "reason", *self.get_readonly_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        return [*self.readonly_fields, "schema_name", "type"] if obj else []

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        said = form.cleaned_data
        if change:
            actions.edit_tenant(
                schema=obj.pk,
                name=said["name"],
                timezone=said["timezone"],
                by=by,
                at=at,
                reason=said["reason"],
            )
            return
        actions.order_tenant(
            schema=said["schema_name"],
            name=said["name"],
            type=said["type"],
            timezone=said["timezone"],
            host=said["host"],
            by=by,
            at=at,
        )

    @display(description="Tenant", ordering="name")
    def named(self, tenant: Tenant) -> SafeString:
        return two_lines(tenant.name, tenant.schema_name)

    @display(description="Type", ordering="type")
    def kind(self, tenant: Tenant) -> str:
        return tenant.type

    @display(description="State", ordering="status")
    def standing(self, tenant: Tenant) -> SafeString | str:
        # Nothing ever runs for the schema that others are made from: it is not stopped.
        if tenant.type == TenantType.TEMPLATE:
            return formats.MISSING
        return state("tenant", tenant.status)

    @display(description="Schema", ordering="provisioned_at")
    def built(self, tenant: Tenant) -> SafeString:
        at = tenant.provisioned_at
        return two_lines(
            formats.words(tenant.provisioning), formats.when(at) if at else formats.MISSING
        )

    @display(description="Hosts")
    def hosts(self, tenant: Tenant) -> str:
        return ", ".join(domain.domain for domain in tenant.domains.all())

    @display(description="Console")
    def console(self, tenant: Tenant) -> str:
        if tenant.is_platform or tenant.status != TenantStatus.ACTIVE:
            return formats.MISSING
        return format_html('<a href="/t/{}/admin/">Open</a>', tenant.pk)

    def has_suspend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tenants.suspend_tenant"))

    @action(description="Suspend", url_path="suspend", permissions=["suspend"])
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        tenant = get_object_or_404(Tenant, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            tenant,
            title=f"Suspend {tenant.name}?",
            consequence="Its hosts answer 404 and nothing runs for it. What publishes for it at"
            " this moment ends first. Resume takes it back.",
            verb="Suspend",
            act=lambda reason: actions.suspend_tenant(
                schema=tenant.pk, by=by, at=at, reason=reason
            ),
            leads_to="change",
        )

    @action(description="Resume", url_path="resume", permissions=["suspend"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        tenant = get_object_or_404(Tenant, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            tenant,
            title=f"Resume {tenant.name}?",
            consequence="Its hosts answer again and work that waited is done.",
            verb="Resume",
            act=lambda reason: actions.resume_tenant(schema=tenant.pk, by=by, at=at, reason=reason),
            leads_to="change",
        )


class NewDomainForm(forms.ModelForm):
    reason = REASON

    class Meta:
        model = Domain
        fields = ["domain", "tenant"]


@admin.register(Domain)
class DomainAdmin(TrackedAdmin, ActionAdmin):
    form = NewDomainForm
    list_display = ["domain", "tenant", "is_primary"]
    list_filter = ["tenant"]
    list_select_related = ["tenant"]
    search_fields = ["domain"]
    actions_detail = ["remove"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        added = actions.add_domain(
            schema=said["tenant"].pk,
            domain=said["domain"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=said["reason"],
        )
        obj.pk = added.pk

    def has_remove_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tenants.delete_domain"))

    @action(description="Remove", url_path="remove", permissions=["remove"])
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        domain = get_object_or_404(Domain, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            domain,
            title=f"Remove {domain.domain}?",
            consequence=f"Nobody finds {domain.tenant} under this name any more.",
            verb="Remove",
            act=lambda reason: (
                actions.remove_domain(domain=domain.domain, by=by, at=at, reason=reason)
                or domain.domain
            ),
        )


@admin.register(TenantMigrationState)
class TenantMigrationStateAdmin(ReadOnlyAdmin):
    list_display = ["tenant", "outcome", "applied", "failed_migration", "at"]
    list_filter = ["outcome"]
    search_fields = ["=tenant__schema_name", "failed_migration"]
    list_select_related = ["tenant"]


@admin.register(SchemaArtefact)
class SchemaArtefactAdmin(ReadOnlyAdmin):
    list_display = ["migrations_hash", "ddl_sha256", "made_at"]
    ordering = ["-made_at"]
