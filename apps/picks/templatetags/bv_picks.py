"""The funnel above the picks, as figures that add up."""

from collections.abc import Iterable
from typing import Any

from django import template

from apps.core import formats, words
from apps.picks.funnel import Funnel
from apps.picks.kinds import Gate

register = template.Library()

REASONS_AT_MOST = 2
_ASKS = {
    Gate.BOOK: "One of our books quotes it",
    Gate.CURRENT: "It is the book's quote now, on a game ahead",
    Gate.INTEGRITY: "Every check holds",
    Gate.BEST: "It is the best quote of the best side",
    Gate.TIER: "Its tier is published",
    Gate.IDEA: "Nothing says it already",
}
# Where the code's own words would not say it.
_WHY = {
    "NOT_OUR_BOOK": "at other books",
    "NOT_THE_BEST": "not the best quote",
    "IDEA_PUBLISHED": "published already",
    "ALREADY_PROPOSED": "proposed already",
    "REPLACED": "replaced by newer ones",
    "PROPOSED": "still waiting",
}


@register.simple_tag
def funnel_steps(funnel: Funnel) -> list[dict[str, str]]:
    """Evaluated, minus each kind of stop, is proposed; and what of it was published."""

    def stop(name: str, *gates: Gate) -> dict[str, str]:
        count = funnel.stopped_at(*gates)
        return {
            "name": name,
            "figure": formats.count(-count),
            "below": _reasons(funnel.reasons(*gates)) if count else "none",
        }

    tiers = ", ".join(f"{tier} {formats.count(n)}" for tier, n in sorted(funnel.tiers.items()))
    return [
        {
            "name": "Evaluated",
            "figure": formats.count(funnel.evaluated),
            "below": "one per quote and run",
        },
        stop("Not on offer", Gate.BOOK, Gate.CURRENT),
        stop("Blocked", Gate.INTEGRITY),
        stop("No edge", Gate.BEST, Gate.TIER),
        stop("Said already", Gate.IDEA),
        {
            "name": "Proposed",
            "figure": formats.count(funnel.proposed),
            "below": "before limits",
            "href": "?status__exact=PROPOSED",
        },
        {
            "name": "Published",
            "figure": formats.count(funnel.published),
            "below": tiers or "none",
            "href": "?status__exact=PUBLISHED",
        },
    ]


@register.simple_tag
def funnel_gates(funnel: Funnel) -> list[dict[str, Any]]:
    """Every gate in turn: how many came so far, and every reason why the others stopped."""
    rows = [
        {
            "name": _ASKS[gate],
            "reached": formats.count(funnel.reached(gate)),
            "stopped": _every(funnel.reasons(gate)),
        }
        for gate in Gate
        if gate is not Gate.PROPOSED
    ]
    kept = sorted(funnel.unpublished.items(), key=lambda pair: (-pair[1], pair[0]))
    proposed = {"name": "It is published", "reached": formats.count(funnel.proposed)}
    return [*rows, {**proposed, "stopped": _every(kept)}]


def _every(reasons: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{formats.count(n)} {_WHY.get(why) or words.sentence(why)}" for why, n in reasons]


def _reasons(reasons: Iterable[tuple[str, int]]) -> str:
    shown = list(reasons)
    told = [
        f"{formats.count(n)} {_WHY.get(why) or words.sentence(why)}"
        for why, n in shown[:REASONS_AT_MOST]
    ]
    rest = sum(n for _, n in shown[REASONS_AT_MOST:])
    return ", ".join([*told, f"{formats.count(rest)} other"] if rest else told)
