"""Bots and channels: where picks are sent, who is the voice, and the button that ends it."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.asking import ask, ask_reason
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.rulebook.thresholds import Tier
from apps.tenants import actions
from apps.tenants.kinds import ChannelKind
from apps.tenants.models import Bot, Channel, Tenant

_TIERS = [(tier.value, tier.value) for tier in (Tier.EDGE, Tier.LEAN)]


class OfCustomers(ActionAdmin):
    """A table of which only customers have rows."""

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        offered = {"queryset": Tenant.objects.customers()}
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, **offered})


class BotForm(forms.ModelForm):
    token = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text="As Telegram's @BotFather gave it. It is sealed, and shown nowhere again.",
    )

    class Meta:
        model = Bot
        fields = ["tenant", "username"]


@admin.register(Bot)
class BotAdmin(OfCustomers):
    form = BotForm
    list_display = ["named", "tenant", "standing", "paused", "hears"]
    list_filter = ["status", "tenant"]
    list_select_related = ["tenant"]
    search_fields = ["username", "=number"]
    nothing_yet = "A tenant has one bot: enter its token to send picks to Telegram."

    def get_fields(self, request: HttpRequest, obj: Bot | None = None) -> list[str]:
        return ["tenant", "username", "token"]

    def get_readonly_fields(self, request: HttpRequest, obj: Bot | None = None) -> list[str]:
        return [] if obj is None else ["tenant"]

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        bot = actions.enter_bot(
            schema=obj.tenant_id,
            token=said["token"],
            username=said["username"],
            by=Actor.staff(request.user, request),
            at=clock.now(),
        )
        obj.pk = bot.pk

    @display(description="Bot", ordering="username")
    def named(self, bot: Bot) -> SafeString:
        return two_lines(str(bot), str(bot.number))

    @display(description="State", ordering="status")
    def standing(self, bot: Bot) -> SafeString:
        return state("bot", bot.status)

    @display(description="Waits until")
    def paused(self, bot: Bot) -> Any:
        return formats.when(bot.paused_until)

    @display(description="Hears", boolean=True)
    def hears(self, bot: Bot) -> bool:
        return bool(bot.secret_sha256)


class ChannelForm(forms.ModelForm):
    tiers = forms.MultipleChoiceField(
        choices=_TIERS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every tier that is published.",
    )

    class Meta:
        model = Channel
        fields = ["tenant", "kind", "name", "chat", "url", "leagues", "tiers"]


@admin.register(Channel)
class ChannelAdmin(OfCustomers):
    form = ChannelForm
    list_display = ["named", "tenant", "leads_to", "what_goes", "standing"]
    list_filter = ["kind", "status", "tenant"]
    list_select_related = ["tenant"]
    search_fields = ["name", "chat", "=tenant__schema_name"]
    actions_detail = ["close", "reopen"]
    nothing_yet = "A tenant's picks stand on its board. A channel sends them somewhere besides."

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> list[str]:
        asked = ["tenant", "kind", "name", "chat", "url", "leagues", "tiers"]
        return asked if obj is None else [*asked, "opened_at", "status", "closed_reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> list[str]:
        fixed = ["tenant", "kind", "chat", "url", "opened_at", "status", "closed_reason"]
        return [] if obj is None else fixed

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        common: dict[str, Any] = {
            "name": said["name"],
            "leagues": said["leagues"] or [],
            "tiers": said["tiers"],
            "by": Actor.staff(request.user, request),
            "at": clock.now(),
        }
        if change:
            actions.narrow_channel(channel_id=obj.pk, **common)
            return
        common["schema"] = said["tenant"].pk
        if said["kind"] == ChannelKind.TELEGRAM:
            made = actions.open_chat(chat=said["chat"], **common)
        else:
            obj.secret = secrets.token_urlsafe(32)
            made = actions.open_webhook(url=said["url"], secret=obj.secret, **common)
        obj.pk = made.pk

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show what a webhook's messages are signed with on this one page."""
        if not getattr(obj, "secret", ""):
            return super().response_add(request, obj, post_url_continue)
        context = {
            **self.admin_site.each_context(request),
            "title": f"The secret of {obj.name}",
            "opts": self.opts,
            "channel": obj,
            "back": reverse(f"{self.admin_site.name}:tenants_channel_changelist"),
        }
        page = render(request, "console/webhook_secret.html", context)
        page["Cache-Control"] = "no-store"
        return page

    @display(description="Channel", ordering="name")
    def named(self, channel: Channel) -> SafeString:
        return two_lines(channel.name, formats.words(channel.kind))

    @display(description="Leads to")
    def leads_to(self, channel: Channel) -> str:
        return channel.address

    @display(description="What goes there")
    def what_goes(self, channel: Channel) -> SafeString:
        leagues = ", ".join(channel.leagues) or "every league"
        return two_lines(leagues, ", ".join(channel.tiers) or "every tier")

    @display(description="State", ordering="status")
    def standing(self, channel: Channel) -> SafeString:
        seen = state("channel", channel.status)
        return two_lines(seen, channel.closed_reason) if channel.closed_reason else seen

    def has_close_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tenants.change_channel"))

    @action(description="Close", url_path="close", permissions=["close"])
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        channel: Channel = get_object_or_404(Channel, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            channel,
            title=f"Close {channel}?",
            consequence="Nothing goes there any more, not even what is owed already. Other"
            " channels and the board go on.",
            verb="Close",
            act=lambda reason: actions.close_channel(
                channel_id=channel.pk, by=by, at=at, reason=reason
            ),
            leads_to="change",
        )

    @action(description="Open again", url_path="reopen", permissions=["close"])
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        channel: Channel = get_object_or_404(Channel, pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=forms.Form,
            title=f"Open {channel} again?",
            consequence="What is published from now on goes there. What was published meanwhile"
            " does not.",
            verb="Open",
            act=lambda _said: actions.reopen_channel(channel_id=channel.pk, by=by, at=at),
            there=reverse(f"{self.admin_site.name}:tenants_channel_change", args=[channel.pk]),
            stops=False,
        )
