"""Feeds and how fresh their newest word is, and the credits that asking costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils.safestring import SafeString

from apps.core import charts, formats
from apps.core.db import fetch_all
from apps.ops.overview import links
from apps.snapshots.models import Feed, FeedKind, LatestQuote, ProviderPoll
from apps.snapshots.providers.ports import READABLE
from apps.snapshots.providers.registry import OPERATOR

MOST = 6
_SCORES_LATE = 3  # rhythms that a feed of scores may be silent
_KINDS = {
    FeedKind.ODDS: "odds",
    FeedKind.RESULTS: "scores",
    FeedKind.INJURIES: "injuries",
    FeedKind.ARCHIVE: "archive",
}

# A credit counter once an hour is more than a chart can show.
_CREDITS = """
SELECT DISTINCT ON (date_trunc('hour', captured_at)) captured_at, credits_remaining, credits_used
FROM provider_poll
WHERE credits_remaining IS NOT NULL AND captured_at >= %s AND captured_at <= %s
ORDER BY date_trunc('hour', captured_at), captured_at DESC
"""
_FAILURES = """
SELECT count(*) FROM provider_poll
WHERE feed_id = %(feed)s AND captured_at > coalesce((
    SELECT max(captured_at) FROM provider_poll
    WHERE feed_id = %(feed)s AND outcome = ANY(%(good)s)), '-infinity')
"""


@dataclass(frozen=True, slots=True)
class FeedRow:
    name: str
    href: str
    age_s: float | None
    limit_s: int | None
    note: str  # below the age, where there is no limit
    kind: str  # of the state, as apps.core.shapes names it
    state: str
    word: str
    why: str  # below the state

    @property
    def is_bad(self) -> bool:
        return self.state not in ("FRESH", "NOT_DUE", "OK", "UNCHANGED")


@dataclass(frozen=True, slots=True)
class Credits:
    left: int
    allowance: int
    resets: datetime
    chart: SafeString


@dataclass(frozen=True, slots=True)
class Feeds:
    rows: list[FeedRow]
    more: int
    credits: Credits | None


def feeds(*, at: datetime) -> Feeds:
    """Read the feeds that are asked again and again, the worst first."""
    asked = Feed.objects.enabled().exclude(kind=FeedKind.ARCHIVE).exclude(adapter=OPERATOR)
    oldest = dict(
        LatestQuote.objects.open()
        .pre_game()
        .filter(event__status="SCHEDULED", event__begins_at__gt=at)
        .order_by()
        .values_list("feed")
        .annotate(seen=Min("last_seen_at"))
    )
    rows = [_row(feed, oldest.get(feed.pk), at) for feed in asked.select_related("league")]
    rows.sort(key=lambda row: (not row.is_bad, row.name))
    return Feeds(rows=rows[:MOST], more=len(rows[MOST:]), credits=_credits(at))


def name_of(feed: Feed) -> str:
    """Say which feed it is as people do: NFL odds."""
    return f"{feed.league.code} {_KINDS[FeedKind(feed.kind)]}"


def _row(feed: Feed, oldest: datetime | None, at: datetime) -> FeedRow:
    is_odds = feed.kind == FeedKind.ODDS
    seen = oldest if is_odds else feed.last_captured_at
    age_s = None if seen is None else (at - seen).total_seconds()
    limit_s = feed.max_quote_age_s if is_odds else _SCORES_LATE * feed.rhythm_s
    kind, state, word, why = _state(feed, age_s, limit_s)
    return FeedRow(
        name=name_of(feed),
        href=links.shown("snapshots_feed", feed.pk),
        age_s=age_s,
        limit_s=limit_s if age_s is not None else None,
        note="no games ahead" if is_odds else "never answered",
        kind=kind,
        state=state,
        word=word,
        why=why,
    )


def _state(feed: Feed, age_s: float | None, limit_s: int) -> tuple[str, str, str, str]:
    """How a feed stands: what its last call said if that was a no, else how old its word is."""
    failed = _failures(feed)
    if failed:
        newest = ProviderPoll.objects.filter(feed=feed).latest("captured_at")
        status = f"HTTP {newest.http_status}" if newest.http_status else newest.error_code
        return "poll", newest.outcome, "", f"{status} × {formats.count(failed)}".strip()
    if feed.next_due_at is None:
        return "work", "NOT_DUE", "At its end", ""
    if age_s is None:
        return "work", "NOT_DUE", "", ""
    if age_s > limit_s:
        return "work", "STALE", "", ""
    return "work", "FRESH", "", ""


def _failures(feed: Feed) -> int:
    """How many calls in a row brought nothing to read, up to now."""
    if feed.last_captured_at is None:
        return 0
    good = [outcome.value for outcome in READABLE]
    [(failed,)] = fetch_all(_FAILURES, {"feed": feed.pk, "good": good})
    return int(failed)


def _credits(at: datetime) -> Credits | None:
    begins, resets = charts.month_of(at)
    rows = fetch_all(_CREDITS, [begins, at])
    points = [(captured, left) for captured, left, _ in rows]
    if not points:
        return None
    newest, left = points[-1]
    used = rows[-1][2]
    allowance = max(left + (used or 0), *(value for _, value in points), 1)
    ends_with = _forecast(points, resets)
    return Credits(
        left=left,
        allowance=allowance,
        resets=resets,
        chart=charts.both(
            charts.CreditsLine(
                points,
                allowance=allowance,
                begins=begins,
                resets=resets,
                ends_with=ends_with,
                label=f"{formats.count(left)} of {formats.count(allowance)} credits left at"
                f" {formats.instant(newest)}; at the pace of the last week"
                f" {formats.count(ends_with)} are left when they are renewed.",
            )
        ),
    )


def _forecast(points: Sequence[tuple[datetime, int]], resets: datetime) -> int:
    """What is left at the reset if the pace of the last week goes on."""
    newest, left = points[-1]
    since, before = next(point for point in points if point[0] >= newest - timedelta(days=7))
    span = (newest - since).total_seconds()
    if span <= 0:
        return left
    pace = max(0.0, (before - left) / span)  # credits that came back say nothing about spending
    return max(0, round(left - pace * (resets - newest).total_seconds()))
