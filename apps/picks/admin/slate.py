"""What people see of the messages of a day: what stands in each, and what became of its parts."""

from collections import Counter
from typing import Any, NamedTuple, Self

from django.contrib import admin
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import formats, words
from apps.core.listing import address, linked, named, one_of, two_lines
from apps.core.shapes import state
from apps.core.subject import SubjectAdmin
from apps.picks.admin.pick import active_leagues
from apps.picks.card import label
from apps.picks.kinds import FAILED, DeliveryKind, DeliveryStatus
from apps.picks.models import Delivery, Pick, SlateMessage
from apps.tenants.models import Channel

_OWED = (DeliveryStatus.PENDING, DeliveryStatus.RETRY, DeliveryStatus.LEASED)


class Standing(NamedTuple):
    """How many of a day's picks stand in its message, and what became of the others."""

    sent: int
    owed: int
    in_doubt: int
    failed: int

    @classmethod
    def of(cls, slate: SlateMessage) -> Self:
        by = Counter(delivery.status for delivery in slate.deliveries.all())
        return cls(
            sent=by[DeliveryStatus.SENT],
            owed=sum(by[status] for status in _OWED),
            in_doubt=by[DeliveryStatus.UNKNOWN],
            failed=sum(by[status] for status in FAILED),
        )

    @property
    def why(self) -> str:
        told = ((self.owed, "waiting"), (self.in_doubt, "in doubt"), (self.failed, "failed"))
        return ", ".join(f"{formats.count(number)} {word}" for number, word in told if number)


@admin.register(SlateMessage)
class SlateMessageAdmin(SubjectAdmin):
    list_display = ["day_of", "told_in", "standing", "num_picks", "num_waiting", "opened"]
    list_filter = [one_of("league", active_leagues), "day"]
    list_select_related = ["opener"]
    search_ids = ["id", "opener_id", "deliveries__pick_id"]
    ordering = ["-id"]
    page_template = "console/picks/slate.html"
    nothing_yet = (
        "With the roll-out slate_message a league's day is one message of each channel. Without it"
        " every pick has a message of its own, which stands among the deliveries."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SlateMessage]:
        """With what the tenant calls the channel, and what stands in each message."""
        places = Channel.objects.annotate(key=Cast("pk", CharField()))
        named_so = places.filter(key=OuterRef("recipient")).values("name")[:1]
        found: QuerySet[SlateMessage] = super().get_queryset(request)
        return found.prefetch_related("deliveries").annotate(place=Subquery(named_so))

    # Cells.

    @display(description="Day")
    def day_of(self, slate: Any) -> SafeString:
        return named(slate.day.strftime("%-d %b %Y"), _part(slate), slate.league)

    @display(description="Channel")
    def told_in(self, slate: Any) -> str:
        return str(slate.place or formats.MISSING)

    @display(description="Message")
    def standing(self, slate: Any) -> SafeString:
        return two_lines(state("delivery", slate.opener.status), _number(slate.opener))

    @display(description="Picks in it")
    def num_picks(self, slate: Any) -> str:
        return formats.count(Standing.of(slate).sent)

    @display(description="Not in it")
    def num_waiting(self, slate: Any) -> SafeString:
        its = Standing.of(slate)
        return two_lines(formats.count(its.owed + its.in_doubt + its.failed), its.why)

    @display(description="Opened", ordering="id")
    def opened(self, slate: Any) -> Any:
        at = slate.opener.sent_at
        return formats.when(at) if at else formats.MISSING

    # The page.

    def titled(self, row: Any) -> str:
        part = _part(row)
        return f"{row.league}, {row.day:%-d %B %Y}" + (f", {part}" if part else "")

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        found = (
            Delivery.objects.filter(Q(slate=row) | Q(answers__slate=row))
            .select_related("pick__event__home", "pick__event__away")
            .order_by("due_at", "id")
        )
        channel = Channel.objects.filter(pk=row.recipient).first()
        its = Standing.of(row)
        return {
            "slate": row,
            "state": state("delivery", row.opener.status),
            "number": _number(row.opener),
            "channel": linked(address(self.admin_site, Channel, channel.pk), channel.name)
            if channel
            else formats.MISSING,
            "figures": [
                {"name": "Picks in it", "figure": formats.count(its.sent), "below": "sent"},
                {"name": "Waiting", "figure": formats.count(its.owed), "below": "to be added"},
                {"name": "In doubt", "figure": formats.count(its.in_doubt), "below": "no answer"},
                {"name": "Failed", "figure": formats.count(its.failed), "below": "told nowhere"},
            ],
            "deliveries": [self._delivery(row, delivery) for delivery in found],
        }

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        return (
            None
            if found is None
            else self.get_queryset(request).select_related("opener").get(pk=found.pk)
        )

    def _delivery(self, slate: SlateMessage, delivery: Delivery) -> dict[str, Any]:
        pick = delivery.pick
        return {
            "pick_at": address(self.admin_site, Pick, pick.pk),
            "label": label(pick),
            "game": str(pick.event),
            "at": address(self.admin_site, Delivery, delivery.pk),
            "how": _how(slate, delivery),
            "what": words.sentence(delivery.cause),
            "state": state("delivery", delivery.status),
            "why": formats.words(delivery.error_code) if delivery.error_code else "",
            "tries": formats.count(delivery.attempts),
            "due_at": delivery.due_at,
            "sent_at": delivery.sent_at,
        }


def _part(slate: SlateMessage) -> str:
    return f"part {slate.part}" if slate.part > 1 else ""


def _number(opener: Delivery) -> str:
    return f"number {opener.message_id}" if opener.message_id is not None else "no number yet"


def _how(slate: SlateMessage, delivery: Delivery) -> str:
    if delivery.kind == DeliveryKind.REPLY:
        return "answer to it"
    if delivery.kind == DeliveryKind.EDIT:
        return "edit of it"
    return "opened it" if slate.opener_id == delivery.pk else "added to it"
