"""What a provider may cost and how fast it is asked; the gate before every call over the wire."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.governance import audit
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import EventStatus
from apps.snapshots.actions import breakers
from apps.snapshots.models import Feed, FeedKind, ProviderAccount
from apps.snapshots.providers import registry
from apps.snapshots.providers.ports import READABLE, FetchOutcome, Outcome, Quota
from apps.snapshots.spending import credits_left, planned_credits

BUDGET_RESERVED: Final = "BUDGET_RESERVED"

LEASE: Final = timedelta(seconds=60)  # longer than any call; then a hold is forgotten
_LATER: Final = timedelta(minutes=30)  # a feed that only the reserve could pay for asks again
_IN_FLIGHT: Final = 10  # calls that may end in another order than they were counted in

_FIXED = frozenset({"id", "adapter"})
_TRAVELS = frozenset(
    {
        "credits_used",
        "credits_left",
        "told_at",
        "reset_at",
        "failures",
        "failed_as",
        "opened_at",
        "probe_until",
        "next_call_at",
    }
)


class AccountFixed(RuleBroken):
    code = "PROVIDER_ACCOUNT_FIXED"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(f"{', '.join(columns)} of a provider's account are not set by hand.")


class BudgetExceeded(RuleBroken):
    code = "BUDGET_EXCEEDED"

    def __init__(self, account: ProviderAccount, planned: int) -> None:
        super().__init__(
            f"Asking {account} like this costs {planned:,} credits in 30 days; the budget is"
            f" {account.monthly_credits:,}, of which {account.reserve:,} are kept for closing lines"
            f" and scores. Ask less often, or for fewer markets or regions."
        )
        self.planned = planned


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may be made: what is answered instead, or how long to wait before it."""

    refusal: FetchOutcome | None = None
    wait_s: float = 0.0


@transaction.atomic
def install_accounts(*, by: Actor, at: datetime) -> None:
    """Have an account for every provider that is asked over the wire; may be repeated."""
    for adapter in registry.OVER_THE_WIRE:
        if not ProviderAccount.objects.filter(adapter=adapter).exists():
            account = ProviderAccount(adapter=adapter)
            account.save(force_insert=True)
            audit.record("provider_account.created", account, by=by, at=at)


@transaction.atomic
def change_account(
    *, adapter: str, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> ProviderAccount:
    """Set what a provider may cost and how fast it is asked.

    Raises:
        AccountFixed: what its answers say is not set by hand.
        BudgetExceeded: its feeds, as they are, would cost more.
    """
    refused = sorted((_FIXED | _TRAVELS) & changes.keys())
    if refused:
        raise AccountFixed(refused)
    account = ProviderAccount.objects.select_for_update(no_key=True).get(adapter=adapter)
    with audit.recording("provider_account.changed", account, by=by, at=at, reason=reason):
        for column, value in changes.items():
            setattr(account, column, value)
        account.save(update_fields=[*changes])
    _require_fit(account, at)
    return account


def require_fit(adapter: str, at: datetime) -> None:
    """Refuse feeds that together cost more than their provider's month holds.

    Asked inside the transaction that changed them, which then rolls back.

    Raises:
        BudgetExceeded: they do.
    """
    account = ProviderAccount.objects.filter(adapter=adapter).first()
    if account is not None:
        _require_fit(account, at)


def games_near(feed: Feed, at: datetime) -> list[datetime]:
    """Return when the games begin or began that bear on when a feed is asked next.

    For quotes games ahead; for scores those that have begun and have no end yet, and the next.
    """
    rhythm = feed.rhythm
    closes = feed.kind == FeedKind.ODDS and feed.adapter in registry.OVER_THE_WIRE
    if not rhythm.steps and not closes:
        return []
    ahead = max(rhythm.reach, timedelta(seconds=feed.max_close_age_s))
    first = at - rhythm.reach if rhythm.after else at
    last = at + timedelta(seconds=feed.rhythm_s) + (timedelta(0) if rhythm.after else ahead)
    return list(
        Event.objects.filter(
            league_id=feed.league_id,
            status__in=[EventStatus.SCHEDULED.value, EventStatus.LIVE.value],
            begins_at__range=(first, last),
            merged_into__isnull=True,
        ).values_list("begins_at", flat=True)
    )


@transaction.atomic
def admit(feed: Feed, *, closing: bool, at: datetime, cost: int | None = None) -> Admission:
    """Ask whether a call may be made now, and hold its credits and its turn.

    Committed before the call is made, so that other workers see it. ``closing``: the call is for
    a closing line or a score, and may use the reserve. ``cost`` is the feed's own unless told.
    Where the provider says that nothing is left, asking is free and tells of the reset, so it is
    not refused here.
    """
    account = (
        ProviderAccount.objects.select_for_update(no_key=True).filter(adapter=feed.adapter).first()
    )
    if account is None:
        return Admission()
    if cost is None:
        cost = registry.cost_of(feed.adapter, feed.kind, feed.options)
    left = credits_left(account, at)
    if left is not None and cost and not closing:
        free = left - _held_by_others(feed) - cost
        if left > 0 and free < account.reserve:
            detail = f"{left:,} credits are left: kept for closing lines and scores."
            return Admission(
                _refused(Outcome.OUT_OF_CREDITS, BUDGET_RESERVED, detail, at, at + _LATER)
            )
    left_alone = breakers.refusal(account, feed, at)
    if left_alone is not None:
        return Admission(left_alone)
    if account.monthly_credits is not None and cost:
        _hold(feed, cost)
    return Admission(wait_s=_turn(account))


@transaction.atomic
def settle(
    feed: Feed, answer: FetchOutcome, *, by: Actor, at: datetime, cost: int | None = None
) -> None:
    """Take from an answer what it says of our credits, and whether the provider answers at all."""
    if cost is None:
        cost = registry.cost_of(feed.adapter, feed.kind, feed.options)
    account = (
        ProviderAccount.objects.select_for_update(no_key=True).filter(adapter=feed.adapter).first()
    )
    if account is None:
        return
    _count(account, cost, answer, by=by, at=at)
    account.save(update_fields=["credits_used", "credits_left", "told_at", "reset_at"])
    breakers.note(account, feed, answer, by=by, at=at)
    execute("DELETE FROM credit_hold WHERE feed_id = %s", [feed.pk])


def _require_fit(account: ProviderAccount, at: datetime) -> None:
    if account.spendable is None:
        return
    feeds = Feed.objects.enabled().filter(adapter=account.adapter).select_related("league")
    planned = sum(planned_credits(feeds, at).values())
    if planned > account.spendable:
        raise BudgetExceeded(account, planned)


def _held_by_others(feed: Feed) -> int:
    [(held,)] = fetch_all(
        "SELECT coalesce(sum(hold.credits), 0) FROM credit_hold AS hold"
        " JOIN feed ON feed.id = hold.feed_id"
        " WHERE feed.adapter = %s AND feed.id <> %s AND hold.until > clock_timestamp()",
        [feed.adapter, feed.pk],
    )
    return int(held)


def _hold(feed: Feed, credits: int) -> None:
    execute(
        "INSERT INTO credit_hold (feed_id, credits, until)"
        " VALUES (%s, %s, clock_timestamp() + %s)"
        " ON CONFLICT (feed_id) DO UPDATE"
        " SET credits = excluded.credits, until = excluded.until",
        [feed.pk, credits, LEASE],
    )


def _turn(account: ProviderAccount) -> float:
    """Take the next place in the row of calls; return how many seconds it is away."""
    if account.calls_per_second is None:
        return 0.0
    gap = timedelta(seconds=1 / float(account.calls_per_second))
    [(wait_s,)] = fetch_all(
        "UPDATE provider_account"
        " SET next_call_at = greatest(next_call_at, clock_timestamp()) + %(gap)s"
        " WHERE id = %(id)s"
        " RETURNING extract(epoch FROM next_call_at - %(gap)s - clock_timestamp())",
        {"gap": gap, "id": account.pk},
    )
    return max(0.0, float(wait_s))


def _count(
    account: ProviderAccount, cost: int, answer: FetchOutcome, *, by: Actor, at: datetime
) -> None:
    """Believe the answer's own count; where it has none, count what the call should have cost."""
    told = answer.quota
    if told.used is None and told.remaining is None:
        if answer.outcome in READABLE and account.credits_left is not None:
            account.credits_left -= cost
            account.credits_used = (account.credits_used or 0) + cost
        return
    if _is_reset(account, told):
        with audit.recording("provider_account.reset", account, by=by, at=at):
            account.reset_at = at
            account.credits_used, account.credits_left = told.used, told.remaining
    elif account.credits_used is None or (told.used or 0) >= account.credits_used:
        account.credits_used, account.credits_left = told.used, told.remaining
    account.told_at = at


def _is_reset(account: ProviderAccount, told: Quota) -> bool:
    """Whether used credits fell, and by more than calls that overtook each other explain."""
    if told.used is None or account.credits_used is None or told.used >= account.credits_used:
        return False
    cost = max(told.cost or 0, 1)
    return told.used <= cost or account.credits_used - told.used > _IN_FLIGHT * cost


def _refused(
    outcome: Outcome, code: str, detail: str, at: datetime, next_at: datetime | None = None
) -> FetchOutcome:
    return FetchOutcome(
        outcome=outcome, captured_at=at, error_code=code, detail=detail, next_at=next_at
    )


def is_closing(feed: Feed, games: Iterable[datetime], at: datetime) -> bool:
    """Whether a call may become a game's closing line or its score, which the reserve is for."""
    if feed.kind != FeedKind.ODDS:
        return True
    ahead = timedelta(seconds=max(feed.max_close_age_s, 60))
    return any(at < start <= at + ahead for start in games)
