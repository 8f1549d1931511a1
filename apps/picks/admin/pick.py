"""What people see of picks, and what may be done to them: each button calls one action."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.catalog.models import League
from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.admin import ReadOnlyAdmin
from apps.core.asking import ReasonForm, ask, choice_field
from apps.core.listing import named, one_of, recent, two_lines
from apps.core.shapes import state, tier
from apps.picks import actions
from apps.picks.admin.asking import ask_for_parlay
from apps.picks.card import who
from apps.picks.funnel import funnel
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Pick
from apps.picks.sections import LifeSection
from apps.rulebook.lifecycle import PickStatus


def active_leagues() -> list[str]:
    return list(League.objects.order_by("code").values_list("code", flat=True))


class ReplacedFilter(admin.SimpleListFilter):
    """Proposals that gave way to newer ones are many and say little: they are shown on request."""

    title = "replaced proposals"
    parameter_name = "replaced"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shown", "Shown, too"), ("only", "Nothing else")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Left out"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "shown":
            return queryset
        if self.value() == "only":
            return queryset.filter(expiry_reason="REPLACED")
        return queryset.unreplaced()  # type: ignore[attr-defined, no-any-return]


class WithdrawForm(forms.Form):
    because = choice_field(
        [(reason.value, formats.words(reason.value)) for reason in WithdrawReason],
        label="Because of",
        initial=WithdrawReason.MANUAL.value,
        help_text="Shown with the pick.",
    )
    note = forms.CharField(
        required=False,
        widget=ReasonForm.base_fields["reason"].widget,
        help_text="Kept in the audit.",
    )


@admin.register(Pick)
class PickAdmin(ReadOnlyAdmin):
    list_display = ["bet", "tier_of", "num_price", "num_edge", "standing", "result"]
    list_filter = [
        "status",
        "tier",
        "validity_state",
        one_of("league", active_leagues),
        "market_type",
        ReplacedFilter,
        recent("published_at"),
    ]
    list_select_related = ["event__home", "event__away", "book", "tracking"]
    search_ids = ["id", "event_id"]
    search_exact = ["idempotency_key", "event__sources__source_event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-proposed_at", "-id"]
    actions = ["publish", "withdraw", "parlay"]
    actions_detail = ["publish_this", "withdraw_this", "replace_this"]
    actions_detail_hide_default = True
    list_before_template = "console/picks/funnel.html"
    list_sections = [LifeSection]
    nothing_yet = (
        "A pick is proposed when an evaluation passes every gate of this tenant's opinion; each"
        " new poll of a league is looked at once."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pick]:
        return Pick.objects.with_outcome().prefetch_related("changes")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"funnel": funnel(clock.now()), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    # Cells.

    @display(description="Pick")
    def bet(self, pick: Pick) -> SafeString:
        return named(
            who(pick),
            formats.line(pick.market_type, pick.line) or words.market(pick.market_type),
            f"{pick.league} · {pick.event}",
        )

    @display(description="Tier", ordering="tier")
    def tier_of(self, pick: Pick) -> str:
        return formats.MISSING if pick.status == PickStatus.BLOCKED else tier(pick.tier)

    @display(description="Price", ordering="price")
    def num_price(self, pick: Pick) -> SafeString:
        return two_lines(formats.odds(pick.price, pick.price_american), pick.book.title)

    @display(description="Edge, EV", ordering="ev")
    def num_edge(self, pick: Pick) -> str:
        if pick.status == PickStatus.BLOCKED:
            return formats.MISSING
        return two_lines(formats.points(pick.edge_prob), formats.named_ev(pick.ev))

    @display(description="State", ordering="status")
    def standing(self, pick: Pick) -> SafeString:
        return standing(pick)

    @display(description="Result, CLV")
    def result(self, pick: Any) -> str:
        tracking = getattr(pick, "tracking", None)
        clv = getattr(tracking, "clv_ev", None)
        told = formats.named_clv(clv)
        if tracking is not None and clv is None and tracking.completed_at:
            told = "CLV missing"
        if pick.outcome is None:
            return told if clv is not None else formats.MISSING
        return two_lines(state("outcome", pick.outcome), told)

    # What may be done.

    @admin.action(description="Publish selected picks", permissions=["publish"])
    def publish(self, request: HttpRequest, picks: QuerySet[Pick]) -> None:
        by, at = Actor.staff(request.user, request), clock.now()
        self.run_each(
            request, picks, lambda pick: actions.publish_pick(pick_id=pick.pk, by=by, at=at)
        )

    @admin.action(description="Withdraw selected picks…", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, picks: QuerySet[Pick]) -> HttpResponse:
        chosen = list(picks)
        pressed = [("action", "withdraw"), *(("_selected_action", str(p.pk)) for p in chosen)]
        return self._ask_withdrawal(request, chosen, there=request.get_full_path(), carried=pressed)

    @admin.action(description="Put selected picks into a parlay…", permissions=["combine"])
    def parlay(self, request: HttpRequest, picks: QuerySet[Pick]) -> HttpResponse:
        chosen = [pick.pk for pick in picks]
        pressed = [("action", "parlay"), *(("_selected_action", str(pk)) for pk in chosen)]
        return ask_for_parlay(
            self, request, there=request.get_full_path(), picks=chosen, carried=pressed
        )

    @action(description="Publish…", url_path="publish", permissions=["publish"])
    def publish_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=forms.Form,
            title="Publish this pick?",
            consequence="It is checked against the market once more: it is published only if its"
            " quote is fresh and no worse than playable, and within the limits. It is then in the"
            " record for good.",
            verb="Publish",
            act=lambda _said: actions.publish_pick(pick_id=UUID(object_id), by=by, at=at),
            there=self._page(object_id),
            stops=False,
        )

    @action(description="Withdraw…", url_path="withdraw", permissions=["withdraw"])
    def withdraw_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        picks = Pick.objects.filter(pk=object_id).select_related("event__home", "event__away")
        return self._ask_withdrawal(request, picks, there=self._page(object_id))

    @action(description="Replace by the newest…", url_path="replace", permissions=["publish"])
    def replace_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        return ask(
            self,
            request,
            form_class=ReasonForm,
            title="Put the newest evaluation in this pick's place?",
            consequence="A new version is published if the newest evaluation passes every gate."
            " Both versions stay in the record and both are graded.",
            verb="Replace",
            act=lambda said: actions.supersede_pick(
                pick_id=UUID(object_id), by=by, at=at, note=said["reason"]
            ),
            there=self._page(object_id),
            stops=False,
        )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("picks.publish_pick"))

    def has_combine_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("picks.generate_parlay"))

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("picks.withdraw_pick"))

    def _ask_withdrawal(
        self,
        request: HttpRequest,
        picks: Iterable[Pick],
        *,
        there: str,
        carried: Iterable[tuple[str, str]] = (),
    ) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()

        def act(said: dict[str, Any]) -> None:
            because = WithdrawReason(said["because"])
            self.run_each(
                request,
                picks,  # type: ignore[arg-type]
                lambda pick: actions.withdraw_pick(
                    pick_id=pick.pk, reason=because, note=said["note"], by=by, at=at
                ),
            )

        names = ", ".join(
            f"{who(pick)} {formats.line(pick.market_type, pick.line)}".strip() for pick in picks
        )
        return ask(
            self,
            request,
            form_class=WithdrawForm,
            title=f"Withdraw {names}?",
            consequence="It is shown as no longer playable from now on and stays so. It stays in"
            " the record and is graded; whoever took it keeps it.",
            verb="Withdraw",
            act=act,
            there=there,
            carried=carried,
        )

    def _page(self, pick_id: str) -> str:
        return reverse(f"{self.admin_site.name}:picks_pick_change", args=[pick_id])


def standing(pick: Pick) -> SafeString:
    """The one state of a pick that matters now: while it is live, whether it may be taken."""
    if pick.status == PickStatus.PUBLISHED:
        return state("validity", pick.validity_state)
    if pick.status == PickStatus.BLOCKED:
        return state("pick", pick.status, f"Blocked: {words.sentence(pick.block_reason)}")
    if pick.status == PickStatus.EXPIRED:
        return state("pick", pick.status, f"Expired: {words.sentence(pick.expiry_reason)}")
    return state("pick", pick.status)
