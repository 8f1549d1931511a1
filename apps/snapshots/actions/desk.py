"""What people enter because no provider tells it, or tells it wrong: results and injuries.

An entry is bytes like any other answer: stored before it is read, read by the same reader, with a
poll and a receipt of its own, so that a replay comes to the same rows.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.actions import attach_source
from apps.catalog.models import Event, League, Team
from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.governance import audit, configs, switches
from apps.governance.models import Section
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import Period
from apps.snapshots.actions import payloads, reading
from apps.snapshots.models import (
    Feed,
    FeedKind,
    InjuryReport,
    PayloadReading,
    ProviderPoll,
    ResultSnapshot,
    ResultStatus,
)
from apps.snapshots.providers.ports import InjuryStatus, Outcome
from apps.snapshots.providers.registry import OPERATOR


class EntryRefused(RuleBroken):
    """What was entered cannot be so, by the same rules as what a provider tells."""

    code = "ENTRY_REFUSED"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class ReasonMissing(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Who enters a fact by hand says why.")


@transaction.atomic
def enter_result(
    *,
    event_id: UUID,
    home_score: int,
    away_score: int,
    minutes_played: float | None = None,
    innings_played: float | None = None,
    by: Actor,
    at: datetime,
    reason: str,
) -> ResultSnapshot:
    """Enter how a game ended. It counts until somebody tells something newer.

    Of a game that was cut short it is entered how much of it was played, in minutes or innings:
    its rules say whether that is enough. Where bets end after regulation time, what is entered is
    the score of then: it is asked for where a provider's may hold extra time.

    Raises:
        ReasonMissing: nobody says why.
        EntryRefused: the game cannot have ended like this, or that is what is known already.
        switches.Halted: the league's INGEST is off.
    """
    _require_reason(reason)
    event = Event.objects.select_related("league", "home", "away").get(pk=event_id)
    if event.merged_into_id is not None:
        raise EntryRefused("This event turned out to be another one: enter the result there.")
    feed = _held(event.league, FeedKind.RESULTS, by=by, at=at)
    attach_source(event, provider=OPERATOR, source_event_id=str(event.pk), seen_at=at, by=by, at=at)
    entry = {
        "id": str(event.pk),
        "commence_time": keys.canonical_instant(event.start_time),
        "completed": True,
        "home_team": event.home.name,
        "away_team": event.away.name,
        "scores": [
            {"name": event.home.name, "score": str(home_score)},
            {"name": event.away.name, "score": str(away_score)},
        ],
        "last_update": keys.canonical_instant(at),
        **({} if minutes_played is None else {"minutes_played": minutes_played}),
        **({} if innings_played is None else {"innings_played": innings_played}),
        **({"overtime": False} if event.league.period == Period.REGULATION else {}),
    }
    receipt = _read(feed, entry, by=by, at=at)
    row: ResultSnapshot | None = ResultSnapshot.objects.filter(poll=receipt.poll_id).first()
    if row is None:
        raise EntryRefused(f"{_why(receipt)}.")
    if row.status == ResultStatus.SUSPECT:
        raise EntryRefused(
            f"{event} cannot have ended {away_score}-{home_score}: {row.suspect_code}."
        )
    audit.record("result_snapshot.entered", row, by=by, at=at, reason=reason)
    return row


@transaction.atomic
def enter_injury(
    *,
    team_id: UUID,
    player: str,
    status: InjuryStatus,
    position: str = "",
    note: str = "",
    by: Actor,
    at: datetime,
    reason: str,
) -> InjuryReport:
    """Enter how fit a player is. Picks of the team's games are flagged and refreshed by it.

    Raises:
        ReasonMissing: nobody says why.
        EntryRefused: it cannot be read, or that is what is known already.
        switches.Halted: the league's INGEST is off.
    """
    _require_reason(reason)
    team = Team.objects.select_related("league").get(pk=team_id)
    feed = _held(team.league, FeedKind.INJURIES, by=by, at=at)
    entry = {
        "team": team.name,
        "player": player.strip(),
        "position": position,
        "status": status,
        "note": note,
        "reported_at": keys.canonical_instant(at),
    }
    receipt = _read(feed, entry, by=by, at=at)
    row: InjuryReport | None = InjuryReport.objects.filter(poll=receipt.poll_id).first()
    if row is None:
        raise EntryRefused(f"{_why(receipt)}.")
    audit.record("injury_report.entered", row, by=by, at=at, reason=reason)
    return row


def _held(league: League, kind: FeedKind, *, by: Actor, at: datetime) -> Feed:
    """Hold the league's lock and return the desk's feed, which nobody asks."""
    switches.hold_open(switches.INGEST, scopes=[league.scope])
    League.objects.locked().get(pk=league.pk)
    where = {
        "adapter": OPERATOR,
        "provider": OPERATOR,
        "kind": kind,
        "league": league,
        "source": "",
    }
    known = Feed.objects.filter(**where).first()
    if known is not None:
        return known
    feed = Feed(
        **where,
        uuid=keys.feed_id(OPERATOR, OPERATOR, kind, league.code, ""),
        rhythm_s=86_400,
        next_due_at=None,
    )
    feed.save(force_insert=True)
    audit.record("feed.registered", feed, by=by, at=at)
    return feed


def _read(feed: Feed, entry: dict[str, Any], *, by: Actor, at: datetime) -> PayloadReading:
    body = encode([entry])
    poll = ProviderPoll.objects.create(
        feed=feed,
        captured_at=at,
        outcome=Outcome.OK,
        duration_ms=0,
        payload_id=payloads.store(body, captured_at=at),
    )
    audit.record("provider_poll.stored", poll, by=by, at=at)
    Feed.objects.filter(pk=feed.pk).update(last_captured_at=at)
    market = configs.resolve(Section.MARKET, league=feed.league.code, at=at)
    receipt = reading.read_poll(poll, market, by=by, at=at)
    assert receipt is not None  # nobody else can have seen the poll
    return receipt


def _why(receipt: PayloadReading) -> str:
    if receipt.unchanged:
        return "That is what is known already"
    codes = ", ".join(receipt.quarantined) or receipt.refused_code
    return f"It was not believed: {codes}"


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
