"""What people are shown of a pick: a pure function of its record, the same wherever it is shown.

Clients get the final words and derive nothing. A pick that was blocked carries its reasons and
no analysis, whoever asks.
"""

from typing import Any

from apps.catalog.models import Selection
from apps.picks.models import Pick
from apps.rulebook.evaluation import Action, Advice, advise
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, Side, written_line
from apps.rulebook.thresholds import Tier


def card(pick: Pick, *, asked: Selection | None = None) -> dict[str, Any]:
    """Show a pick to whoever holds the selection ``asked``; without one, as it was recommended.

    ``pick.event`` with its teams, ``pick.book`` and ``pick.selection`` are read.
    """
    advice = _advice(pick, asked or pick.selection)
    shown: dict[str, Any] = {
        "contract": pick.ui_contract_version,
        "pick": pick.pk,
        "version": pick.pick_version,
        "event": pick.event_id,
        "league": pick.league,
        "market_type": pick.market_type,
        "period": pick.period,
        "status": pick.status,
        "action": advice.action.value,
        "reason": advice.reason.value,
    }
    if pick.status == PickStatus.BLOCKED:
        return {**shown, "reasons": list(pick.block_reasons)}
    shown["recommendation"] = {
        "selection": pick.selection.uuid,
        "side": pick.side,
        "label": label(pick),
        "line": pick.line,
        "price": pick.price,
        "price_american": pick.price_american,
        "book": pick.book.key,
        "snapshot": pick.snapshot_id,
        "observed_at": pick.observed_at,
        "last_seen_at": pick.last_seen_at,
    }
    shown["standing"] = {
        "tier": pick.tier,
        "validity": pick.validity_state,
        "validity_reason": pick.validity_reason,
        "published_at": pick.published_at,
        "playable_to_price": pick.playable_to_price,
        "playable_to_line": pick.playable_to_line,
    }
    shown["analysis"] = {
        "probability": pick.decision_prob,
        "model_probability": pick.model_prob,
        "market_probability": pick.fair_prob,
        "edge": pick.edge_prob,
        "ev": pick.ev,
        "games_simulated": pick.sims,
        "risk_flags": list(pick.risk_flags),
    }
    return shown


def label(pick: Pick) -> str:
    """Name the bet in full: ``Kansas City Chiefs -3.5``, ``Over 47.5``, ``Chicago Bears``."""
    if pick.line is None:
        return who(pick)
    return f"{who(pick)} {written_line(MarketType(pick.market_type), pick.line)}"


def who(pick: Pick) -> str:
    """Name the side of the bet: a team, ``Over``, ``Draw``."""
    return {
        Side.HOME: lambda: pick.event.home.name,
        Side.AWAY: lambda: pick.event.away.name,
        Side.DRAW: lambda: "Draw",
        Side.OVER: lambda: "Over",
        Side.UNDER: lambda: "Under",
    }[Side(pick.side)]()


def _advice(pick: Pick, asked: Selection) -> Advice:
    advice = advise(
        asked=asked.pk,
        recommended=pick.selection_id,
        tier=Tier(pick.tier),
        status=PickStatus(pick.status),
        validity=Validity(pick.validity_state) if pick.validity_state else None,
    )
    if advice.action is Action.TAKE_OPPOSITE and not _is_of_the_same_market(pick, asked):
        raise ValueError(f"{asked} is not a side of the market that {pick} is about.")
    return advice


def _is_of_the_same_market(pick: Pick, asked: Selection) -> bool:
    return (asked.event_id, asked.market_type, asked.period) == (
        pick.event_id,
        pick.market_type,
        pick.period,
    )
