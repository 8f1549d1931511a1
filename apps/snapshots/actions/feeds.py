"""Which questions are asked, of whom, and how often."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.governance import audit
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.snapshots.models import Feed, FeedKind, OddsFormat

_FIXED = frozenset({"id", "uuid", "adapter", "provider", "kind", "league", "source"})
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
    by: Actor,
    at: datetime,
) -> Feed:
    """Ask a provider about a league from ``at`` on; a feed that stands already stays as it is.

    ``rhythm_s`` is what the feed declares; a recording hands over its polls when they came.
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
        next_due_at=at,
    )
    feed.save(force_insert=True)
    audit.record("feed.registered", feed, by=by, at=at)
    return feed


@transaction.atomic
def change_feed(
    *, feed_id: int, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> Feed:
    """Retime a feed, widen its limits, switch it on or off.

    Raises:
        FeedFixed: what a feed is, and how far it has got, is not changed by hand.
    """
    refused = sorted((_FIXED | _TRAVELS) & changes.keys())
    if refused:
        raise FeedFixed(refused)
    feed = Feed.objects.select_for_update(no_key=True).get(pk=feed_id)
    with audit.recording("feed.changed", feed, by=by, at=at, reason=reason):
        for column, value in changes.items():
            setattr(feed, column, value)
        feed.save(update_fields=[*changes])
    return feed
