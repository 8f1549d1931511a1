"""What tests of this room are made of: games that ended, and what was told about them."""

from datetime import datetime, timedelta
from uuid import UUID

from apps.catalog.models import Event, EventScheduleChange, EventSource
from apps.core.canonical import fingerprint
from apps.picks.models import LineTracking, Pick
from apps.picks.tests.factories import KICKOFF, PROVIDER, Game, facts, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import EventStatus
from apps.snapshots.models import Feed, ProviderPoll, RawPayload, ResultSnapshot

FINAL_AT = KICKOFF + timedelta(hours=3, minutes=30)
DUE_AT = FINAL_AT + timedelta(minutes=30)  # the configured delay of the league
LATER = DUE_AT + timedelta(hours=1)


def published(game: Game | None = None, **columns: object) -> Pick:
    return make_pick(game, status=PickStatus.PUBLISHED, **columns)


@facts()
def finish(game: Game, *, at: datetime = FINAL_AT, status: EventStatus = EventStatus.FINAL) -> None:
    """Let the provider call the game final, postponed or canceled."""
    final_at = at if status is EventStatus.FINAL else None
    Event.objects.filter(pk=game.event.pk).update(status=status, final_at=final_at)


@facts()
def tell(
    game: Game,
    home: int | None,
    away: int | None,
    *,
    at: datetime = FINAL_AT,
    suspect: str = "",
    source_event_id: str | None = None,
    played: dict[str, float] | None = None,
    overtime: bool | None = None,
    provider: str = PROVIDER,
) -> ResultSnapshot:
    """Let a results poll at ``at`` tell how the game ended."""
    feed, _ = Feed.objects.get_or_create(
        adapter="recorded",
        provider=PROVIDER,
        kind="RESULTS",
        league=game.league,
        defaults={"uuid": UUID(int=7700 + game.league.pk), "rhythm_s": 300},
    )
    payload, _ = RawPayload.objects.get_or_create(
        sha256=fingerprint([feed.pk, at, home, away]),
        defaults={"size": 1, "stored_size": 1, "first_captured_at": at},
    )
    poll, _ = ProviderPoll.objects.get_or_create(
        feed=feed,
        captured_at=at,
        defaults={"outcome": "OK", "duration_ms": 1, "payload": payload},
    )
    result = ResultSnapshot(
        event=game.event,
        poll=poll,
        provider=provider,
        source_event_id=source_event_id or game.code,
        captured_at=at,
        status="SUSPECT" if suspect else "FINAL",
        suspect_code=suspect,
        home_score=home,
        away_score=away,
        played=played,
        overtime=overtime,
        result_sha256=fingerprint([game.event.pk, suspect, home, away, played, overtime]),
    )
    result.save()
    return result


def end(game: Game, home: int, away: int, *, at: datetime = FINAL_AT) -> ResultSnapshot:
    """Let the game end with a score that is told at once."""
    finish(game, at=at)
    return tell(game, home, away, at=at)


@facts()
def move(game: Game, start: datetime) -> None:
    """Let the provider report another start, as a poll before the game does."""
    EventScheduleChange.objects.create(
        event=game.event,
        provider=PROVIDER,
        captured_at=KICKOFF - timedelta(hours=2),
        start_time=start,
        previous_start=game.event.start_time,
        in_play=False,
    )
    Event.objects.filter(pk=game.event.pk).update(start_time=start)


@facts()
def drift(game: Game) -> None:
    """Let the provider's id mean another game by now."""
    other = Game()
    other_event = other.event
    EventSource.objects.filter(source_event_id=other.code).delete()
    EventSource.objects.filter(source_event_id=game.code).update(event=other_event)


@facts()
def forget(game: Game) -> None:
    EventSource.objects.filter(source_event_id=game.code).delete()


def take_close(pick: Pick, *, at: datetime = KICKOFF) -> LineTracking:
    """Complete a pick's tracking: nobody had quoted its selection before the game."""
    return LineTracking.objects.create(
        pick=pick,
        close_source="MISSING",
        close_missing="NO_PREGAME_QUOTE",
        clv_missing="NO_PREGAME_QUOTE",
        method_version="clv-1",
        started_at=at,
        completed_at=at,
    )


def find_close(pick: Pick, *, at: datetime = KICKOFF) -> LineTracking:
    """Complete a pick's tracking with the price that it was taken at."""
    return LineTracking.objects.create(
        pick=pick,
        close_source="SAME_BOOK",
        close_books=1,
        close_book_id=pick.book_id,
        close_line=pick.line,
        close_price=pick.price,
        close_fair_prob=0.5,
        clv_ev=-0.045455,
        method_version="clv-1",
        started_at=at,
        completed_at=at,
    )
