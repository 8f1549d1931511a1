"""History fetched after the fact, moment by moment, through the stage that reads live boards.

Where it stopped is asked of the polls that are stored: a call with the same beginning goes on from
there. What a provider is paid for it passes the provider's account, whose reserve it never touches.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.catalog.models import League
from apps.core import days
from apps.core.actor import Actor
from apps.core.ddl import OwnerUnknown
from apps.rulebook.errors import RuleBroken
from apps.snapshots import actions
from apps.snapshots.models import Feed, FeedKind, ProviderPoll
from apps.snapshots.providers.oddsapi.envelope import EnvelopeBroken, opened
from apps.snapshots.providers.ports import READABLE, FetchOutcome, Outcome
from apps.snapshots.providers.recorded.bodies import NAME
from apps.snapshots.providers.registry import ODDS_API, RECORDED

PROVIDER = "the_odds_api"
Told = Callable[[datetime], None]


class BackfillRefused(RuleBroken):
    code = "BACKFILL_REFUSED"


@dataclass(slots=True)
class Backfilled:
    """What one call did."""

    polls: int = 0  # stored and read
    known: int = 0  # were stored already
    prices: int = 0
    written: int = 0
    credits: int = 0


def backfill(
    *,
    league: str,
    first: datetime,
    last: datetime,
    folder: Path | None,
    every: timedelta,
    by: Actor,
    at: datetime,
    tell: Told = lambda _moment: None,
) -> Backfilled:
    """Store and read what was shown of a league from ``first`` to ``last``.

    Asked of the provider every so often, or taken from a folder of recorded bodies.

    Raises:
        BackfillRefused: there is no such league or folder, or the span is none.
        actions.NothingBrought: the provider refused, or the budget did; what came before is kept.
    """
    row = League.objects.filter(code__iexact=league).first()
    if row is None:
        raise BackfillRefused(f"There is no league {league!r}.")
    if not first < last <= at:
        raise BackfillRefused("A span begins before it ends, and ends before now.")
    feed = actions.open_past_feed(
        adapter=ODDS_API if folder is None else RECORDED,
        provider=PROVIDER,
        league=row.code,
        source=f"past {first:%Y-%m-%dT%H:%M}",
        by=by,
        at=at,
    )
    _make_room(first, last)
    if folder is not None:
        answers = _recorded(folder, first, last)
    else:
        answers = _asked(_live_feed(row), _resumed(feed, first, every), last, every, by=by, at=at)
    done = Backfilled()
    for answer in answers:
        done.credits += answer.quota.cost or 0
        poll = actions.store_past_poll(feed=feed, answer=answer, by=by, at=at)
        if poll is None:
            done.known += 1
            continue
        read = actions.read_unread(by=by, at=at)
        done.polls += 1
        done.prices += read.prices
        done.written += read.written
        tell(answer.captured_at)
    return done


def _make_room(first: datetime, last: datetime) -> None:
    """Make the days of the span; a process without the owner leaves that to the job."""
    try:
        days.ensure_partitions(first.date() - days.DAY, last.date())
    except OwnerUnknown:
        return


def _resumed(feed: Feed, first: datetime, every: timedelta) -> datetime:
    """Where a walk goes on: a step after what is stored, which would be paid for once more."""
    newest = ProviderPoll.objects.filter(feed=feed).order_by("-captured_at").first()
    return first if newest is None else newest.captured_at + every


def _live_feed(league: League) -> Feed:
    """Whose key and markets are asked with."""
    feed = Feed.objects.filter(
        adapter=ODDS_API, kind=FeedKind.ODDS, league=league, source=""
    ).first()
    if feed is None:
        raise BackfillRefused(
            f"{league} has no feed at the provider whose markets could be asked for; add one, or"
            " name a folder of recorded bodies."
        )
    return feed


def _asked(
    live: Feed, moment: datetime, last: datetime, every: timedelta, *, by: Actor, at: datetime
) -> Iterator[FetchOutcome]:
    """Walk with the provider's own moments: it answers with the one at or before the asked one."""
    while moment <= last:
        answer = actions.ask_about_past(live, moment=moment, by=by, at=at)
        if answer.outcome not in READABLE or answer.body is None:
            raise actions.NothingBrought(answer)
        try:
            envelope = opened(answer.body)
        except EnvelopeBroken as broken:
            raise BackfillRefused(str(broken)) from broken
        yield FetchOutcome(
            outcome=Outcome.OK,
            captured_at=envelope.timestamp,
            body=envelope.board,
            http_status=answer.http_status,
            quota=answer.quota,
            duration_ms=answer.duration_ms,
        )
        if envelope.next_timestamp is None:
            return
        moment = max(moment + every, envelope.next_timestamp)


def _recorded(folder: Path, first: datetime, last: datetime) -> Iterator[FetchOutcome]:
    if not folder.is_dir():
        raise BackfillRefused(f"There is no folder {folder}.")
    for path in sorted(folder.glob("*.json")):
        try:
            captured_at = datetime.strptime(path.stem, NAME).replace(tzinfo=UTC)
        except ValueError:
            raise BackfillRefused(
                f"{path.name} is not named by its time (20251012T151858Z)."
            ) from None
        if first <= captured_at <= last:
            yield FetchOutcome(outcome=Outcome.OK, captured_at=captured_at, body=path.read_bytes())
