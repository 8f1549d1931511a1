"""Putting a question to the operators, once for each thing that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.catalog.models import ReviewItem, ReviewKind, ReviewStatus
from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.core.db import fetch_all
from apps.core.ids import uuid7
from apps.governance import audit


@dataclass(frozen=True)
class Question:
    """Something that only a person can decide. Asked once per kind, provider, league, subject."""

    kind: ReviewKind
    provider: str
    league_id: int | None
    subject: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    suggestions: Sequence[Mapping[str, Any]] = ()


def ask(
    questions: Sequence[Question], *, seen_at: datetime, by: Actor, at: datetime
) -> frozenset[tuple[ReviewKind, str]]:
    """Put questions to the operators; return (kind, subject) of those never asked before.

    A question that stands already is counted, and one that was decided stays decided.
    """
    unique = {(item.kind, item.provider, item.league_id, item.subject): item for item in questions}
    if not unique:
        return frozenset()
    items = [unique[key] for key in sorted(unique, key=str)]
    rows = fetch_all(
        "INSERT INTO review_item (id, kind, provider, league_id, subject, evidence, suggestions,"
        " first_seen_at, last_seen_at, seen_count, status, decided_by, decision, reason)"
        " SELECT *, %s, %s, 1, 'OPEN', '', '{}'::jsonb, '' FROM unnest(%s::uuid[], %s::text[],"
        " %s::text[], %s::smallint[], %s::text[], %s::jsonb[], %s::jsonb[])"
        " ON CONFLICT (kind, provider, league_id, subject) DO UPDATE SET"
        " last_seen_at = greatest(review_item.last_seen_at, excluded.last_seen_at),"
        " seen_count = review_item.seen_count + 1"
        " RETURNING id, kind, subject, xmax = 0",
        [
            seen_at,
            seen_at,
            [uuid7() for _ in items],
            [item.kind.value for item in items],
            [item.provider for item in items],
            [item.league_id for item in items],
            [item.subject for item in items],
            [encode(item.evidence).decode() for item in items],
            [encode(item.suggestions).decode() for item in items],
        ],
    )
    new = [(ident, ReviewKind(kind), subject) for ident, kind, subject, is_new in rows if is_new]
    audit.record_set(
        [
            audit.Row(
                action="review_item.asked",
                object_type=ReviewItem.__name__,
                object_id=str(ident),
                before=None,
                after={"status": ReviewStatus.OPEN, "decision": {}, "decided_by": ""},
                cause=kind,
            )
            for ident, kind, _subject in new
        ],
        by=by,
        at=at,
    )
    return frozenset((kind, subject) for _ident, kind, subject in new)
