"""Answers about the past, stored as if they had been taken then: what a backfill writes."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Value, When

from apps.core.actor import Actor
from apps.governance import audit, switches
from apps.rulebook.errors import RuleBroken
from apps.snapshots.actions.feeds import change_feed, register_feed
from apps.snapshots.actions.fetching import INSTANT, stored
from apps.snapshots.models import Feed, FeedKind, OddsFormat, ProviderPoll
from apps.snapshots.providers.ports import READABLE, FetchOutcome

# Nobody asks such a feed by itself; a rhythm it has to have.
_NEVER_S = 30 * 86_400


class NothingBrought(RuleBroken):
    code = "NOTHING_BROUGHT"

    def __init__(self, answer: FetchOutcome) -> None:
        told = f"{answer.error_code} {answer.detail}".strip()
        super().__init__(f"The provider brought nothing: {answer.outcome}. {told}".strip())


@transaction.atomic
def open_past_feed(
    *,
    adapter: str,
    provider: str,
    league: str,
    source: str,
    odds_format: OddsFormat = OddsFormat.AMERICAN,
    by: Actor,
    at: datetime,
) -> Feed:
    """Have the feed under which one stretch of the past is kept; nobody asks it by itself.

    A feed of its own, so that what it brings is held against itself: a board of last month is
    older than everything that the live feed has read, and would never become anybody's newest.
    """
    feed = register_feed(
        adapter=adapter,
        provider=provider,
        kind=FeedKind.ODDS,
        league=league,
        source=source,
        odds_format=odds_format,
        rhythm_s=_NEVER_S,
        by=by,
        at=at,
    )
    if feed.enabled:
        feed = change_feed(
            feed_id=feed.pk,
            changes={"enabled": False},
            by=by,
            at=at,
            reason="It holds the past, which a backfill asks about.",
        )
    return feed


@transaction.atomic
def store_past_poll(
    *, feed: Feed, answer: FetchOutcome, by: Actor, at: datetime
) -> ProviderPoll | None:
    """Store what was shown at ``answer.captured_at``; None where that is stored already.

    Raises:
        NothingBrought: there is no body in it.
        switches.Halted: the league's INGEST is off.
    """
    if answer.outcome not in READABLE or answer.body is None:
        raise NothingBrought(answer)
    switches.hold_open(switches.INGEST, scopes=[feed.league.scope])
    Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    if ProviderPoll.objects.filter(feed=feed, captured_at=answer.captured_at).exists():
        return None
    poll = stored(feed, answer)
    passed = When(read_through__gte=answer.captured_at, then=Value(answer.captured_at - INSTANT))
    Feed.objects.filter(pk=feed.pk).update(
        last_captured_at=answer.captured_at, read_through=Case(passed, default=F("read_through"))
    )
    audit.record("provider_poll.stored", poll, by=by, at=at, reason="backfill")
    return poll
