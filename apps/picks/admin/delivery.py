"""Messages: how each fared, and the two answers where nobody knows whether one arrived."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.asking import ask, ask_reason
from apps.core.listing import recent, two_lines
from apps.core.shapes import state
from apps.picks import actions
from apps.picks.admin.followed import OfAPick
from apps.picks.kinds import DeliveryStatus
from apps.picks.models import Delivery
from apps.tenants.models import Channel


class ArrivedForm(forms.Form):
    number = forms.IntegerField(
        required=False,
        min_value=1,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autofocus": True}),
        label="Its number",
        help_text="The last part of the message's link. With it, it is edited when the pick"
        " changes; without it, it stays as it is.",
    )


@admin.register(Delivery)
class DeliveryAdmin(OfAPick):
    list_display = ["bet", "told", "kind_of", "standing", "num_attempts", "due", "answers_to"]
    list_filter = ["status", "channel", "kind", recent("due_at")]
    search_ids = ["id", "pick_id"]
    ordering = ["-id"]
    actions_detail = ["arrived", "send_again", "give_up"]
    actions_detail_hide_default = True
    nothing_yet = "A delivery is owed to each channel when a pick is published or changes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With what the tenant calls the channel: one question, whatever the list is long."""
        places = Channel.objects.annotate(key=Cast("pk", CharField()))
        named = places.filter(key=OuterRef("recipient")).values("name")[:1]
        return super().get_queryset(request).annotate(place=Subquery(named))

    @display(description="Channel")
    def told(self, delivery: Any) -> SafeString:
        return two_lines(formats.words(delivery.channel), delivery.place or "")

    @display(description="Message")
    def kind_of(self, delivery: Delivery) -> SafeString:
        return two_lines(formats.words(delivery.kind), words.sentence(delivery.cause))

    @display(description="State", ordering="status")
    def standing(self, delivery: Delivery) -> SafeString:
        seen = state("delivery", delivery.status)
        code = formats.words(delivery.error_code) if delivery.error_code else ""
        return two_lines(seen, code) if code else seen

    @display(description="Tries", ordering="attempts")
    def num_attempts(self, delivery: Delivery) -> str:
        return formats.count(delivery.attempts)

    @display(description="Owed since", ordering="id")
    def due(self, delivery: Delivery) -> SafeString:
        return formats.when(delivery.due_at)

    @display(description="Did it arrive?")
    def answers_to(self, delivery: Delivery) -> Any:
        """Both answers, where somebody has to give one."""
        if delivery.status != DeliveryStatus.UNKNOWN:
            return ""
        buttons = [
            (self._to(name, delivery.pk), verb)
            for name, verb in (("arrived", "It arrived"), ("send_again", "It did not: send"))
        ]
        return format_html(
            '<span class="bv-actions">{}</span>',
            format_html_join(" ", '<a class="bv-button" href="{}">{}</a>', buttons),
        )

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("picks.resolve_delivery"))

    @action(description="It arrived…", url_path="arrived", permissions=["resolve"])
    def arrived(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=ArrivedForm,
            title="Did this message arrive?",
            consequence="It counts as sent, and what waits for it goes on.",
            verb="It arrived",
            act=lambda said: actions.confirm_delivered(
                delivery_id=UUID(object_id), message_id=said["number"], by=by, at=at
            ),
            there=self._page(object_id),
            stops=False,
        )

    @action(description="It did not: send…", url_path="send-again", permissions=["resolve"])
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=forms.Form,
            title="Send this message again?",
            consequence="Look into the chat first: if it did arrive, its readers get it twice.",
            verb="Send",
            act=lambda _said: actions.send_again(delivery_id=UUID(object_id), by=by, at=at),
            there=self._page(object_id),
            stops=False,
        )

    @action(description="Let it be…", url_path="give-up", permissions=["resolve"])
    def give_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = Delivery.objects.get(pk=object_id)
        by, at = Actor.staff(request.user, request), clock.now()
        return ask_reason(
            self,
            request,
            delivery,
            title="Let this message be?",
            consequence="It is not sent again, and nothing of its pick is told in this channel"
            " any more.",
            verb="Let it be",
            act=lambda reason: actions.give_up(
                delivery_id=delivery.pk, reason=reason, by=by, at=at
            ),
            leads_to="change",
        )

    def _page(self, delivery_id: str) -> str:
        return reverse(f"{self.admin_site.name}:picks_delivery_change", args=[delivery_id])

    def _to(self, name: str, delivery_id: UUID) -> str:
        return reverse(f"{self.admin_site.name}:picks_delivery_{name}", args=[delivery_id])
