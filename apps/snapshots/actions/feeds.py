"""Which questions are asked, of whom, and how often."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.snapshots.actions.accounts import games_near, require_fit
from apps.snapshots.models import Feed, FeedKind, OddsFormat
from apps.snapshots.providers import registry
from apps.snapshots.rhythm import rhythm_of

_FIXED = frozenset({"id", "uuid", "adapter", "provider", "kind", "league", "source"})
_COSTS = frozenset({"rhythm_s", "near_games", "options", "enabled"})
_TRAVELS = frozenset({"next_due_at", "last_captured_at", "read_through", "newest_read_at"})


class FeedFixed(RuleBroken):
    code = "FEED_FIXED"

    def __init__(self, columns: list[str]) -> None:
        super().__init__(f"{', '.join(columns)} of a feed are not changed by hand.")


@transaction.atomic
def register_feed(
    *,
    adapter: str,
    provider: str,
    kind: FeedKind,
    league: str,
    source: str = "",
    rhythm_s: int,
    max_quote_age_s: int = 180,
    max_close_age_s: int = 600,
    odds_format: OddsFormat = OddsFormat.AMERICAN,
    options: Mapping[str, Any] | None = None,
    near_games: Sequence[Mapping[str, int]] = (),
    by: Actor,
    at: datetime,
    reason: str = "",
) -> Feed:
    """Ask a provider about a league from ``at`` on; a feed that stands already stays as it is.

    ``rhythm_s`` is what the feed declares; a recording hands over its polls when they came.

    Raises:
        RhythmUnfit: the steps near games cannot be read, or are no quicker than what is around.
        BudgetExceeded: the provider's month does not hold what that costs.
    """
    row = League.objects.get(code=league)
    known = Feed.objects.filter(
        adapter=adapter, provider=provider, kind=kind, league=row, source=source
    ).first()
    if known is not None:
        return known
    feed = Feed(
        uuid=keys.feed_id(adapter, provider, kind, league, source),
        adapter=adapter,
        provider=provider,
        kind=kind,
        league=row,
        source=source,
        odds_format=odds_format,
        rhythm_s=rhythm_s,
        max_quote_age_s=max_quote_age_s,
        max_close_age_s=max_close_age_s,
        options=dict(options or {}),
        near_games=[dict(step) for step in near_games],
        next_due_at=at,
    )
    rhythm_of(feed.rhythm_s, feed.near_games, after=False)
    feed.save(force_insert=True)
    require_fit(adapter, at)
    audit.record("feed.registered", feed, by=by, at=at, reason=reason)
    return feed


@transaction.atomic
def change_feed(
    *, feed_id: int, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> Feed:
    """Retime a feed, widen its limits, switch it on or off.

    A feed that asks more often from now on is asked at once where that is due by its new rhythm.

    Raises:
        FeedFixed: what a feed is, and how far it has got, is not changed by hand.
        RhythmUnfit: the steps near games cannot be read, or are no quicker than what is around.
        BudgetExceeded: the provider's month does not hold what that costs.
    """
    refused = sorted((_FIXED | _TRAVELS) & changes.keys())
    if refused:
        raise FeedFixed(refused)
    feed = Feed.objects.select_for_update(no_key=True).get(pk=feed_id)
    with audit.recording("feed.changed", feed, by=by, at=at, reason=reason):
        for column, value in changes.items():
            setattr(feed, column, value)
        rhythm_of(feed.rhythm_s, feed.near_games, after=False)
        feed.save(update_fields=[*changes])
    if changes.keys() & _COSTS:
        _bring_forward(feed, at)
        if feed.enabled:
            require_fit(feed.adapter, at)
    return feed


def _bring_forward(feed: Feed, at: datetime) -> None:
    """Let a quicker rhythm begin with the next turn, not after a pause of the old one."""
    if feed.next_due_at is None or feed.adapter not in registry.OVER_THE_WIRE:
        return
    pause = feed.rhythm.every(at, games_near(feed, at))
    soon = max(at, (feed.last_captured_at or at) + pause)
    if soon < feed.next_due_at:
        feed.next_due_at = soon
        feed.save(update_fields=["next_due_at"])
