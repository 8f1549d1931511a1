"""What people are shown of a parlay: a pure function of its record and of its legs' picks.

Clients get the final words and derive nothing. Picks that nobody outside has seen are counted
among the rejected and never named.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from apps.picks.card import label
from apps.picks.models import Parlay, ParlayLeg
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.parlays import JointMethod, ParlayStatus

# A parlay stands as its worst leg does.
_WORST_FIRST = (
    Validity.INVALIDATED,
    Validity.REFRESH_RECOMMENDED,
    Validity.MOVED_BUT_OK,
    Validity.VALID,
)


def parlay_card(parlay: Parlay) -> dict[str, Any]:
    """Show one parlay; ``Parlay.objects.with_legs()`` reads what this looks at."""
    legs: Sequence[ParlayLeg] = list(parlay.legs.all())  # type: ignore[attr-defined]
    shown: dict[str, Any] = {
        "parlay": parlay.pk,
        "status": parlay.status,
        "asked": {
            "profile": parlay.profile,
            "legs": parlay.legs_asked,
            "picks": list(parlay.named_picks),
            "same_game": parlay.same_game,
            "seed": parlay.seed,
        },
        "generated_at": parlay.generated_at,
        "missing": parlay.missing,
        "offer": None,
        "legs": [_leg(one) for one in legs],
        "considered": parlay.considered,
        "rejected": [
            {"pick": one["pick"], "reasons": one["reasons"], "details": one["details"]}
            for one in parlay.rejections
            if one["published"]
        ],
        "rejected_unpublished": dict(
            sorted(
                Counter(
                    one["reasons"][0] for one in parlay.rejections if not one["published"]
                ).items()
            )
        ),
    }
    if parlay.status != ParlayStatus.NO_VALID_PARLAY:
        shown["offer"] = {
            "book": parlay.book.key if parlay.book else "",
            "price": parlay.price,
            "break_even_price": parlay.break_even_price,
            "probability": parlay.joint_prob,
            "probability_if_strangers": parlay.independent_prob,
            "method": parlay.method,
            "method_version": parlay.method_version,
            "ev": parlay.ev,
            "choice": parlay.choice_no,
            "choices": parlay.choices,
            "starts_at": parlay.starts_at,
            "validity": standing(legs).value,
            "why": why(parlay, legs),
        }
    return shown


def standing(legs: Sequence[ParlayLeg]) -> Validity:
    """Whether the parlay may be taken as far as its legs' picks say: the worst of them.

    A leg whose pick is published no more, because a newer version stands or it is settled, is as
    good as invalidated.
    """
    found = {
        Validity(leg.pick.validity_state)
        if leg.pick.status == PickStatus.PUBLISHED
        else Validity.INVALIDATED
        for leg in legs
    }
    return next(validity for validity in _WORST_FIRST if validity in found)


def why(parlay: Parlay, legs: Sequence[ParlayLeg]) -> list[str]:
    """Explain the parlay in sentences: why these legs, the chance, the price, the value."""
    assert parlay.joint_prob is not None
    assert parlay.independent_prob is not None
    assert parlay.price is not None
    assert parlay.ev is not None
    return [
        _why_these(parlay, legs),
        _chance(parlay, parlay.joint_prob, parlay.independent_prob),
        f"The legs' odds multiply to {parlay.price:.2f} at {parlay.book}; it has value above"
        f" {parlay.break_even_price:.2f}.",
        f"Expected value {parlay.ev:+.1%} per unit staked, pushes and half stakes counted.",
    ]


def _why_these(parlay: Parlay, legs: Sequence[ParlayLeg]) -> str:
    weights = ", ".join(f"{leg.weight:.2f}" for leg in legs)
    if parlay.named_picks:
        return f"These {len(legs)} picks were named; they weigh {weights}."
    which = (
        "The heaviest combination"
        if parlay.choice_no == 1
        else f"Number {parlay.choice_no} of the {parlay.choices} heaviest combinations, which the"
        f" seed {parlay.seed} draws,"
    )
    return (
        f"{which} of {len(legs)} legs among {parlay.considered} picks under profile"
        f" {parlay.profile}: they weigh {weights}."
    )


def _chance(parlay: Parlay, together: float, apart: float) -> str:
    if parlay.method == JointMethod.INDEPENDENT:
        return (
            f"All {parlay.legs_asked} win with a chance of {together:.1%}: one leg a game, so"
            " their chances multiply."
        )
    return (
        f"All {parlay.legs_asked} win with a chance of {together:.1%}; legs of one game are read"
        f" off its simulated scores. As strangers they would have {apart:.1%}."
    )


def _leg(leg: ParlayLeg) -> dict[str, Any]:
    pick = leg.pick
    return {
        "position": leg.position,
        "pick": leg.pick_id,
        "event": pick.event_id,
        "league": pick.league,
        "game": {
            "home": pick.event.home.name,
            "away": pick.event.away.name,
            "starts_at": pick.event.start_time,
        },
        "market_type": pick.market_type,
        "period": pick.period,
        "side": pick.side,
        "label": label(pick),
        "line": leg.line,
        "price": leg.price,
        "price_american": leg.price_american,
        "snapshot": leg.snapshot_id,
        "observed_at": leg.observed_at,
        "last_seen_at": leg.last_seen_at,
        "tier": leg.tier,
        "probability": leg.win_prob,
        "ev": leg.ev,
        "weight": leg.weight,
        "weighed": {
            "tier": leg.tier_part,
            "confidence": leg.confidence_part,
            "ev": leg.ev_part,
            "volatility": leg.volatility_part,
        },
        "status": pick.status,
        "validity": pick.validity_state,
    }
