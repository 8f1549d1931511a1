"""People: who may sign in, what their role lets them do, and the buttons that end it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.asking import ReasonForm, ask, ask_reason, choice_field
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.core.tenancy import PUBLIC, current_schema
from apps.governance.roles import PLATFORM_ROLES, Role
from apps.rulebook.errors import RuleBroken
from apps.tenants import actions
from apps.tenants.kinds import TenantType
from apps.tenants.models import Bot, Tenant, User


def roles_in(schema: str) -> list[Role]:
    """Which roles somebody of the platform, or of a tenant, can have."""
    return [role for role in Role if (role in PLATFORM_ROLES) == (schema == PUBLIC)]


def role_form(user: User) -> type[forms.Form]:
    """Ask for one of the roles that fit where the person is, and why."""
    offered = [(role.value, role.value) for role in roles_in(user.tenant_id)]

    class RoleForm(ReasonForm):
        role = choice_field(
            [*offered, ("", "Nothing: no console")], initial=user.role, required=False
        )
        field_order = ("role", "reason")

    return RoleForm


class NewPersonForm(forms.ModelForm):
    role = choice_field(
        [(role.value, role.value) for role in Role],
        help_text="ADMIN, OPS and FINANCE are the platform's, TENANT_STAFF is a tenant's.",
    )
    password = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        validators=[validate_password],
        help_text="To begin with; they change it after their first log-in.",
    )

    class Meta:
        model = User
        fields = ["tenant", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        role, tenant = said.get("role"), said.get("tenant")
        if role and tenant and role not in roles_in(tenant.pk):
            refusal = actions.RoleUnfit(role, tenant.pk)
            self.add_error("role", f"{refusal.sentence} ({refusal.code})")
        return said


@admin.register(User)
class UserAdmin(ActionAdmin):
    form = NewPersonForm
    list_display = ["person", "what_they_may", "standing"]
    list_filter = ["status", "role", "tenant"]
    list_select_related = ["tenant"]
    search_fields = ["login", "=telegram_user_id"]
    exclude = ["password"]
    actions_detail = ["give_role", "link", "disable", "enable"]

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ["tenant", "email", "role", "password"]
        return [
            *("login", "tenant", "email", "telegram_user_id", "role", "status"),
            *("is_staff", "is_superuser"),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        offered = {"queryset": Tenant.objects.exclude(type=TenantType.TEMPLATE)}
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, **offered})

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made = actions.create_user(
            schema=said["tenant"].pk,
            email=said["email"],
            password=said["password"],
            role=Role(said["role"]),
            by=Actor.staff(request.user, request),
            at=clock.now(),
        )
        obj.pk = made.pk

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        if current_schema() == PUBLIC:
            return User.across_tenants.all()
        return User.objects.all()

    def has_disable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tenants.change_user"))

    @display(description="Person", ordering="login")
    def person(self, user: User) -> SafeString:
        return two_lines(user.email or user.login, str(user.tenant))

    @display(description="Role", ordering="role")
    def what_they_may(self, user: User) -> str:
        if user.is_superuser:
            return "Everything"
        return user.role or formats.MISSING

    @display(description="State", ordering="status")
    def standing(self, user: User) -> SafeString:
        return state("user", user.status)

    @action(description="Give a role", url_path="role", permissions=["disable"])
    def give_role(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: User = get_object_or_404(User.across_tenants, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=role_form(user),
            title=f"What may {user} do?",
            consequence=f"Now: {user.role or 'nothing'}. What an earlier role let them do ends,"
            " and so does every session of theirs.",
            verb="Give",
            act=lambda said: actions.give_role(
                user_id=user.pk,
                role=Role(said["role"]) if said["role"] else None,
                by=by,
                at=at,
                reason=said["reason"],
            ),
            there=reverse(f"{self.admin_site.name}:tenants_user_change", args=[user.pk]),
            stops=False,
        )

    @action(description="Link Telegram", url_path="link", permissions=["disable"])
    def link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show on this one page the link that recognises the person; nothing keeps it."""
        user: User = get_object_or_404(User.across_tenants, pk=object_id)
        back = reverse(f"{self.admin_site.name}:tenants_user_change", args=[user.pk])
        bot = Bot.objects.filter(tenant=user.tenant_id).first()
        if bot is None or request.method != "POST":
            return self._ask_for_link(request, user, bot, back)
        by, at = Actor.staff(request.user, request), clock.now()
        try:
            _, text = actions.make_link_token(user_id=user.pk, by=by, at=at)
        except RuleBroken as refusal:
            self.message_user(request, f"{refusal.sentence} ({refusal.code})", messages.ERROR)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": f"A link for {user}",
            "opts": self.opts,
            "link": f"https://t.me/{bot.username}?start={text}",
            "back": back,
        }
        page = render(request, "console/telegram_link.html", context)
        page["Cache-Control"] = "no-store"
        return page

    def _ask_for_link(
        self, request: HttpRequest, user: User, bot: Bot | None, back: str
    ) -> HttpResponse:
        if bot is None:
            refusal = actions.BotMissing(user.tenant_id)
            self.message_user(request, f"{refusal.sentence} ({refusal.code})", messages.ERROR)
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            form_class=forms.Form,
            title=f"Link {user} with Telegram?",
            consequence=f"The next page shows a link to {bot}. Whoever opens it first, within ten"
            " minutes, is recognised as this person; an earlier link is good for nothing.",
            verb="Make the link",
            act=lambda _said: None,
            there=back,
            stops=False,
        )

    @action(description="Disable", url_path="disable", permissions=["disable"])
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: User = get_object_or_404(User.across_tenants, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            user,
            title=f"Lock {user} out?",
            consequence="Every session of theirs ends now, and they cannot sign in.",
            verb="Disable",
            act=lambda reason: actions.disable_user(user_id=user.pk, by=by, at=at, reason=reason),
            leads_to="change",
        )

    @action(description="Enable", url_path="enable", permissions=["disable"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: User = get_object_or_404(User.across_tenants, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            user,
            title=f"Let {user} in again?",
            consequence="They can sign in with the password they had.",
            verb="Enable",
            act=lambda reason: actions.enable_user(user_id=user.pk, by=by, at=at, reason=reason),
            leads_to="change",
        )
