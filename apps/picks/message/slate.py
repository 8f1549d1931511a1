"""The day's message: every pick of a league and day that a channel was told, as it stands now.

A short entry for each, in the words of the six messages. What has a story has its page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from apps.core import formats
from apps.picks.message.composing import (
    STANDINGS,
    Message,
    Text,
    close_of,
    market_of,
    offer_of,
    result_of,
    tier_of,
    why_gone,
    write_end,
    write_game,
    write_house,
    write_now,
    write_playable,
)
from apps.picks.message.subject import Cause, House, Subject

SLATE_VERSION: Final = "slate/1"
PICKS_OF_A_PART: Final = 10  # so that the longest names and figures stay within one message


@dataclass(frozen=True, slots=True)
class SlateSubject:
    """A league's day, and what is told of each of its picks, in the order of the message."""

    house: House
    league: str
    day: date
    part: int
    picks: Sequence[Subject]

    @property
    def called(self) -> str:
        """The day in words: ``Sunday 12 October``. It is the league's own, wherever it is read."""
        return self.house.place.day(datetime.combine(self.day, time(12), self.house.place.zone))


def compose_slate(slate: SlateSubject) -> Message:
    """Write the whole message; the same records give the same text, to the letter."""
    text = Text()
    later = f", part {slate.part}" if slate.part > 1 else ""
    text.line(("b", f"{slate.league}, {slate.called}{later}"))
    for said in slate.picks:
        text.gap()
        _ENTRIES[said.cause](text, said)
        text.link(said.house.page_of(said.pick_id), f"Pick {said.code}, version {said.version}")
    text.gap()
    write_house(text, slate.house)
    return text.message(SLATE_VERSION)


def _published(text: Text, said: Subject) -> None:
    text.line(("b", tier_of(said)), f" · {market_of(said)}")
    text.line(("b", offer_of(said)))
    write_game(text, said)
    _figures(text, said)
    write_playable(text, said)


def _standing(text: Text, said: Subject) -> None:
    text.line(("b", tier_of(said)), f" · {market_of(said)}, ", ("b", STANDINGS[said.cause]))
    text.line(("b", offer_of(said)))
    write_game(text, said)
    write_now(text, said)
    write_playable(text, said)


def _gone(text: Text, said: Subject) -> None:
    text.line(("b", "NO LONGER PLAYABLE"), f" · was {said.tier}, {market_of(said)}")
    text.line(("s", offer_of(said)))
    write_game(text, said)
    text.line(why_gone(said))


def _replaced(text: Text, said: Subject) -> None:
    newer = int(said.facts["version"])
    text.line(("b", f"REPLACED BY VERSION {newer}"), f" · was {said.tier}, {market_of(said)}")
    text.line(("s", offer_of(said)))
    write_game(text, said)


def _graded(text: Text, said: Subject) -> None:
    text.line(("b", result_of(said)), f" · {said.tier}, {market_of(said)}")
    text.line(("b", offer_of(said)))
    write_end(text, said)
    text.line(close_of(said))


_ENTRIES: Final[Mapping[Cause, Callable[[Text, Subject], None]]] = {
    Cause.PUBLISHED: _published,
    Cause.VALID: _standing,
    Cause.MOVED_BUT_OK: _standing,
    Cause.REFRESH_RECOMMENDED: _standing,
    Cause.INVALIDATED: _gone,
    Cause.WITHDRAWN: _gone,
    Cause.SUPERSEDED: _replaced,
    Cause.GRADED: _graded,
}


def _figures(text: Text, said: Subject) -> None:
    seen = formats.compared(said.probability, said.fair_probability)
    text.line(f"{said.book}: model {seen.model}, market {seen.market}, {formats.named_ev(said.ev)}")
