"""Everything that a message may speak of: one pick, what happened to it, and whose it is."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from apps.core.local import Place
from apps.core.words import AGE, HELP_LINE
from apps.picks.card import who
from apps.picks.models import Pick
from apps.rulebook.lifecycle import Validity
from apps.rulebook.odds import american_from_price


class Cause(StrEnum):
    """What a message is about; validities stand here under their own names."""

    PUBLISHED = "PUBLISHED"
    VALID = Validity.VALID.value
    MOVED_BUT_OK = Validity.MOVED_BUT_OK.value
    REFRESH_RECOMMENDED = Validity.REFRESH_RECOMMENDED.value
    INVALIDATED = Validity.INVALIDATED.value
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"
    GRADED = "GRADED"


@dataclass(frozen=True, slots=True)
class House:
    """Whose message it is: where its readers' clocks hang and where its pages are."""

    place: Place
    address: str  # of the tenant's pages, without a slash at its end
    age: str = AGE
    help_line: str = HELP_LINE

    def page_of(self, pick_id: UUID) -> str:
        return f"{self.address}/picks/{pick_id}/"


@dataclass(frozen=True, slots=True)
class Market:
    """What a selection was quoted at some time."""

    line: Decimal | None
    price: Decimal | None
    ev: float | None
    seen_at: datetime | None

    @property
    def american(self) -> int | None:
        return None if self.price is None else american_from_price(self.price)


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to say, with the values that it may say and no others."""

    cause: Cause
    house: House
    pick_id: UUID
    version: int
    league: str
    market_type: str
    period: str
    tier: str
    side: str
    bet_on: str
    home: str
    away: str
    book: str
    starts_at: datetime
    published_at: datetime
    quoted_at: datetime
    line: Decimal | None
    american: int
    playable_to: int | None  # American, at the taken line
    probability: float
    fair_probability: float
    edge: float
    ev: float
    fair_line: float | None
    sims: int
    books_at_line: int | None
    happened_at: datetime
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, pick: Pick, *, cause: str, facts: Mapping[str, Any], house: House) -> "Subject":
        """Read a published pick with its event's teams and its book, and what happened to it."""
        assert pick.published_at is not None
        price = pick.price_american
        return cls(
            cause=Cause(cause),
            house=house,
            pick_id=pick.pk,
            version=pick.pick_version,
            league=pick.league,
            market_type=pick.market_type,
            period=pick.period,
            tier=pick.tier,
            side=pick.side,
            bet_on=_clean(who(pick)),
            home=_clean(pick.event.home.name),
            away=_clean(pick.event.away.name),
            book=_clean(pick.book.title),
            starts_at=pick.expires_at,
            published_at=pick.published_at,
            quoted_at=pick.last_seen_at,
            line=pick.line,
            american=american_from_price(pick.price) if price is None else price,
            playable_to=(
                None
                if pick.playable_to_price is None
                else american_from_price(pick.playable_to_price)
            ),
            probability=pick.decision_prob,
            fair_probability=pick.fair_prob,
            edge=pick.edge_prob,
            ev=pick.ev,
            fair_line=pick.fair_line,
            sims=pick.sims,
            books_at_line=pick.books_at_line,
            happened_at=_instant(facts.get("at")) or pick.published_at,
            facts=facts,
        )

    @property
    def code(self) -> str:
        """A short name of the pick, so that a message that came twice is recognised."""
        return str(self.pick_id)[:8]

    @property
    def now(self) -> Market:
        """The market at the change that is told."""
        return Market(
            line=number(self.facts.get("line")),
            price=number(self.facts.get("price")),
            ev=self.facts.get("ev"),
            seen_at=_instant(self.facts.get("seen_at")),
        )


def number(x: Any) -> Decimal | None:
    """Read a figure as facts keep it: text, so that no digit is lost on the way."""
    return None if x is None else Decimal(str(x))


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _clean(name: str) -> str:
    """Keep a name on one line, without characters that cannot be seen or turn the text around."""
    seen = (
        " " if mark.isspace() else "" if unicodedata.category(mark) in ("Cc", "Cf") else mark
        for mark in name
    )
    return " ".join("".join(seen).split())
