"""Events follow what providers report: they appear, move, begin and end."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from apps.catalog.actions.following import EventLedger, ReportedEvent, entry
from apps.catalog.actions.going_along import go_along
from apps.catalog.actions.vanished import made_or_asked
from apps.catalog.models import Event, EventSource, League
from apps.core.actor import Actor
from apps.core.db import execute
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus


@dataclass(frozen=True, slots=True)
class EventBrief:
    """What a reader needs to know of an event at one poll."""

    id: UUID
    home_id: UUID
    away_id: UUID
    pre_game: bool  # this poll is pre-game for it (docs/domain.md section 1)
    frozen: bool


@dataclass(frozen=True, slots=True)
class SyncedEvents:
    """What became of the reported events, by the provider's id."""

    events: Mapping[str, EventBrief]
    drifted: frozenset[str]  # its teams or sides are not those it was made with
    ambiguous: frozenset[str]  # fits no event, several, or one whose own id has vanished
    in_question: frozenset[UUID]  # what such an id may mean: perhaps it is told about after all
    doubled: frozenset[str]  # another id of the same event tells about it in the same body
    unknown: frozenset[str]  # an id that may not make events: a result of no game of ours
    created: frozenset[UUID]
    latched: frozenset[UUID]  # shown in play for the first time


def sync_events(
    league: League,
    *,
    provider: str,
    reported: Sequence[ReportedEvent],
    captured_at: datetime,
    listed: frozenset[str] | None = None,
    by: Actor,
    at: datetime,
) -> SyncedEvents:
    """Bring the events of a league up to what one poll of one provider reports.

    The identity provider's unknown ids become events, an archive's become games of the past;
    any other provider's are attached to the one event with the same teams on the league's
    same day. ``listed`` are all ids of a whole board: an unknown id that stands there instead of a
    known one, with the same teams about the same time, may be that game under another id, and a
    person is asked. A start that changed is recorded, and moves the event while the poll is
    pre-game.
    The first poll in play latches the event. Nothing is guessed: what contradicts is frozen,
    what is doubtful becomes a question. The caller holds the league's lock.
    """
    ledger = EventLedger(league, provider, captured_at)
    return _brought_up(ledger, reported, follows=True, listed=listed, by=by, at=at)


def match_events(
    league: League,
    *,
    provider: str,
    reported: Sequence[ReportedEvent],
    captured_at: datetime,
    by: Actor,
    at: datetime,
) -> SyncedEvents:
    """Find the events that a results feed tells about, checking that teams and sides agree.

    Starts are not followed: a results feed rewrites them. An id that the identity provider
    never showed among its games makes none: it is ``unknown``.
    """
    ledger = EventLedger(league, provider, captured_at, on_board=False)
    return _brought_up(ledger, reported, follows=False, by=by, at=at)


def _brought_up(
    ledger: EventLedger,
    reported: Sequence[ReportedEvent],
    *,
    follows: bool,
    listed: frozenset[str] | None = None,
    by: Actor,
    at: datetime,
) -> SyncedEvents:
    by_id = {event.source_event_id: event for event in reported}
    sources = _known(ledger.provider, by_id)
    fresh = {ident: event for ident, event in by_id.items() if ident not in sources}
    makes_events = follows or ledger.provider != ledger.league.identity_provider
    if fresh and makes_events:
        sources |= _place(ledger, fresh, listed)
    ledger.doubled |= _led_elsewhere(sources)
    for ident in ledger.doubled:
        del sources[ident]

    pre_game = {
        ident: follows and ledger.follow(source, by_id[ident])
        for ident, source in sources.items()
        if ledger.agrees(source, by_id[ident])
    }
    ledger.write(by=by, at=at)
    return SyncedEvents(
        events={ident: _brief(sources[ident].event, is_pre) for ident, is_pre in pre_game.items()},
        drifted=frozenset(ledger.drifted),
        ambiguous=frozenset(ledger.ambiguous),
        in_question=frozenset(ledger.in_question),
        doubled=frozenset(ledger.doubled),
        unknown=frozenset() if makes_events else frozenset(fresh),
        created=frozenset(event.pk for event in ledger.new_events),
        latched=frozenset(ledger.latched),
    )


def _brief(event: Event, pre_game: bool) -> EventBrief:
    return EventBrief(
        id=event.pk,
        home_id=event.home_id,
        away_id=event.away_id,
        pre_game=pre_game,
        frozen=bool(event.frozen_code),
    )


def finish_events(finals: Mapping[UUID, datetime], *, by: Actor, at: datetime) -> list[UUID]:
    """Mark events FINAL at the instants their provider called them so; return those that moved.

    An event that is final already keeps its instant: a corrected score does not end it anew.
    """
    rows = list(
        Event.objects.locked()
        .filter(pk__in=finals)
        .exclude(status__in=[EventStatus.FINAL, EventStatus.CANCELED])
    )
    entries = []
    for event in rows:
        before = event.audit_state()
        event.status = EventStatus.FINAL
        event.final_at = finals[event.pk]
        entries.append(entry("event.final", event, before))
    if rows:
        execute(
            "UPDATE event SET status = 'FINAL', final_at = told.final_at"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS told (id, final_at)"
            " WHERE event.id = told.id",
            [[event.pk for event in rows], [event.final_at for event in rows]],
        )
        audit.record_set(entries, by=by, at=at)
        go_along(finals, by=by, at=at)
    return [event.pk for event in rows]


def _known(provider: str, by_id: Mapping[str, ReportedEvent]) -> dict[str, EventSource]:
    rows = EventSource.objects.known(provider=provider, source_event_ids=by_id)
    found = {}
    for source in rows.select_related("event__merged_into"):
        source.event = source.event.itself
        found[source.source_event_id] = source
    return found


def _led_elsewhere(sources: Mapping[str, EventSource]) -> set[str]:
    """Find ids that tell of an event which its own id, or an older one, tells of as well."""
    told: defaultdict[UUID, list[EventSource]] = defaultdict(list)
    for source in sources.values():
        told[source.event.pk].append(source)
    return {
        source.source_event_id
        for each in told.values()
        for source in sorted(each, key=_own_first)[1:]
    }


def _own_first(source: EventSource) -> tuple[bool, int]:
    own = keys.event_id(source.provider, source.source_event_id) == source.event.pk
    return not own, source.pk or 0


def _place(
    ledger: EventLedger, fresh: Mapping[str, ReportedEvent], listed: frozenset[str] | None
) -> dict[str, EventSource]:
    """Make or find the event of every id that nobody has told before."""
    league, provider = ledger.league, ledger.provider
    if provider == league.identity_provider:
        return made_or_asked(ledger, fresh, listed)
    candidates = _candidates(league, provider, fresh)
    placed = {}
    for ident, reported in fresh.items():
        matching = candidates[_pairing(league, reported)]
        if len(matching) == 1:
            placed[ident] = ledger.attach(matching.pop(), reported)  # taken: no second id of it
        elif not matching and reported.over and provider == league.archive_provider:
            placed[ident] = ledger.create(reported)
        else:
            ledger.question_placing(reported, matching)
    return placed


Pairing = tuple[UUID, UUID, date]


def _pairing(league: League, event: Event | ReportedEvent) -> Pairing:
    return event.home_id, event.away_id, league.day_of(event.start_time)


def _candidates(
    league: League, provider: str, fresh: Mapping[str, ReportedEvent]
) -> defaultdict[Pairing, list[Event]]:
    """Find the events that the reported games could be: same teams, sides and league day."""
    starts = [reported.start_time for reported in fresh.values()]
    around = timedelta(days=1)
    rows = (
        Event.objects.filter(
            league=league,
            start_time__range=(min(starts) - around, max(starts) + around),
            home_id__in={reported.home_id for reported in fresh.values()},
            merged_into__isnull=True,
        )
        .exclude(sources__provider=provider)
        .select_related("home", "away")
        .order_by("start_time", "id")
    )
    found: defaultdict[Pairing, list[Event]] = defaultdict(list)
    for event in rows:
        found[_pairing(league, event)].append(event)
    return found
