"""Which event an id means, and which sides it plays on: what a person says about a doubt."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions.deciding import decide
from apps.catalog.actions.following import SIDES_SWAPPED, EventLedger, ReportedEvent
from apps.catalog.actions.going_along import go_along
from apps.catalog.actions.merging import (
    LONGEST_APART,
    EventInDoubt,
    MergedAlready,
    NotOneGame,
    merge,
)
from apps.catalog.actions.reviews import NotIdentityProvider, open_item
from apps.catalog.models import Event, EventSource, League, ReviewItem, ReviewKind, ReviewStatus
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import EventStatus


class SidesNotTheirs(RuleBroken):
    code = "SIDES_NOT_THEIRS"

    def __init__(self, item: ReviewItem) -> None:
        super().__init__(
            f"{item.subject}: sides are told by the board of the league's identity provider alone."
        )


class SidesPlayed(RuleBroken):
    code = "EVENT_OVER"

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event} has begun or is over: its sides stay what they were.")


@transaction.atomic
def place_event(*, item_id: UUID, event_id: UUID, by: Actor, at: datetime, reason: str) -> Event:
    """Decide which event an id means. What was set aside under it is read again, for that event.

    An event that the provider knows under another id already takes the new one beside it: the new
    id gets an event of its own, which is merged into the chosen one from the first.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about an id's place.
        NotOneGame: the event is of other teams, sides or another league.
        MergedAlready: the event was merged into another one.
        EventInDoubt: the event is frozen.
    """
    item, league = _open_with_league(item_id, ReviewKind.EVENT_AMBIGUOUS)
    event = Event.objects.locked().select_related("home", "away", "league").get(pk=event_id)
    reported = _reported(item)
    _require_place(event, league, reported)
    ledger = EventLedger(league, item.provider, item.first_seen_at)
    knows = EventSource.objects.filter(provider=item.provider, event=event).exists()
    if knows or item.provider == league.identity_provider:
        made = ledger.create(reported).event
        ledger.write(by=by, at=at)
        merge(Event.objects.locked().get(pk=made.pk), event, by=by, at=at, reason=reason)
    else:
        ledger.attach(event, reported)
        ledger.write(by=by, at=at)
    _approve(item, {"event": str(event.pk)}, by=by, at=at, reason=reason)
    return event


@transaction.atomic
def make_event(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> Event:
    """Decide that an id is a game of its own. What was set aside under it is read again.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about an id's place.
        NotIdentityProvider: another provider's id makes no event.
    """
    item, league = _open_with_league(item_id, ReviewKind.EVENT_AMBIGUOUS)
    if item.provider != league.identity_provider:
        raise NotIdentityProvider(item, "makes no events", "choose the event")
    ledger = EventLedger(league, item.provider, item.first_seen_at)
    event = ledger.create(_reported(item)).event
    ledger.write(by=by, at=at)
    _approve(item, {"event": str(event.pk)}, by=by, at=at, reason=reason)
    return event


@transaction.atomic
def accept_sides(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> Event:
    """Decide that a provider which swapped home and away is right: the event's sides change.

    The event thaws when what was set aside has been read under the new sides. Picks that were made
    on the old ones keep them: a waiting one is blocked, a published one invalidated, and its grade
    waits for two people.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about a drift.
        SidesNotTheirs: nobody swapped sides, or not the board that makes the league's events.
        SidesPlayed: the game has begun, is over, or was called off.
    """
    item, league = _open_with_league(item_id, ReviewKind.MAPPING_DRIFT)
    told = item.evidence
    is_theirs = told.get("what") == SIDES_SWAPPED and told.get("told_by") == "board"
    if not is_theirs or item.provider != league.identity_provider:
        raise SidesNotTheirs(item)
    event = _event_of(item)
    if event.latched_at is not None or event.status != EventStatus.SCHEDULED:
        raise SidesPlayed(event)
    with audit.recording("event.sides_told", event, by=by, at=at, reason=reason):
        event.home_id, event.away_id = UUID(told["home"]), UUID(told["away"])
        event.save(update_fields=["home", "away"])
    decision = {"event": str(event.pk), "sides": "theirs"}
    _approve(item, decision, by=by, at=at, reason=reason)
    return event


@transaction.atomic
def confirm_event(*, item_id: UUID, by: Actor, at: datetime, reason: str) -> ReviewItem:
    """Decide that a frozen event is what we recorded: it thaws, at its newest reported start.

    What the provider said differently under its id stays quarantined.

    Raises:
        AlreadyDecided: the question is closed.
        NotThisKind: it is not about a drift.
    """
    item, _league = _open_with_league(item_id, ReviewKind.MAPPING_DRIFT)
    event = _event_of(item)
    _approve(item, {"event": str(event.pk)}, by=by, at=at, reason=reason)
    source = _source_of(item)
    with audit.recording("event.confirmed", event, by=by, at=at, reason=reason):
        event.frozen_code = ""
        if event.latched_at is None:
            event.start_time = source.reported_start
        event.save(update_fields=["frozen_code", "start_time"])
    go_along([event.pk], by=by, at=at)
    return item


def thaw(event_id: UUID, *, by: Actor, at: datetime) -> None:
    """Let an event be built on again, now that it was read under the sides that people chose."""
    event = Event.objects.locked().get(pk=event_id)
    if event.frozen_code:
        with audit.recording("event.thawed", event, by=by, at=at):
            event.frozen_code = ""
            event.save(update_fields=["frozen_code"])


def _open_with_league(item_id: UUID, kind: ReviewKind) -> tuple[ReviewItem, League]:
    """Lock the league, so that no reading is between, and then the question."""
    asked_in = ReviewItem.objects.filter(pk=item_id).values("league_id")
    league = League.objects.locked().get(pk__in=asked_in)
    return open_item(item_id, kind), league


def _reported(item: ReviewItem) -> ReportedEvent:
    told = item.evidence
    return ReportedEvent(
        source_event_id=item.subject,
        home_id=UUID(told["home"]),
        away_id=UUID(told["away"]),
        start_time=datetime.fromisoformat(told["start_time"]),
    )


def _require_place(event: Event, league: League, reported: ReportedEvent) -> None:
    if event.merged_into_id is not None:
        raise MergedAlready(event)
    if event.frozen_code:
        raise EventInDoubt(event)
    if event.league_id != league.pk:
        raise NotOneGame("it is of another league")
    if abs(event.start_time - reported.start_time) > LONGEST_APART:
        raise NotOneGame("they start more than a week apart")
    if (event.home_id, event.away_id) != (reported.home_id, reported.away_id):
        raise NotOneGame("other teams play, or on other sides")


def _source_of(item: ReviewItem) -> EventSource:
    ident = item.evidence["source_event_id"]
    return EventSource.objects.select_related("event").get(
        provider=item.provider, source_event_id=ident
    )


def _event_of(item: ReviewItem) -> Event:
    event = _source_of(item).event
    return Event.objects.locked().get(pk=event.merged_into_id or event.pk)


def _approve(
    item: ReviewItem, decision: dict[str, Any], *, by: Actor, at: datetime, reason: str
) -> None:
    with audit.recording("review_item.approved", item, by=by, at=at, reason=reason):
        decide(item, ReviewStatus.APPROVED, decision, by=by, at=at, reason=reason)
