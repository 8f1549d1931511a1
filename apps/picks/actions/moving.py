"""How picks are made and moved, many at once: rows, history and audit in one statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.actor import Actor
from apps.governance import audit, history
from apps.picks.actions.rows import write_rows
from apps.picks.models import Pick, PickChange
from apps.snapshots.models import LatestQuote

# What a move may write: the outcome, and the quote of a pick that waits.
_WRITTEN = (
    *("status", "book_id", "snapshot_id", "snapshot_seq", "observed_at", "last_seen_at"),
    *("price", "price_american", "payload_sha256", "ev", "tier", "risk_flags"),
    *("block_reason", "block_reasons", "expiry_reason", "published_at", "settlement_ruleset_id"),
    *("validity_state", "validity_reason", "validity_at", "withdrawn_reason"),
)


@dataclass(frozen=True, slots=True)
class Before:
    """What a pick was when somebody began to move it."""

    status: str
    validity: str
    state: Mapping[str, Any]

    @classmethod
    def of(cls, pick: Pick) -> "Before":
        return cls(pick.status, pick.validity_state, pick.audit_state())


@dataclass(frozen=True, slots=True)
class Move:
    """A pick that carries its new values already, and why it moves."""

    pick: Pick
    before: Before | None  # None: it is made by this
    action: str
    reason: str = ""
    note: str = ""  # a person's own words
    quote: LatestQuote | None = None
    ev: float | None = None


def write_new(moves: Sequence[Move], *, by: Actor, at: datetime) -> None:
    """Insert picks; like ``write_moves`` for those that were not there."""
    Pick.objects.bulk_create([move.pick for move in moves])
    _write_down(moves, by=by, at=at)


def write_moves(moves: Sequence[Move], *, by: Actor, at: datetime) -> None:
    """Write what moved. The rows are locked by the caller, so all of them are still there."""
    if not moves:
        return
    write_rows([move.pick for move in moves], _WRITTEN)
    _write_down(moves, by=by, at=at)


def _write_down(moves: Sequence[Move], *, by: Actor, at: datetime) -> None:
    who = history.operator(by)
    PickChange.objects.bulk_create([_change(move, who, at) for move in moves])
    audit.record_set(
        [
            audit.Row(
                action=move.action,
                object_type="Pick",
                object_id=str(move.pick.pk),
                before=None if move.before is None else move.before.state,
                after=move.pick.audit_state(),
                reason=move.note,
                config_version=move.pick.config_version_id,
            )
            for move in moves
        ],
        by=by,
        at=at,
    )


def _change(move: Move, who: str, at: datetime) -> PickChange:
    change = PickChange(
        pick=move.pick,
        changed_at=at,
        from_status=move.before.status if move.before else "",
        to_status=move.pick.status,
        from_validity=move.before.validity if move.before else "",
        to_validity=move.pick.validity_state,
        reason=move.reason,
        by=who,
        ev=move.ev,
    )
    if move.quote is not None:
        change.book_id = move.quote.book_id
        change.quote_status = move.quote.status
        change.quote_observed_at = move.quote.observed_at
        change.quote_seq = move.quote.seq
        change.quote_last_seen_at = move.quote.last_seen_at
        change.line = move.quote.line
        change.price = move.quote.price_decimal
    return change
