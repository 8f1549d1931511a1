"""Leaving a provider alone that fails: all of it, or what it says about one league.

Half open is one call: whoever holds its lease tries, and everybody else is refused until it ended.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import execute
from apps.governance import audit
from apps.snapshots.models import Feed, LeagueBreaker, ProviderAccount
from apps.snapshots.models.account import Breaker
from apps.snapshots.providers import registry
from apps.snapshots.providers.ports import READABLE, FetchOutcome, Outcome

BREAKER_OPEN: Final = "BREAKER_OPEN"
OF_THE_ACCOUNT: Final = (Outcome.AUTH, Outcome.OUT_OF_CREDITS, Outcome.NETWORK)
OF_A_LEAGUE: Final = (Outcome.SERVER, Outcome.GONE, Outcome.UNREADABLE)

_LEASE: Final = timedelta(seconds=60)  # longer than any call; then it is forgotten
_OF_ONE_EVENT: Final = "EVENT_NOT_FOUND"  # that a game is over says nothing about its league
_FAILING: Final = ("failures", "failed_as", "opened_at", "probe_until")


def refusal(account: ProviderAccount, feed: Feed, at: datetime) -> FetchOutcome | None:
    """Say what is answered instead of a call that is not made; None where it may be made.

    It ends as the last failure did, so that what is wrong stays wrong for whoever looks. The
    caller holds the account's row.
    """
    shut = [each for each in (account, _of_league(feed)) if each and _is_open(each, at)]
    for breaker in shut:
        again = breaker.tried_again_at(account.open_for_s)
        if again is not None and at < again:
            return _refused(breaker, feed, at)
    leased: list[Breaker] = []
    for breaker in shut:
        if not _lease(breaker):
            for each in leased:
                _release(each)
            return _refused(breaker, feed, at)
        leased.append(breaker)
    return None


def note(
    account: ProviderAccount, feed: Feed, answer: FetchOutcome, *, by: Actor, at: datetime
) -> None:
    """Count what an answer says of the provider, and of what it is asked about.

    The caller holds the account's row. That a body can be read is known when it was read
    (``heard``).
    """
    outcome = answer.outcome
    if outcome in OF_THE_ACCOUNT:
        _fail(account, account, outcome, by=by, at=at)
        return
    _answers(account, by=by, at=at)
    if outcome in OF_A_LEAGUE and answer.error_code != _OF_ONE_EVENT:
        _fail_about(account, feed, outcome, failed_at=at, by=by, at=at)
        return
    breaker = _of_league(feed, locked=True)
    if breaker is None:
        return
    if outcome in READABLE and breaker.failed_as != Outcome.UNREADABLE:
        _answers(breaker, by=by, at=at)
    else:
        _release(breaker)


def heard(
    feed: Feed, captured_at: datetime, *, could_be_read: bool, by: Actor, at: datetime
) -> None:
    """Count whether a body that came could be read: a page of another kind is no answer."""
    if feed.adapter not in registry.OVER_THE_WIRE:
        return
    if not could_be_read:
        account = ProviderAccount.objects.filter(adapter=feed.adapter).first()
        if account is not None:
            _fail_about(account, feed, Outcome.UNREADABLE, failed_at=captured_at, by=by, at=at)
        return
    breaker = _of_league(feed)
    if breaker is None or breaker.failed_as != Outcome.UNREADABLE:
        return
    breaker = _of_league(feed, locked=True)
    if breaker and breaker.failed_at and breaker.failed_at < captured_at:
        _answers(breaker, by=by, at=at)


@transaction.atomic
def _fail_about(
    account: ProviderAccount,
    feed: Feed,
    outcome: Outcome,
    *,
    failed_at: datetime,
    by: Actor,
    at: datetime,
) -> None:
    breaker, _is_new = LeagueBreaker.objects.select_for_update(no_key=True).get_or_create(
        adapter=feed.adapter, league_id=feed.league_id
    )
    breaker.failed_at = max(breaker.failed_at or failed_at, failed_at)
    breaker.save(update_fields=["failed_at"])
    _fail(breaker, account, outcome, by=by, at=at)


def _fail(
    breaker: ProviderAccount | LeagueBreaker,
    account: ProviderAccount,
    outcome: Outcome,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Count a failure; leave alone what failed so often in a row, or was tried again in vain."""
    breaker.failures += 1
    breaker.failed_as, breaker.probe_until = outcome.value, None
    if breaker.opened_at is not None:
        breaker.opened_at = max(breaker.opened_at, at)
    elif breaker.failures >= account.failures_to_open:
        with audit.recording(f"{_name_of(breaker)}.left_alone", breaker, by=by, at=at):
            breaker.opened_at = at
    breaker.save(update_fields=_FAILING)


def _answers(breaker: ProviderAccount | LeagueBreaker, *, by: Actor, at: datetime) -> None:
    """It is back, or never was away: what failed before counts no more."""
    if not breaker.failures and breaker.opened_at is None:
        return
    if breaker.opened_at is not None:
        with audit.recording(f"{_name_of(breaker)}.answers", breaker, by=by, at=at):
            breaker.opened_at = None
    breaker.failures, breaker.failed_as, breaker.probe_until = 0, "", None
    breaker.save(update_fields=_FAILING)


def _name_of(breaker: ProviderAccount | LeagueBreaker) -> str:
    return breaker._meta.db_table


def _of_league(feed: Feed, *, locked: bool = False) -> LeagueBreaker | None:
    rows = LeagueBreaker.objects.filter(adapter=feed.adapter, league_id=feed.league_id)
    return (rows.select_for_update(no_key=True) if locked else rows).first()


def _is_open(breaker: Breaker, at: datetime) -> bool:
    return breaker.opened_at is not None and at >= breaker.opened_at


def _lease(breaker: Breaker) -> bool:
    """Take the one call that looks again; False where somebody else has it."""
    return bool(
        execute(
            f"UPDATE {breaker._meta.db_table} SET probe_until = clock_timestamp() + %s"
            " WHERE id = %s AND coalesce(probe_until < clock_timestamp(), true)",
            [_LEASE, breaker.pk],
        )
    )


def _release(breaker: Breaker) -> None:
    breaker.probe_until = None
    breaker.save(update_fields=["probe_until"])


def _refused(breaker: Breaker, feed: Feed, at: datetime) -> FetchOutcome:
    what = (
        f"What the provider says about {feed.league.code}"
        if isinstance(breaker, LeagueBreaker)
        else "The provider"
    )
    return FetchOutcome(
        outcome=Outcome(breaker.failed_as or Outcome.NETWORK),
        captured_at=at,
        error_code=BREAKER_OPEN,
        detail=f"{what} failed {breaker.failures} times in a row and is left alone for a while.",
    )
