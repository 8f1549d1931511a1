"""What tests of this room are made of: the leagues we ship, and games as a poll reports them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions import ReportedEvent, SyncedEvents, match_events, sync_events
from apps.catalog.models import Event, League, Team
from apps.core.actor import Actor

READER = Actor.job("snapshots.read")
PROVIDER = "the_odds_api"

KICKOFF = datetime(2025, 10, 12, 17, 0, tzinfo=UTC)  # a Sunday, one in the afternoon in New York
SATURDAY = KICKOFF - timedelta(days=1)
JETS, BRONCOS, BILLS = "New York Jets", "Denver Broncos", "Buffalo Bills"


def nfl() -> League:
    return League.objects.get(code="NFL")


def team(name: str) -> UUID:
    return Team.objects.get(league__code="NFL", name=name).pk


def reported(
    ident: str = "game1",
    *,
    home: str = JETS,
    away: str = BRONCOS,
    start: datetime = KICKOFF,
    **told: Any,
) -> ReportedEvent:
    return ReportedEvent(
        source_event_id=ident, home_id=team(home), away_id=team(away), start_time=start, **told
    )


@transaction.atomic
def sync(
    *games: ReportedEvent,
    seen_at: datetime = SATURDAY,
    provider: str = PROVIDER,
    listed: frozenset[str] | None = None,
) -> SyncedEvents:
    return sync_events(
        nfl(),
        provider=provider,
        reported=games,
        captured_at=seen_at,
        listed=listed,
        by=READER,
        at=seen_at,
    )


@transaction.atomic
def match(
    *games: ReportedEvent, seen_at: datetime = SATURDAY, provider: str = PROVIDER
) -> SyncedEvents:
    return match_events(
        nfl(), provider=provider, reported=games, captured_at=seen_at, by=READER, at=seen_at
    )


def the_event(ident: str = "game1", provider: str = PROVIDER) -> Event:
    return Event.objects.get(sources__provider=provider, sources__source_event_id=ident)
