"""Asking providers what is due, and storing whatever they answer before anybody reads it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Value, When

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.queue import enqueue_on_commit
from apps.governance import audit, switches
from apps.rulebook.errors import RuleBroken
from apps.snapshots.actions import accounts, payloads
from apps.snapshots.actions.accounts import Admission
from apps.snapshots.models import Feed, ProviderPoll
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi.cost import HISTORY_TIMES
from apps.snapshots.providers.ports import READABLE, FetchOutcome, FetchRequest, Outcome

INSTANT = timedelta(microseconds=1)
LOCK_CLASS = 0x66656564  # "feed": the first half of the lock under which one is asked


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one round of fetching did."""

    polls: int = 0  # answers stored, bad ones too
    failed: int = 0  # of them without a body to read
    waiting: int = 0  # feeds whose switch is off


def fetch_due(*, by: Actor, at: datetime) -> Fetched:
    """Ask every feed whose time has come; one that lags behind is asked until it is level.

    Each answer is a transaction of its own: bytes first, nothing is parsed here. A feed that
    another worker is asking is left to it. Feeds of a league whose INGEST is off wait. A call
    over the wire passes its provider's account first; what that refuses is a poll that failed,
    and costs nothing.
    """
    feeds = list(Feed.objects.due(at).select_related("league"))
    scopes = {feed.league.scope for feed in feeds}
    open_scopes = switches.open_scopes(switches.INGEST, scopes) if feeds else set()
    outcomes: list[Outcome] = []
    waiting = 0
    for feed in feeds:
        try:
            if feed.league.scope in open_scopes:
                outcomes += _level(feed, by=by, at=at)
            else:
                waiting += 1
        except switches.Halted:
            waiting += 1
    polls = [outcome for outcome in outcomes if outcome is not Outcome.NOT_DUE]
    return Fetched(
        polls=len(polls),
        failed=sum(outcome not in READABLE for outcome in polls),
        waiting=waiting,
    )


def ask_about_past(
    feed: Feed, *, moment: datetime, by: Actor, at: datetime, event_key: str = ""
) -> FetchOutcome:
    """Ask a feed's provider what it showed at a moment of the past; nothing is stored here.

    It passes the provider's account like any call, at ten times the price, and never touches the
    reserve. What comes over the wire is an envelope (``oddsapi.opened``).
    """
    cost = HISTORY_TIMES * registry.cost_of(feed.adapter, feed.kind, feed.options)
    admission = accounts.admit(feed, closing=False, at=at, cost=cost)
    if admission.refusal is not None:
        return admission.refusal
    time.sleep(admission.wait_s)
    request = replace(_request(feed, at), after=None, moment=moment, event_key=event_key)
    try:
        answer = registry.fetch_past(feed.adapter, feed.source, request)
    except RuleBroken as refusal:
        answer = _unanswered(refusal, at)
    accounts.settle(feed, answer, by=by, at=at, cost=cost)
    return answer


def _level(feed: Feed, *, by: Actor, at: datetime) -> Iterator[Outcome]:
    """Ask a feed until it has caught up with ``at``."""
    lags = True
    while lags:
        answered = _ask(feed, by=by, at=at)
        if answered is None:
            return
        outcome, next_due_at = answered
        yield outcome
        lags = next_due_at is not None and next_due_at <= at


def _ask(feed: Feed, *, by: Actor, at: datetime) -> tuple[Outcome, datetime | None] | None:
    """Ask one feed once, store its answer, and say when it is due again.

    None where it is no longer due, or another worker is asking it.
    """
    games = accounts.games_near(feed, at)
    admission = Admission()
    if feed.adapter in registry.OVER_THE_WIRE:
        admission = accounts.admit(feed, closing=accounts.is_closing(feed, games, at), at=at)
    if admission.wait_s:
        time.sleep(admission.wait_s)
    return _asked(feed, admission.refusal, games, by=by, at=at)


@transaction.atomic
def _asked(
    feed: Feed,
    refusal: FetchOutcome | None,
    games: Sequence[datetime],
    *,
    by: Actor,
    at: datetime,
) -> tuple[Outcome, datetime | None] | None:
    switches.hold_open(switches.INGEST, scopes=[feed.league.scope])
    if not _alone_with(feed):
        return None
    due = Feed.objects.due(at).filter(pk=feed.pk).select_related("league").first()
    if due is None:
        return None
    answer = refusal or _answer(due, at)
    next_due_at = _next_turn(due, answer, games)
    if answer.outcome is Outcome.NOT_DUE:
        Feed.objects.filter(pk=feed.pk).update(next_due_at=next_due_at)
        return answer.outcome, next_due_at
    poll = stored(due, answer)
    # A poll that comes late has to be read: the mark of what was read moves back before it.
    passed = When(read_through__gte=answer.captured_at, then=Value(answer.captured_at - INSTANT))
    Feed.objects.filter(pk=feed.pk).update(
        next_due_at=next_due_at,
        last_captured_at=answer.captured_at,
        read_through=Case(passed, default=F("read_through")),
    )
    audit.record("provider_poll.stored", poll, by=by, at=at)
    if refusal is None and feed.adapter in registry.OVER_THE_WIRE:
        # Last of all: every worker's call waits for the account, nobody's for a feed's row.
        accounts.settle(due, answer, by=by, at=at)
    if poll.outcome in READABLE:
        enqueue_on_commit("snapshots.read", after_poll=poll.pk)
    return Outcome(poll.outcome), next_due_at


def _alone_with(feed: Feed) -> bool:
    """Keep other workers from asking this feed until the transaction ends.

    No lock on its row: that would be held through the call, and reading waits for it.
    """
    [(taken,)] = fetch_all("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, feed.pk])
    return bool(taken)


def _answer(feed: Feed, at: datetime) -> FetchOutcome:
    try:
        return registry.fetch(feed.adapter, feed.kind, feed.source, _request(feed, at))
    except RuleBroken as refusal:  # nobody answers for it: a poll that failed, for all to see
        return _unanswered(refusal, at)


def _request(feed: Feed, at: datetime) -> FetchRequest:
    return FetchRequest(
        league_key=feed.league.provider_keys.get(feed.provider, ""),
        at=at,
        after=_heard_at(feed),
        options=feed.options,
        odds_format=feed.odds_format,
    )


def _unanswered(refusal: RuleBroken, at: datetime) -> FetchOutcome:
    return FetchOutcome(
        outcome=Outcome.BAD_REQUEST,
        captured_at=at,
        error_code=refusal.code,
        detail=refusal.sentence[:300],
    )


def _heard_at(feed: Feed) -> datetime | None:
    """When the newest answer was taken that brought anything: a failed call brought nothing."""
    if feed.last_captured_at is None:
        return None
    polls = ProviderPoll.objects.filter(feed=feed).readable().order_by("-captured_at")
    heard_at: datetime | None = polls.values_list("captured_at", flat=True).first()
    return heard_at


def _next_turn(feed: Feed, answer: FetchOutcome, games: Sequence[datetime]) -> datetime | None:
    if answer.exhausted:
        return None
    return answer.next_at or feed.rhythm.next_turn(answer.captured_at, games)


def stored(feed: Feed, answer: FetchOutcome) -> ProviderPoll:
    """Store an answer: its bytes first, then the poll that brought them."""
    payload_id = None
    outcome = answer.outcome
    if answer.body is not None:
        payload_id = payloads.store(answer.body, captured_at=answer.captured_at)
        outcome = _told_apart(feed, answer, payload_id)
    return ProviderPoll.objects.create(
        feed=feed,
        captured_at=answer.captured_at,
        outcome=outcome,
        http_status=answer.http_status,
        error_code=answer.error_code,
        detail=answer.detail,
        credits_cost=answer.quota.cost,
        credits_used=answer.quota.used,
        credits_remaining=answer.quota.remaining,
        duration_ms=answer.duration_ms,
        payload_id=payload_id,
    )


def _told_apart(feed: Feed, answer: FetchOutcome, payload_id: int) -> Outcome:
    """Tell an answer that brought nothing new, or nothing at all, from one that did."""
    if answer.outcome is not Outcome.OK or answer.body is None:
        return answer.outcome
    if answer.body.strip() == b"[]":
        return Outcome.EMPTY
    before = (
        ProviderPoll.objects.filter(feed=feed)
        .readable()
        .order_by("-captured_at")
        .values_list("payload_id", flat=True)
        .first()
    )
    return Outcome.UNCHANGED if before == payload_id else Outcome.OK
