"""Parlays that may still be taken, as the board shows them: legs, price, chance and method."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.safestring import SafeString

from apps.core import formats, words
from apps.core.local import Place
from apps.picks.models import Parlay
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.odds import american_from_price
from apps.site.cards import title

AT_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Leg:
    pick: UUID
    name: str
    game: str
    price: str
    stands: bool  # its pick may still be taken as it was published


@dataclass(frozen=True, slots=True)
class ParlayCard:
    """One parlay in final words; where a leg is gone it says so and is greyed."""

    name: str
    price: str
    book: str
    chance: str
    method: str
    ev: str
    needs: str
    begins: SafeString
    legs: list[Leg]

    @property
    def stands(self) -> bool:
        return all(leg.stands for leg in self.legs)


def read_parlays(*, place: Place, at: datetime) -> list[ParlayCard]:
    """Read the parlays whose games are all ahead, those that stand whole first."""
    rows = Parlay.objects.ahead(at).with_legs().order_by("starts_at", "-generated_at", "id")
    cards = [_card(row, place, at) for row in rows[:AT_MOST]]
    return sorted(cards, key=lambda card: not card.stands)


def _card(row: Parlay, place: Place, at: datetime) -> ParlayCard:
    legs = [
        Leg(
            pick=leg.pick_id,
            name=title(leg.pick),
            game=f"{leg.pick.event.away.name} at {leg.pick.event.home.name}",
            price=formats.odds(leg.price, leg.price_american).partition(" ")[0],
            stands=leg.pick.status == PickStatus.PUBLISHED
            and leg.pick.validity_state == Validity.VALID,
        )
        for leg in row.legs.all()  # type: ignore[attr-defined]
    ]
    return ParlayCard(
        name=f"{formats.plural(len(legs), 'leg')}, {row.profile}",
        price=formats.odds(row.price),
        book=row.book.title if row.book else "",
        chance=formats.probability(row.joint_prob),
        method=words.sentence(row.method),
        ev=formats.named_ev(row.ev),
        needs=formats.american(
            None if row.break_even_price is None else american_from_price(row.break_even_price)
        ),
        begins=place.when(row.starts_at, at),
        legs=legs,
    )
