"""How one poll moves the events it tells about: gathered first, written in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.catalog.actions.deciding import settle
from apps.catalog.actions.going_along import go_along
from apps.catalog.actions.questions import Question, ask
from apps.catalog.models import (
    Event,
    EventScheduleChange,
    EventSource,
    League,
    ReviewItem,
    ReviewKind,
)
from apps.core.actor import Actor
from apps.core.db import execute
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus

MAPPING_DRIFT = "MAPPING_DRIFT"
SIDES_SWAPPED = "sides swapped"

BOTH_STAND = "The id that it seemed to replace stands beside it on one board again."

# A start that moves further than this before the game may be another game under the same id.
LONGEST_MOVE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """An event as one poll told it, its teams already known by id."""

    source_event_id: str
    home_id: UUID
    away_id: UUID
    start_time: datetime
    neutral: bool | None = None
    over: bool = False  # an archive's game, played long ago


class EventLedger:
    """What one poll changes, gathered first and written in a handful of statements."""

    def __init__(
        self, league: League, provider: str, captured_at: datetime, *, on_board: bool = True
    ) -> None:
        self.league = league
        self.provider = provider
        self.captured_at = captured_at
        self.on_board = on_board  # else among results, which make no game and move none
        self.new_events: list[Event] = []
        self.new_sources: list[EventSource] = []
        self.moved_sources: list[EventSource] = []
        self.changed_events: dict[UUID, Event] = {}
        self.changes: list[EventScheduleChange] = []
        self.questions: list[Question] = []
        self.in_doubt: dict[str, tuple[Event, Question]] = {}
        self.entries: list[audit.Row] = []
        self.drifted: set[str] = set()
        self.ambiguous: set[str] = set()
        self.doubled: set[str] = set()
        self.in_question: set[UUID] = set()
        self.settled: dict[UUID, ReviewItem] = {}
        self.latched: set[UUID] = set()

    def create(self, reported: ReportedEvent) -> EventSource:
        event = Event(
            id=keys.event_id(self.provider, reported.source_event_id),
            league=self.league,
            home_id=reported.home_id,
            away_id=reported.away_id,
            neutral=self._ground(reported),
            start_time=reported.start_time,
        )
        self.new_events.append(event)
        self.entries.append(entry("event.created", event, None))
        return self.attach(event, reported)

    def _ground(self, reported: ReportedEvent) -> bool | None:
        """What was reported; where nobody says, a tournament's games have no home ground."""
        if reported.neutral is None and self.league.neutral_ground:
            return True
        return reported.neutral

    def attach(self, event: Event, reported: ReportedEvent) -> EventSource:
        source = EventSource(
            provider=self.provider,
            source_event_id=reported.source_event_id,
            event=event,
            reported_start=reported.start_time,
            last_seen_at=self.captured_at,
        )
        self.new_sources.append(source)
        self._tell_start(
            source,
            reported.start_time,
            previous=None,
            in_play=self.captured_at >= reported.start_time,
        )
        return source

    def agrees(self, source: EventSource, reported: ReportedEvent) -> bool:
        """Whether the report tells of the same two teams, sides included; else it is a drift."""
        event = source.event
        if (reported.home_id, reported.away_id) == (event.home_id, event.away_id):
            return True
        self._doubt_teams(source, reported)
        return False

    def follow(self, source: EventSource, reported: ReportedEvent) -> bool:
        """Let the event follow the reported start; tell whether this poll is pre-game for it."""
        event = source.event
        in_play = self.captured_at >= reported.start_time
        begun = event.latched_at is not None and event.latched_at <= self.captured_at
        over = reported.over or event.status not in (EventStatus.SCHEDULED, EventStatus.LIVE)
        ahead = not (in_play or begun or over)

        if source.pk is not None and self.captured_at > source.last_seen_at:
            self._hear(source, reported.start_time, pre_game=ahead)
        if in_play and not begun and not over:
            self._latch(event)
        if event.status == EventStatus.FINAL and event.final_at is not None:
            # It is over now; a poll from before its start, read only today, was ahead of it.
            return not (in_play or begun or reported.over or self.captured_at >= event.final_at)
        return ahead

    def question_placing(
        self, reported: ReportedEvent, candidates: Sequence[Event], *, vanished: str = ""
    ) -> None:
        """Ask which event an id means; ``vanished``: the id whose place it seems to take."""
        self.ambiguous.add(reported.source_event_id)
        self.questions.append(
            Question(
                kind=ReviewKind.EVENT_AMBIGUOUS,
                provider=self.provider,
                league_id=self.league.pk,
                subject=reported.source_event_id,
                evidence={
                    "home": reported.home_id,
                    "away": reported.away_id,
                    "start_time": reported.start_time,
                    **({"vanished": vanished} if vanished else {}),
                },
                suggestions=[{"event": event.pk, "label": str(event)} for event in candidates],
            )
        )

    def _hear(self, source: EventSource, start: datetime, *, pre_game: bool) -> None:
        """Take the provider's newest word on the start; an older poll never gets here."""
        if start != source.reported_start:
            self._tell_start(source, start, previous=source.reported_start, in_play=not pre_game)
            if pre_game:
                self._move(source, start)
        source.reported_start = start
        source.last_seen_at = self.captured_at
        self.moved_sources.append(source)

    def _move(self, source: EventSource, start: datetime) -> None:
        event = source.event
        if start == event.start_time:
            return
        if abs(start - event.start_time) > LONGEST_MOVE:
            self._doubt_start(source, start)
            return
        before = event.audit_state()
        event.start_time = start
        self._changed("event.rescheduled", event, before)

    def _latch(self, event: Event) -> None:
        before = event.audit_state()
        event.latched_at = self.captured_at
        event.status = EventStatus.LIVE
        self.latched.add(event.pk)
        self._changed("event.latched", event, before)

    def _tell_start(
        self,
        source: EventSource,
        start: datetime,
        *,
        previous: datetime | None,
        in_play: bool,
    ) -> None:
        self.changes.append(
            EventScheduleChange(
                event=source.event,
                provider=self.provider,
                captured_at=self.captured_at,
                start_time=start,
                previous_start=previous,
                in_play=in_play,
            )
        )

    def _doubt_teams(self, source: EventSource, reported: ReportedEvent) -> None:
        self.drifted.add(source.source_event_id)
        swapped = (reported.away_id, reported.home_id) == (
            source.event.home_id,
            source.event.away_id,
        )
        self._doubt(
            source,
            f"{source.source_event_id} {reported.home_id} {reported.away_id}",
            {
                "what": SIDES_SWAPPED if swapped else "other teams",
                "told_by": "board" if self.on_board else "results",
                "home": reported.home_id,
                "away": reported.away_id,
            },
        )

    def _doubt_start(self, source: EventSource, start: datetime) -> None:
        self._doubt(
            source,
            f"{source.source_event_id} {keys.canonical_instant(start)}",
            {
                "what": "start moved by more than a day",
                "recorded": source.event.start_time,
                "reported": start,
            },
        )

    def _doubt(self, source: EventSource, subject: str, evidence: dict[str, Any]) -> None:
        self.in_doubt[subject] = (
            source.event,
            Question(
                kind=ReviewKind.MAPPING_DRIFT,
                provider=self.provider,
                league_id=self.league.pk,
                subject=subject,
                evidence={"source_event_id": source.source_event_id, **evidence},
            ),
        )

    def _changed(self, action: str, event: Event, before: dict[str, Any]) -> None:
        self.changed_events[event.pk] = event
        self.entries.append(entry(action, event, before))

    # One statement each.

    def write(self, *, by: Actor, at: datetime) -> None:
        self._freeze(
            ask(
                [*self.questions, *(question for _event, question in self.in_doubt.values())],
                seen_at=self.captured_at,
                by=by,
                at=at,
            )
        )
        Event.objects.bulk_create(self.new_events)
        self._update_events()
        go_along(self.changed_events, by=by, at=at)
        EventSource.objects.bulk_create(self.new_sources)
        self._update_sources()
        EventScheduleChange.objects.bulk_create(self.changes, ignore_conflicts=True)
        audit.record_set(self.entries, by=by, at=at)
        for event_id, item in self.settled.items():
            settle(item, {"event": str(event_id)}, reason=BOTH_STAND, by=by, at=at)

    def _freeze(self, asked: frozenset[tuple[ReviewKind, str]]) -> None:
        """Freeze what a new question is about; one that a person has answered stays thawed."""
        for _kind, subject in sorted(asked):
            if subject in self.in_doubt:
                event, _question = self.in_doubt[subject]
                before = event.audit_state()
                event.frozen_code = MAPPING_DRIFT
                self._changed("event.frozen", event, before)

    def _update_events(self) -> None:
        new = {event.pk for event in self.new_events}
        rows = [event for key, event in sorted(self.changed_events.items()) if key not in new]
        if rows:
            execute(
                "UPDATE event SET start_time = told.start_time, latched_at = told.latched_at,"
                " status = told.status, frozen_code = told.frozen_code"
                " FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[],"
                " %s::text[]) AS told (id, start_time, latched_at, status, frozen_code)"
                " WHERE event.id = told.id",
                [
                    [event.pk for event in rows],
                    [event.start_time for event in rows],
                    [event.latched_at for event in rows],
                    [str(event.status) for event in rows],
                    [event.frozen_code for event in rows],
                ],
            )

    def _update_sources(self) -> None:
        rows = sorted(self.moved_sources, key=lambda source: source.pk)
        if rows:
            execute(
                "UPDATE event_source SET reported_start = told.start, last_seen_at = %s"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS told (id, start)"
                " WHERE event_source.id = told.id",
                [
                    self.captured_at,
                    [source.pk for source in rows],
                    [source.reported_start for source in rows],
                ],
            )


def entry(action: str, event: Event, before: dict[str, Any] | None) -> audit.Row:
    return audit.Row(
        action=action,
        object_type=Event.__name__,
        object_id=str(event.pk),
        before=before,
        after=event.audit_state(),
    )
