"""Questions to a person, and what follows from the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.deciding import decide
from apps.catalog.actions.hand import NotTheSameLeague, add_team, add_team_alias
from apps.catalog.models import (
    Event,
    EventSource,
    League,
    ReviewItem,
    ReviewKind,
    ReviewStatus,
    Team,
)
from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.core.db import fetch_all
from apps.core.ids import uuid7
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken


class AlreadyDecided(RuleBroken):
    code = "REVIEW_DECIDED"

    def __init__(self, item: ReviewItem) -> None:
        super().__init__(f"{item} was decided by {item.decided_by} already.")


class NotThisKind(RuleBroken):
    code = "REVIEW_OF_ANOTHER_KIND"

    def __init__(self, item: ReviewItem, wanted: ReviewKind) -> None:
        super().__init__(f"{item} is no {wanted}.")


class NotIdentityProvider(RuleBroken):
    code = "REVIEW_OF_ANOTHER_PROVIDER"

    def __init__(self, item: ReviewItem) -> None:
        super().__init__(f"{item.provider} names no teams of {item.league}: choose the team.")


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


@transaction.atomic
def approve_spelling(
    *, item_id: UUID, team_id: UUID, by: Actor, at: datetime, reason: str
) -> ReviewItem:
    """Decide that an unknown spelling means a team: an alias of the provider's is made.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about a spelling.
        NotTheSameLeague: the team plays in another league.
    """
    item = _open_spelling(item_id)
    team = Team.objects.get(pk=team_id)
    if team.league_id != item.league_id:
        raise NotTheSameLeague(team.name, str(item.league))
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.APPROVED, {"team": str(team.pk)}, by=by, at=at, reason=reason)
    add_team_alias(
        provider=item.provider,
        spelling=item.subject,
        team_id=team.pk,
        by=by,
        at=at,
        reason=reason,
    )
    return item


@transaction.atomic
def approve_new_team(
    *,
    item_id: UUID,
    abbreviation: str = "",
    by: Actor,
    at: datetime,
    reason: str,
) -> ReviewItem:
    """Decide that an unknown spelling is the name of a team that nobody knew.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about a spelling.
        NotIdentityProvider: another provider's spelling is no team's own name.
        AliasTaken: a team has this name already.
    """
    item = _open_spelling(item_id)
    assert item.league is not None  # a spelling is always asked about in its league
    if item.provider != item.league.identity_provider:
        raise NotIdentityProvider(item)
    team_id = keys.team_id(item.league.code, item.subject)
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.APPROVED, {"team": str(team_id)}, by=by, at=at, reason=reason)
    add_team(
        league_id=item.league.pk,
        name=item.subject,
        abbreviation=abbreviation,
        by=by,
        at=at,
        reason=reason,
    )
    return item


@transaction.atomic
def close_replayed(item_id: UUID, *, by: Actor, at: datetime) -> ReviewItem:
    """Note that everything set aside for an explained spelling has been read again."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    with audit.recording("review_item.replayed", item, by=by, at=at):
        item.replayed_at = at
        item.save(update_fields=["replayed_at"])
    return item


@transaction.atomic
def confirm_event(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> ReviewItem:
    """Decide that a frozen event is what we recorded: it thaws, at its newest reported start.

    What the provider said differently under its id stays quarantined.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about a drift.
    """
    item = _open_item(item_id, ReviewKind.MAPPING_DRIFT)
    source = EventSource.objects.get(
        provider=item.provider, source_event_id=item.evidence["source_event_id"]
    )
    event = Event.objects.locked().get(pk=source.event_id)
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.APPROVED, {"event": str(event.pk)}, by=by, at=at, reason=reason)
    with audit.recording("event.confirmed", event, by=by, at=at, reason=reason):
        event.frozen_code = ""
        if event.latched_at is None:
            event.start_time = source.reported_start
        event.save(update_fields=["frozen_code", "start_time"])
    return item


@transaction.atomic
def reject(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> ReviewItem:
    """Decide that nothing follows: what is quarantined stays so, what is frozen stays frozen.

    Raises:
        AlreadyDecided: the question is closed.
    """
    item = _open_item(item_id, None)
    with audit.recording("review_item.rejected", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.REJECTED, {}, by=by, at=at, reason=reason)
    return item


def _open_spelling(item_id: UUID) -> ReviewItem:
    """Lock the question, and its league first.

    A reading that has begun under the old spellings ends before: all that it set aside is
    there when what was set aside is read again.
    """
    asked_in = ReviewItem.objects.filter(pk=item_id).values("league_id")
    League.objects.locked().filter(pk__in=asked_in).first()
    return _open_item(item_id, ReviewKind.UNKNOWN_SPELLING)


def _open_item(item_id: UUID, kind: ReviewKind | None) -> ReviewItem:
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    if kind is not None and item.kind != kind:
        raise NotThisKind(item, kind)
    if item.status != ReviewStatus.OPEN:
        raise AlreadyDecided(item)
    return item
