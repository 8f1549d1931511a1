"""Questions to a person, and what follows from the answer."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.deciding import decide
from apps.catalog.actions.hand import NotTheSameLeague, add_team, add_team_alias
from apps.catalog.models import League, ReviewItem, ReviewKind, ReviewStatus, Team
from apps.core.actor import Actor
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

    def __init__(
        self, item: ReviewItem, what: str = "names no teams", then: str = "choose the team"
    ) -> None:
        super().__init__(f"{item.provider} {what} of {item.league}: {then}.")


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
    """Note that everything that waited for an answer has been read again."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    with audit.recording("review_item.replayed", item, by=by, at=at):
        item.replayed_at = at
        item.save(update_fields=["replayed_at"])
    return item


@transaction.atomic
def reject(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> ReviewItem:
    """Decide that nothing follows: what is quarantined stays so, what is frozen stays frozen.

    Raises:
        AlreadyDecided: the question is closed.
    """
    item = open_item(item_id, None)
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
    return open_item(item_id, ReviewKind.UNKNOWN_SPELLING)


def open_item(item_id: UUID, kind: ReviewKind | None) -> ReviewItem:
    """Lock a question that nobody has answered.

    Raises:
        AlreadyDecided: somebody has.
        NotThisKind: it is another kind of question.
    """
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    if kind is not None and item.kind != kind:
        raise NotThisKind(item, kind)
    if item.status != ReviewStatus.OPEN:
        raise AlreadyDecided(item)
    return item
