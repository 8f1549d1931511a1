"""Selections come into being the first time somebody quotes them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from apps.catalog.models import Selection
from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.markets import MarketType, Period, Side


class SelectionKey(NamedTuple):
    """What a selection is, in the order of its unique constraint."""

    event_id: UUID
    market_type: MarketType
    period: Period
    side: Side
    participant: str = ""


def ensure_selections(
    wanted: Iterable[SelectionKey], *, by: Actor, at: datetime
) -> dict[SelectionKey, int]:
    """Return the small key of every selection, creating those that nobody quoted before.

    Two statements for any number of them; safe when two transactions want the same.
    """
    asked = set(wanted)
    found = _known(asked)
    missing = sorted(asked - found.keys())
    if not missing:
        return found
    created = fetch_all(
        "INSERT INTO selection (uuid, event_id, market_type, period, side, participant)"
        " SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[],"
        " %s::text[]) ON CONFLICT DO NOTHING"
        " RETURNING id, event_id, market_type, period, side, participant",
        [[keys.selection_id(*key) for key in missing], *map(list, zip(*missing, strict=True))],
    )
    new = {_key(*row[1:]): row[0] for row in created}
    audit.record_set(
        [
            audit.Row(
                action="selection.created",
                object_type=Selection.__name__,
                object_id=str(new[key]),
                before=None,
                after=_state(key),
            )
            for key in missing
            if key in new
        ],
        by=by,
        at=at,
    )
    found |= new
    if len(found) < len(asked):  # somebody else was quicker; their rows are committed by now
        found |= _known(asked - found.keys())
    return found


def _known(asked: set[SelectionKey]) -> dict[SelectionKey, int]:
    rows = Selection.objects.of_events({key.event_id for key in asked}).values_list(
        "id", "event_id", "market_type", "period", "side", "participant"
    )
    known = {_key(*row[1:]): row[0] for row in rows}
    return {key: known[key] for key in asked & known.keys()}


def _key(
    event_id: UUID, market_type: str, period: str, side: str, participant: str
) -> SelectionKey:
    return SelectionKey(event_id, MarketType(market_type), Period(period), Side(side), participant)


def _state(key: SelectionKey) -> dict[str, object]:
    return {
        "event": key.event_id,
        "market_type": key.market_type,
        "period": key.period,
        "side": key.side,
        "participant": key.participant,
    }
