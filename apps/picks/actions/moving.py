"""How picks are made and moved, many at once: rows, history and audit in one statement each.

Every change is kept with the quote that caused it, or else with the one that stood at the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.actor import Actor
from apps.governance import audit, history
from apps.picks.actions.rows import write_rows
from apps.picks.models import Pick, PickChange
from apps.rulebook.markets import QuoteStatus
from apps.snapshots.models import LatestQuote

# What a move may write: the outcome, and the quote of a pick that waits.
WRITTEN = (
    *("status", "book_id", "snapshot_id", "snapshot_seq", "observed_at", "last_seen_at"),
    *("price", "price_american", "payload_sha256", "books_at_line", "ev", "tier", "risk_flags"),
    *("block_reason", "block_reasons", "expiry_reason", "published_at", "settlement_ruleset_id"),
    *("validity_state", "validity_reason", "validity_at", "withdrawn_reason", "changed"),
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
    write_rows([move.pick for move in moves], WRITTEN)
    _write_down(moves, by=by, at=at)


def _write_down(moves: Sequence[Move], *, by: Actor, at: datetime) -> None:
    who = history.operator(by)
    stood = _quotes_that_stand(move for move in moves if move.before and move.quote is None)
    PickChange.objects.bulk_create(
        [
            _change(
                move,
                move.quote or stood.get((move.pick.selection_id, move.pick.book_id)),
                who=who,
                at=at,
            )
            for move in moves
        ]
    )
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


def _quotes_that_stand(moves: Iterable[Move]) -> dict[tuple[int, int], LatestQuote]:
    """What the picks' own books quote on their selections now."""
    picks = [move.pick for move in moves]
    if not picks:
        return {}
    quotes = LatestQuote.objects.filter(
        selection_id__in={pick.selection_id for pick in picks},
        book_id__in={pick.book_id for pick in picks},
    )
    return {(quote.selection_id, quote.book_id): quote for quote in quotes}


def _change(move: Move, quote: LatestQuote | None, *, who: str, at: datetime) -> PickChange:
    pick, before = move.pick, move.before
    change = PickChange(
        pick=pick,
        changed_at=at,
        from_status=before.status if before else "",
        to_status=pick.status,
        from_validity=before.validity if before else "",
        to_validity=pick.validity_state,
        reason=move.reason,
        by=who,
        ev=move.ev,
    )
    if before is None:
        # It is made from a quote, which it copied.
        change.book_id, change.quote_status = pick.book_id, QuoteStatus.OPEN.value
        change.quote_observed_at, change.quote_seq = pick.observed_at, pick.snapshot_seq
        change.quote_last_seen_at = pick.last_seen_at
        change.line, change.price = pick.line, pick.price
    elif quote is not None:
        change.book_id, change.quote_status = quote.book_id, quote.status
        change.quote_observed_at, change.quote_seq = quote.observed_at, quote.seq
        change.quote_last_seen_at = quote.last_seen_at
        change.line, change.price = quote.line, quote.price_decimal
    return change
