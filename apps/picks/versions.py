"""What a new version of a pick says otherwise than the one whose place it takes."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from apps.core import formats
from apps.picks.models import Pick
from apps.rulebook.keys import canonical_decimal


class Said(StrEnum):
    """What two versions of one idea may say differently, in the order in which it matters."""

    SIDE = "SIDE"  # the other side of the market is recommended now
    LINE = "LINE"  # points, each as given to its own side
    PRICE = "PRICE"  # decimal odds
    BOOK = "BOOK"  # key of the book
    PROBABILITY = "PROBABILITY"  # 0 to 1, what it is judged by
    MARKET_PROBABILITY = "MARKET_PROBABILITY"  # 0 to 1, the market's without its margin
    EV = "EV"  # expected profit per unit staked
    TIER = "TIER"
    RUN = "RUN"  # another simulation: the teams' ratings or its other inputs changed


def differences(old: Pick, new: Pick) -> list[dict[str, Any]]:
    """List what ``new`` says otherwise: ``{"what": "LINE", "was": "-3.5", "now": "-2.5"}``.

    Kept with the new version: what is frozen is compared, so it stays true.
    """
    before, after = _said(old), _said(new)
    return [
        {"what": said.value, "was": before[said], "now": after[said]}
        for said in Said
        if before[said] != after[said]
    ]


def in_words(market_type: str, changed: Iterable[Mapping[str, Any]]) -> str:
    """Write differences as people read them: ``line −3.5 to −2.5, price 1.909 to 1.952``."""
    return ", ".join(_words(market_type, one) for one in changed)


def _said(pick: Pick) -> dict[Said, Any]:
    return {
        Said.SIDE: pick.side,
        Said.LINE: None if pick.line is None else canonical_decimal(pick.line),
        Said.PRICE: canonical_decimal(pick.price),
        Said.BOOK: pick.book.key,
        Said.PROBABILITY: pick.decision_prob,
        Said.MARKET_PROBABILITY: pick.fair_prob,
        Said.EV: pick.ev,
        Said.TIER: pick.tier,
        Said.RUN: None if pick.run_id is None else str(pick.run_id),
    }


def _words(market_type: str, one: Mapping[str, Any]) -> str:
    what, was, now = one["what"], one["was"], one["now"]
    if what == Said.RUN:
        return "a new simulation"
    writers: dict[Said, Callable[[Any], str]] = {
        Said.LINE: lambda x: formats.line(market_type, Decimal(x)),
        Said.PRICE: lambda x: formats.odds(Decimal(x)),
        Said.PROBABILITY: formats.probability,
        Said.MARKET_PROBABILITY: formats.probability,
        Said.EV: formats.ev,
    }
    write = writers.get(what, formats.words)
    name = {Said.PROBABILITY: "chance", Said.MARKET_PROBABILITY: "market", Said.EV: "EV"}
    return f"{name.get(what) or formats.words(what).lower()} {write(was)} to {write(now)}"
