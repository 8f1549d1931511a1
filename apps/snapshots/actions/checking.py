"""Looking whether the world still answers: feeds, results, and events in doubt become alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from apps.catalog.models import Event
from apps.catalog.querysets import EventQuerySet
from apps.core.actor import Actor
from apps.governance import alerts, switches
from apps.rulebook.alerts import AlertKind
from apps.snapshots.actions.accounts import BUDGET_RESERVED, games_near
from apps.snapshots.actions.breakers import BREAKER_OPEN
from apps.snapshots.models import (
    Feed,
    FeedKind,
    PayloadReading,
    ProviderPoll,
    ResultSnapshot,
)
from apps.snapshots.providers.ports import READABLE, Outcome
from apps.snapshots.querysets import ProviderPollQuerySet

FEED_KINDS = (
    AlertKind.FEED_STALE,
    AlertKind.FEED_EMPTY,
    AlertKind.PROVIDER_AUTH,
    AlertKind.PROVIDER_QUOTA,
)
EVENT_KINDS = (AlertKind.RESULT_OVERDUE, AlertKind.MAPPING_DRIFT)

_BAD_FOR = timedelta(minutes=5)  # a refused key that is not put right by then is critical
_EMPTY_FOR = timedelta(minutes=30)  # and so is a board without the games that are to come
_GAMES_AHEAD = timedelta(days=2)  # games so near are quoted: a board without any is a fault
_CREDITS_LAST = timedelta(hours=6)  # with less than that somebody has to buy
_TOO_FAST = 2  # polls in a row, each of them tried again before: then it is no passing hurry
_LOOKS_BACK = timedelta(days=4)  # a result that is missing for longer is no news; grading gave up
_MOST = 50  # alerts of one kind from one look: with more of them it is one trouble, not fifty


@dataclass(frozen=True, slots=True)
class Checked:
    """What one look found."""

    feeds: int = 0  # looked at
    in_trouble: int = 0
    overdue: int = 0  # games without their result
    in_doubt: int = 0  # games that a provider no longer describes as it did
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a feed."""

    kind: AlertKind
    detail: str
    step: int = 0
    aspect: str = ""  # where one kind has several: an alert for each


def check_facts(*, by: Actor, at: datetime) -> Checked:
    """Open an alert for every feed and event in trouble, and end those that are over.

    A feed whose league is not to be fetched is not in trouble, and one that nobody asks is the
    job's trouble: that is looked at elsewhere.
    """
    feeds = list(
        Feed.objects.enabled()
        .exclude(kind=FeedKind.ARCHIVE)
        .filter(next_due_at__isnull=False)
        .select_related("league")
    )
    scopes = {feed.league.scope for feed in feeds}
    open_scopes = switches.open_scopes(switches.INGEST, scopes) if feeds else set()
    in_trouble = 0
    for feed in feeds:
        troubles = list(troubles_of(feed, at)) if feed.league.scope in open_scopes else []
        in_trouble += bool(troubles)
        for trouble in troubles:
            alerts.raise_alert(
                trouble.kind,
                scope=feed.league.scope,
                key=f"{feed.uuid} {trouble.aspect}".strip(),
                step=trouble.step,
                detail=f"{feed}: {trouble.detail}",
                payload={"feed": feed.pk},
                by=by,
                at=at,
            )
    overdue = _tell_of(
        AlertKind.RESULT_OVERDUE,
        Event.objects.overdue(at)
        .filter(begins_at__gte=at - _LOOKS_BACK)
        .exclude(pk__in=ResultSnapshot.objects.filter(captured_at__lte=at).values("event_id")),
        "The longest game is over, and nobody has said how it ended.",
        by=by,
        at=at,
    )
    in_doubt = _tell_of(
        AlertKind.MAPPING_DRIFT,
        Event.objects.exclude(frozen_code="").filter(
            merged_into__isnull=True, begins_at__gte=at - _LOOKS_BACK
        ),
        "A provider describes it as another game; a person decides among the review items.",
        by=by,
        at=at,
    )
    return Checked(
        feeds=len(feeds),
        in_trouble=in_trouble,
        overdue=overdue,
        in_doubt=in_doubt,
        recovered=alerts.recover([*FEED_KINDS, *EVENT_KINDS], by=by, at=at),
    )


def troubles_of(feed: Feed, at: datetime) -> Iterator[Trouble]:
    """Find what is wrong with a feed that is asked; nothing where nobody has asked yet."""
    polls = ProviderPoll.objects.filter(feed=feed).captured_by(at)
    newest = polls.order_by("-captured_at").first()
    if newest is None:
        return
    good_at = _newest(polls.filter(outcome__in=READABLE)) or _oldest(polls)
    silent_for = at - good_at
    pause = feed.rhythm.every(at, games_near(feed, at))
    if newest.outcome == Outcome.AUTH:
        yield Trouble(
            AlertKind.PROVIDER_AUTH, "the key is refused.", step=int(silent_for > _BAD_FOR)
        )
    if newest.error_code == BUDGET_RESERVED:
        yield Trouble(AlertKind.PROVIDER_QUOTA, newest.detail)
    elif newest.outcome == Outcome.OUT_OF_CREDITS:
        yield Trouble(AlertKind.PROVIDER_QUOTA, "no credits are left.", step=1)
    elif newest.credits_remaining is not None and newest.credits_cost:
        calls = max(0, newest.credits_remaining) // newest.credits_cost
        if calls * pause < _CREDITS_LAST:
            yield Trouble(
                AlertKind.PROVIDER_QUOTA, f"{newest.credits_remaining} credits: {calls} calls left."
            )
    if newest.outcome == Outcome.FREQUENCY and _refused_in_a_row(polls) >= _TOO_FAST:
        yield Trouble(
            AlertKind.PROVIDER_QUOTA,
            "the provider says again and again that it is asked too often; ask less often, or"
            " let its account make fewer calls a second.",
            aspect="pace",
        )
    if newest.error_code == BREAKER_OPEN:
        yield Trouble(
            AlertKind.FEED_STALE,
            newest.detail[:1].lower() + newest.detail[1:],
            aspect="breaker",
        )
    limit = 2 * pause + timedelta(seconds=feed.max_quote_age_s)
    if newest.outcome not in READABLE and silent_for > limit:
        yield Trouble(
            AlertKind.FEED_STALE,
            f"no answer that can be read for {silent_for.total_seconds():.0f} s"
            f" (limit {limit.total_seconds():.0f} s); the last was {newest.outcome}.",
            step=int(silent_for > 4 * limit),
        )
    if newest.outcome == Outcome.EMPTY and feed.kind == FeedKind.ODDS:
        full_at = _newest(polls.filter(outcome__in=[Outcome.OK, Outcome.UNCHANGED]))
        empty_for = at - (full_at or _oldest(polls))
        if ahead := _games_ahead(feed, at):
            yield Trouble(
                AlertKind.FEED_EMPTY,
                f"no games for {empty_for.total_seconds():.0f} s, and {ahead} are to come.",
                step=int(empty_for > _EMPTY_FOR),
            )

    if _is_frozen(feed, at) and _games_ahead(feed, at):
        yield Trouble(
            AlertKind.FEED_STALE,
            f"nothing has changed in {feed.frozen_after_polls} polls, and other boards moved.",
            aspect="frozen",
        )


def _refused_in_a_row(polls: ProviderPollQuerySet) -> int:
    """How many of the newest polls were told to come less often, up to what counts."""
    newest = polls.order_by("-captured_at").values_list("outcome", flat=True)[:_TOO_FAST]
    return sum(1 for _ in takewhile(lambda outcome: outcome == Outcome.FREQUENCY, newest))


def _games_ahead(feed: Feed, at: datetime) -> int:
    return Event.objects.filter(
        league=feed.league, begins_at__gt=at, begins_at__lte=at + _GAMES_AHEAD
    ).count()


def _is_frozen(feed: Feed, at: datetime) -> bool:
    """Whether a board stood still for so many polls while another one moved."""
    if feed.kind != FeedKind.ODDS or not feed.frozen_after_polls:
        return False
    boards = PayloadReading.objects.filter(
        poll__feed__kind=FeedKind.ODDS, poll__captured_at__lte=at, refused_code=""
    )
    newest = list(
        boards.filter(poll__feed=feed)
        .order_by("-poll__captured_at")
        .values_list("poll__captured_at", "written", "withdrawn")[: feed.frozen_after_polls]
    )
    if len(newest) < feed.frozen_after_polls or any(row[1] or row[2] for row in newest):
        return False
    since = newest[-1][0]
    others = boards.exclude(poll__feed=feed).filter(poll__captured_at__gte=since)
    return others.filter(written__gt=0).exists()


def _newest(polls: ProviderPollQuerySet) -> datetime | None:
    newest: datetime | None = (
        polls.order_by("-captured_at").values_list("captured_at", flat=True).first()
    )
    return newest


def _oldest(polls: ProviderPollQuerySet) -> datetime:
    oldest: datetime = polls.order_by("captured_at").values_list("captured_at", flat=True)[0]
    return oldest


def _tell_of(kind: AlertKind, events: EventQuerySet, what: str, *, by: Actor, at: datetime) -> int:
    found = list(
        events.select_related("league", "home", "away").order_by("begins_at", "pk")[:_MOST]
    )
    for event in found:
        alerts.raise_alert(
            kind,
            scope=event.league.scope,
            key=str(event.pk),
            detail=f"{event}: {what}",
            by=by,
            at=at,
        )
    return len(found)
