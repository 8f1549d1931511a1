"""What people see of parlays: what was asked for, what came of it, and why; and one to ask for."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.core import formats
from apps.core.listing import address, named, one_of, recent, two_lines
from apps.core.shapes import STATES, state, tier
from apps.core.subject import SubjectAdmin
from apps.governance.models import ConfigVersion
from apps.picks.admin.asking import ask_for_parlay, profiles
from apps.picks.admin.pick import standing as standing_of_pick
from apps.picks.card import label
from apps.picks.models import Parlay, ParlayLeg, Pick
from apps.picks.parlay_card import standing, why
from apps.rulebook.parlays import JointMethod, ParlayStatus


@admin.register(Parlay)
class ParlayAdmin(SubjectAdmin):
    list_display = ["legs_of", "num_price", "num_chance", "num_ev", "standing_of", "generated"]
    list_filter = ["status", one_of("profile", profiles), recent("generated_at")]
    search_ids = ["id", "legs__pick_id"]
    search_exact = ["key"]
    ordering = ["-generated_at", "-id"]
    actions_list = ["generate"]
    page_template = "console/picks/parlay.html"
    nothing_yet = (
        "A parlay is put together when somebody asks for one; every answer is kept, also that there"
        " is none."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parlay]:
        return Parlay.objects.with_legs().with_outcome()

    # Cells.

    @display(description="Parlay")
    def legs_of(self, parlay: Any) -> SafeString:
        legs = list(parlay.legs.all())
        if not legs:
            return two_lines(f"{parlay.legs_asked} legs", parlay.profile)
        return named(
            ", ".join(label(leg.pick) for leg in legs),
            "",
            f"{parlay.legs_asked} legs, {parlay.profile}",
        )

    @display(description="Price")
    def num_price(self, parlay: Parlay) -> Any:
        if parlay.price is None or parlay.book is None:
            return formats.MISSING
        return two_lines(formats.odds(parlay.price), parlay.book.title)

    @display(description="Chance")
    def num_chance(self, parlay: Parlay) -> Any:
        if parlay.joint_prob is None:
            return formats.MISSING
        return two_lines(formats.probability(parlay.joint_prob), _method(parlay))

    @display(description="EV")
    def num_ev(self, parlay: Parlay) -> str:
        return formats.MISSING if parlay.ev is None else formats.ev(parlay.ev)

    @display(description="State", ordering="status")
    def standing_of(self, parlay: Any) -> SafeString:
        return _state(parlay)

    @display(description="Generated", ordering="generated_at")
    def generated(self, parlay: Parlay) -> SafeString:
        return two_lines(formats.when(parlay.generated_at), parlay.asked_by)

    # What may be done.

    @action(description="Generate…", url_path="generate", permissions=["generate"])
    def generate(self, request: HttpRequest) -> HttpResponse:
        return ask_for_parlay(
            self, request, there=reverse(f"{self.admin_site.name}:picks_parlay_changelist")
        )

    def has_generate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("picks.generate_parlay"))

    # The page.

    def titled(self, row: Any) -> str:
        return f"Parlay of {row.legs_asked} legs, {row.profile}"

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        return None if found is None else self.get_queryset(request).get(pk=found.pk)

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        legs = list(row.legs.all())
        made = row.status != ParlayStatus.NO_VALID_PARLAY
        return {
            "parlay": row,
            "state": _ended(row) if row.outcome else _state(row),
            "config_at": address(self.admin_site, ConfigVersion, row.config_version_id),
            "figures": _figures(row) if made else [],
            "why": why(row, legs) if made else [],
            "legs": [self._leg(leg) for leg in legs],
            "rejected": self._rejected(row),
            "grades": [
                {
                    "row": grade,
                    "returned": formats.decimal_odds(grade.returned),
                    "profit": formats.units(grade.profit),
                    "legs": ", ".join(formats.words(one).lower() for one in grade.leg_outcomes),
                }
                for grade in row.grades.order_by("-revision_no")
            ],
        }

    def _leg(self, leg: ParlayLeg) -> dict[str, Any]:
        pick = leg.pick
        return {
            "href": address(self.admin_site, Pick, pick.pk),
            "label": label(pick),
            "game": f"{pick.league} · {pick.event}",
            "price": formats.odds(leg.price, leg.price_american),
            "chance": formats.probability(leg.win_prob),
            "ev": formats.ev(leg.ev),
            "tier": tier(leg.tier),
            "weight": f"{leg.weight:.2f}",
            "parts": _parts(leg),
            "standing": standing_of_pick(pick),
        }

    def _rejected(self, parlay: Parlay) -> list[dict[str, Any]]:
        picks = {
            str(pick.pk): pick
            for pick in Pick.objects.filter(
                pk__in=[one["pick"] for one in parlay.rejections]
            ).select_related("event__home", "event__away")
        }
        return [
            {
                "href": address(self.admin_site, Pick, one["pick"]),
                "label": label(picks[one["pick"]]) if one["pick"] in picks else one["pick"],
                "first": formats.words(one["reasons"][0]),
                "others": ", ".join(formats.words(reason).lower() for reason in one["reasons"][1:]),
                "details": ", ".join(one["details"]),
            }
            for one in parlay.rejections
        ]


def _state(parlay: Any) -> SafeString:
    """While it is not settled, how it stands; then how it ended."""
    if parlay.outcome is not None:
        return two_lines(state("parlay_outcome", parlay.outcome), formats.units(parlay.profit))
    if parlay.status == ParlayStatus.MADE:
        return state("validity", standing(list(parlay.legs.all())).value)
    return state("parlay", parlay.status)


def _ended(parlay: Any) -> SafeString:
    word = STATES["parlay_outcome"][parlay.outcome].word
    return state("parlay_outcome", parlay.outcome, f"{word}, {formats.units(parlay.profit)}")


def _method(parlay: Parlay) -> str:
    if parlay.method == JointMethod.JOINT_DISTRIBUTION:
        return "from simulated scores"
    return "one leg a game"


def _figures(parlay: Parlay) -> list[dict[str, str]]:
    book = parlay.book.title if parlay.book else ""
    return [
        {"name": "Price", "figure": formats.odds(parlay.price), "below": book},
        {
            "name": "Value above",
            "figure": formats.odds(parlay.break_even_price),
            "below": "decimal odds",
        },
        {
            "name": "All win",
            "figure": formats.probability(parlay.joint_prob),
            "below": _method(parlay),
        },
        {
            "name": "As strangers",
            "figure": formats.probability(parlay.independent_prob),
            "below": "the legs' chances multiplied",
        },
        {"name": "EV", "figure": formats.ev(parlay.ev), "below": "per unit staked"},
    ]


def _parts(leg: ParlayLeg) -> str:
    """What each part earned of its share; a part that is not known says so."""
    return ", ".join(
        f"{name} {'unknown' if part is None else f'{part:.2f}'}"
        for name, part in (
            ("tier", leg.tier_part),
            ("confidence", leg.confidence_part),
            ("EV", leg.ev_part),
            ("calm", leg.volatility_part),
        )
    )
