"""Where the market stood when each game began, and which games still owe their result.

Asked of every game, with picks on it or without: a recording that holds no results, or a league
that nobody has rated, is played to its closing lines all the same.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from apps.catalog.models import Event
from apps.ops.models import ReplayRun
from apps.rulebook.markets import EventStatus
from apps.snapshots.models import Consensus, LatestQuote

OVERDUE, AWAITED = "RESULT_OVERDUE", "RESULT_AWAITED"


def begun_report(events: Sequence[Event]) -> dict[str, Any]:
    """Count the games that began, their last quotes and closes, and what has no result yet."""
    at = ReplayRun.objects.values_list("position", flat=True).get()
    begun = [event for event in events if at is not None and event.begins_at <= at]
    ids = [event.pk for event in begun]
    return {
        "begun": {
            "events": len(begun),
            "last_quotes": _last_quotes(ids),
            "consensus": _consensus(ids),
            "without_result": _without_result(begun, at),
        }
    }


def _last_quotes(ids: Sequence[Any]) -> dict[str, dict[str, int]]:
    """Per market: of the last quotes before the start, which are recent enough to be closes."""
    found: dict[str, dict[str, int]] = {}
    rows = (
        LatestQuote.objects.of_events(ids)
        .closing()
        .values_list("selection__market_type", "close_in_time")  # type: ignore[misc]
        .annotate(n=Count("pk"))
        .order_by("selection__market_type", "close_in_time")
    )
    for market, in_time, count in rows:
        found.setdefault(market, {"in_time": 0, "too_old": 0})
        found[market]["in_time" if in_time else "too_old"] += count
    return found


def _consensus(ids: Sequence[Any]) -> dict[str, dict[str, int]]:
    """Per market: selections on which the books agreed at the close, and why not on the others."""
    found: dict[str, Counter[str]] = {}
    for close in Consensus.objects.closing(ids):
        found.setdefault(close.market_type, Counter())[close.gap or "AGREED"] += 1
    return {market: dict(sorted(counts.items())) for market, counts in sorted(found.items())}


def _without_result(begun: Sequence[Event], at: datetime | None) -> dict[str, int]:
    """Why games that began are not settled: nobody has told, though the longest game is over."""
    overdue = set()
    if at is not None:
        overdue = set(Event.objects.overdue(at).values_list("pk", flat=True))
    reasons = Counter(
        OVERDUE if event.pk in overdue else AWAITED
        for event in begun
        if event.status in {EventStatus.SCHEDULED, EventStatus.LIVE}
    )
    return dict(sorted(reasons.items()))
