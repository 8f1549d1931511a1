"""What providers cost: planned from the rhythms of their feeds, and told by their answers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from apps.catalog.models import Event
from apps.snapshots.models import Feed, ProviderAccount, ProviderPoll
from apps.snapshots.planning import (
    LOOKS_BACK,
    MONTH,
    Forecast,
    credits_per_month,
    forecast,
    month_of,
)
from apps.snapshots.providers import registry

_DAY = timedelta(days=1)


def planned_credits(feeds: Iterable[Feed], at: datetime) -> dict[int, int]:
    """Return what each feed is planned to cost in thirty days."""
    return {
        feed.pk: credits_per_month(feed.rhythm, cost, games_of(feed, at), at)
        for feed in feeds
        if (cost := registry.cost_of(feed.adapter, feed.kind, feed.options))
    }


def games_of(feed: Feed, at: datetime) -> list[datetime]:
    """Return when the games began and begin that a rhythm is planned on."""
    if not feed.rhythm.steps:
        return []
    return list(
        Event.objects.filter(
            league_id=feed.league_id, begins_at__gte=at - LOOKS_BACK, merged_into__isnull=True
        )
        .order_by("begins_at")
        .values_list("begins_at", flat=True)
    )


def credits_left(account: ProviderAccount, at: datetime) -> int | None:
    """Return what is left of this month's credits; None where nobody counts them.

    What was said in another month is no longer true: the month began with all of them.
    """
    if account.monthly_credits is None:
        return None
    if account.credits_left is None or account.told_at is None:
        return account.monthly_credits
    return (
        account.credits_left
        if month_of(account.told_at) == month_of(at)
        else (account.monthly_credits)
    )


def forecast_of(account: ProviderAccount, at: datetime) -> Forecast:
    """Return where a provider's month ends at the pace of now."""
    feeds = Feed.objects.enabled().filter(adapter=account.adapter).select_related("league")
    left = credits_left(account, at)
    spent = None
    if left is not None and account.monthly_credits is not None:
        told = account.credits_used if left == account.credits_left else None
        spent = account.monthly_credits - left if told is None else told
    return forecast(
        planned_per_day=sum(planned_credits(feeds, at).values()) / (MONTH / _DAY),
        observed_per_day=_observed_per_day(account, at),
        spent=spent,
        left=left,
        at=at,
    )


def _observed_per_day(account: ProviderAccount, at: datetime) -> float:
    """Return how quickly the used credits grew over the last day, whoever used them."""
    since = max(at - _DAY, month_of(at), account.reset_at or at - _DAY)
    told = ProviderPoll.objects.filter(
        feed__adapter=account.adapter,
        captured_at__range=(since, at),
        credits_used__isnull=False,
    ).order_by("captured_at", "id")
    columns = "captured_at", "credits_used"
    first, last = told.values_list(*columns).first(), told.values_list(*columns).last()
    if first is None or last is None or last[0] - first[0] < timedelta(hours=1):
        return 0.0
    return max(0.0, (last[1] - first[1]) / ((last[0] - first[0]) / _DAY))
