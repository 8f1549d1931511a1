"""What people are shown of a pick: a pure function of its record, the same wherever it is shown.

Clients get the final words and derive nothing. A pick that was blocked carries its reasons and
no analysis, whoever asks. One list of columns feeds it, from one pick or from a whole list.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from apps.catalog.models import Selection
from apps.picks.models import Pick
from apps.rulebook.evaluation import Advice, advise
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, Side, written_line
from apps.rulebook.thresholds import Tier


class Record(NamedTuple):
    """The columns that a card is made of; ``COLUMNS`` says where each one stands."""

    id: UUID
    contract: int
    version: int
    event_id: UUID
    league: str
    home: str
    away: str
    starts_at: datetime
    market_type: str
    period: str
    status: str
    block_reasons: list[str]
    selection_id: int
    selection: UUID
    side: str
    line: Decimal | None
    price: Decimal
    price_american: int | None
    book: str
    snapshot_id: UUID
    observed_at: datetime
    last_seen_at: datetime
    tier: str
    validity: str
    validity_reason: str
    published_at: datetime | None
    playable_to_price: Decimal | None
    playable_to_line: Decimal | None
    decision_prob: float
    model_prob: float
    fair_prob: float
    edge_prob: float
    ev: float
    sims: int
    risk_flags: list[str]
    fair_line: float | None
    supersedes: UUID | None
    changed: list[dict[str, Any]]


COLUMNS = (
    *("id", "ui_contract_version", "pick_version", "event_id", "league"),
    *("event__home__name", "event__away__name", "event__start_time"),
    *("market_type", "period", "status", "block_reasons"),
    *("selection_id", "selection__uuid", "side", "line", "price", "price_american"),
    *("book__key", "snapshot_id", "observed_at", "last_seen_at"),
    *("tier", "validity_state", "validity_reason", "published_at"),
    *("playable_to_price", "playable_to_line"),
    *("decision_prob", "model_prob", "fair_prob", "edge_prob", "ev", "sims", "risk_flags"),
    *("fair_line", "supersedes_id", "changed"),
)
_WITHOUT_A_TEAM = {Side.DRAW.value: "Draw", Side.OVER.value: "Over", Side.UNDER.value: "Under"}
_of_pick = attrgetter(*(column.replace("__", ".") for column in COLUMNS))


def card(pick: Pick, *, asked: Selection | None = None) -> dict[str, Any]:
    """Show a pick to whoever holds the selection ``asked``; without one, as it was recommended.

    ``pick.event`` with its teams, ``pick.book`` and ``pick.selection`` are read.
    """
    if asked is not None and not _is_of_the_same_market(pick, asked):
        raise ValueError(f"{asked} is not a side of the market that {pick} is about.")
    record = Record._make(_of_pick(pick))
    return _written(record, record.selection_id if asked is None else asked.pk)


def card_of_row(row: Iterable[Any]) -> dict[str, Any]:
    """Show a pick of which ``COLUMNS`` were read: fifty of them are one question."""
    record = Record._make(row)
    return _written(record, record.selection_id)


def label(pick: Pick) -> str:
    """Name the bet in full: ``Kansas City Chiefs -3.5``, ``Over 47.5``, ``Chicago Bears``."""
    return _bet(who(pick), pick.market_type, pick.line)


def who(pick: Pick) -> str:
    """Name the side of the bet: a team, ``Over``, ``Draw``."""
    return _named(pick.side, lambda home: (pick.event.home if home else pick.event.away).name)


def _written(record: Record, asked: int) -> dict[str, Any]:
    advice = _advice(record, asked)
    shown: dict[str, Any] = {
        "contract": record.contract,
        "pick": record.id,
        "version": record.version,
        "event": record.event_id,
        "league": record.league,
        "game": {"home": record.home, "away": record.away, "starts_at": record.starts_at},
        "market_type": record.market_type,
        "period": record.period,
        "status": record.status,
        "action": advice.action.value,
        "reason": advice.reason.value,
    }
    if record.status == PickStatus.BLOCKED:
        return {**shown, "reasons": list(record.block_reasons)}
    shown["recommendation"] = {
        "selection": record.selection,
        "side": record.side,
        "label": _label(record),
        "line": record.line,
        "price": record.price,
        "price_american": record.price_american,
        "book": record.book,
        "snapshot": record.snapshot_id,
        "observed_at": record.observed_at,
        "last_seen_at": record.last_seen_at,
    }
    shown["standing"] = {
        "tier": record.tier,
        "validity": record.validity,
        "validity_reason": record.validity_reason,
        "published_at": record.published_at,
        "playable_to_price": record.playable_to_price,
        "playable_to_line": record.playable_to_line,
    }
    shown["supersedes"] = (
        None
        if record.supersedes is None
        else {"pick": record.supersedes, "changed": list(record.changed)}
    )
    shown["analysis"] = {
        "probability": record.decision_prob,
        "model_probability": record.model_prob,
        "market_probability": record.fair_prob,
        "fair_line": record.fair_line,
        "edge": record.edge_prob,
        "ev": record.ev,
        "games_simulated": record.sims,
        "risk_flags": list(record.risk_flags),
    }
    return shown


def _label(record: Record) -> str:
    name = _named(record.side, lambda home: record.home if home else record.away)
    return _bet(name, record.market_type, record.line)


def _named(side: str, team: Callable[[bool], str]) -> str:
    """Name a side; ``team`` is asked for the home or the away one only where it is a team."""
    return _WITHOUT_A_TEAM.get(side) or team(side == Side.HOME)


def _bet(name: str, market_type: str, line: Decimal | None) -> str:
    return name if line is None else f"{name} {written_line(MarketType(market_type), line)}"


def _advice(record: Record, asked: int) -> Advice:
    return advise(
        asked=asked,
        recommended=record.selection_id,
        tier=Tier(record.tier),
        status=PickStatus(record.status),
        validity=Validity(record.validity) if record.validity else None,
    )


def _is_of_the_same_market(pick: Pick, asked: Selection) -> bool:
    return (asked.event_id, asked.market_type, asked.period) == (
        pick.event_id,
        pick.market_type,
        pick.period,
    )
