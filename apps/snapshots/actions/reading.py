"""Reading what was stored: one transaction per payload, one receipt per poll."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.core.archive import NotArchived
from apps.core.db import copy_rows
from apps.governance import audit, configs, switches
from apps.governance.models import Section
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import MarketConfig
from apps.snapshots.actions import breakers, payloads
from apps.snapshots.actions.account import Account
from apps.snapshots.actions.board import store_board
from apps.snapshots.actions.injuries import store_injuries
from apps.snapshots.actions.results import store_results
from apps.snapshots.models import Feed, FeedKind, PayloadReading, ProviderPoll, QuarantinedRow
from apps.snapshots.reading.archive import read_archive
from apps.snapshots.reading.codes import Refused
from apps.snapshots.reading.injuries import read_injuries
from apps.snapshots.reading.scores import read_scores
from apps.snapshots.reading.tray import Piece
from apps.snapshots.reading.wire import PayloadRefused

READER_VERSION = 1

_QUARANTINE_COLUMNS = (
    "poll_id",
    "reader_version",
    "code",
    "place",
    "source_event_id",
    "book_key",
    "market_key",
    "prices",
    "fragment",
)


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """What one round of reading did."""

    polls: int = 0
    refused: int = 0  # of them nothing could be read
    waiting: int = 0  # left: its league is switched off, not configured, or being read
    prices: int = 0
    written: int = 0
    unchanged: int = 0
    quarantined: int = 0
    withdrawn: int = 0


def read_unread(*, by: Actor, at: datetime) -> ReadSoFar:
    """Read every stored body that nobody has read, the oldest first.

    One worker at a time reads a league; a second one leaves its polls alone. Polls of a league
    that is switched off or has no market configuration wait, and are counted. A body in which
    nothing can be read gets its receipt as well, with the code that says why.
    """
    polls = list(
        ProviderPoll.objects.captured_by(at).unread().select_related("feed__league", "payload")
    )
    scopes = {poll.feed.league.scope for poll in polls}
    open_scopes = switches.open_scopes(switches.INGEST, scopes) if polls else set()
    configurations: dict[str, configs.Resolved[MarketConfig]] = {}
    receipts: list[PayloadReading] = []
    waiting = 0
    for poll in polls:
        league = poll.feed.league
        if league.scope not in open_scopes:
            waiting += 1
            continue
        try:
            if league.code not in configurations:
                configurations[league.code] = configs.resolve(
                    Section.MARKET, league=league.code, at=at
                )
            receipt = read_poll(poll, configurations[league.code], by=by, at=at)
        except (switches.Halted, LeagueBusy, configs.ConfigMissing):
            # What follows in this league waits with it: polls are read in their order.
            open_scopes.discard(league.scope)
            waiting += 1
        else:
            receipts += [receipt] if receipt else []
    return ReadSoFar(
        polls=len(receipts),
        refused=sum(bool(receipt.refused_code) for receipt in receipts),
        waiting=waiting,
        prices=sum(receipt.prices for receipt in receipts),
        written=sum(receipt.written for receipt in receipts),
        unchanged=sum(receipt.unchanged for receipt in receipts),
        quarantined=sum(receipt.quarantined_total for receipt in receipts),
        withdrawn=sum(receipt.withdrawn for receipt in receipts),
    )


class LeagueBusy(RuleBroken):
    code = "LEAGUE_BUSY"

    def __init__(self, league: str) -> None:
        super().__init__(f"Another worker is reading {league}.")


def held_league(league: League) -> League:
    """Hold a league for one reading: its switch open, and no other worker in it.

    Raises:
        switches.Halted: the league's INGEST is off.
        LeagueBusy: another worker is reading the league.
    """
    switches.hold_open(switches.INGEST, scopes=[league.scope])
    held = League.objects.locked(wait=False).filter(pk=league.pk).first()
    if held is None:
        raise LeagueBusy(league.code)
    return held


@transaction.atomic
def read_poll(
    poll: ProviderPoll, market: configs.Resolved[MarketConfig], *, by: Actor, at: datetime
) -> PayloadReading | None:
    """Read one poll; None where another worker has read it already.

    Raises:
        switches.Halted: the league's INGEST is off.
        LeagueBusy: another worker is reading the league.
    """
    league = held_league(poll.feed.league)
    if PayloadReading.objects.filter(poll=poll).exists():
        return None
    # The league's lock is held: how far the feed was read stands still now.
    feed = Feed.objects.select_for_update(no_key=True).get(pk=poll.feed_id)
    account = accounted(poll, feed, league, market, by=by, at=at)
    receipt = _receipt(poll, account, at)
    audit.record("payload.read", receipt, by=by, at=at, config_version=market.version_id)
    _advance(feed, poll)
    if account.refused is not Refused.CORRUPT:  # what our own store lost is nobody else's failure
        readable = account.refused is None
        breakers.heard(feed, poll.captured_at, could_be_read=readable, by=by, at=at)
    return receipt


def _advance(feed: Feed, poll: ProviderPoll) -> None:
    """Note how far the feed was read; never past a poll that still waits."""
    earlier = ProviderPoll.objects.filter(feed=feed, captured_at__lt=poll.captured_at)
    if not earlier.unread().exists():
        feed.read_through = poll.captured_at
    if feed.newest_read_at is None or feed.newest_read_at < poll.captured_at:
        feed.newest_read_at = poll.captured_at
    feed.save(update_fields=["read_through", "newest_read_at"])


def accounted(
    poll: ProviderPoll,
    feed: Feed,
    league: League,
    market: configs.Resolved[MarketConfig],
    *,
    only: frozenset[str] | None = None,
    by: Actor,
    at: datetime,
) -> Account:
    """Read a poll's body, or ``only`` some events of it. The caller holds the league's lock."""
    assert poll.payload_id is not None  # a constraint: a poll with a body has a payload
    try:
        body = payloads.load(poll.payload_id)
    except (payloads.PayloadCorrupt, NotArchived):
        return Account(refused=Refused.CORRUPT)
    try:
        match feed.kind:
            case FeedKind.ODDS:
                return store_board(body, poll, feed, league, market, only=only, by=by, at=at)
            case FeedKind.INJURIES:
                injuries = read_injuries(body, captured_at=poll.captured_at)
                return store_injuries(injuries, poll, feed, league, by=by, at=at)
            case FeedKind.RESULTS:
                told = read_scores(body, captured_at=poll.captured_at)
            case _:
                told = read_archive(body, captured_at=poll.captured_at)
    except PayloadRefused as refusal:
        return Account(refused=refusal.refused)
    if only is not None:
        told.keep(only)
    return store_results(told, poll, feed, league, by=by, at=at)


def _receipt(poll: ProviderPoll, account: Account, at: datetime) -> PayloadReading:
    store_pieces(poll, account.tray.pieces)
    return PayloadReading.objects.create(
        poll=poll,
        reader_version=READER_VERSION,
        read_at=at,
        refused_code=account.refused or "",
        events=account.events,
        prices=account.prices,
        written=account.written,
        unchanged=account.unchanged,
        quarantined=account.tray.by_code(),
        quarantined_total=account.tray.total,
        withdrawn=account.withdrawn,
    )


def store_pieces(poll: ProviderPoll, pieces: Sequence[Piece]) -> None:
    """Keep what was set aside from a poll's body."""
    if not pieces:
        return
    copy_rows(
        QuarantinedRow._meta.db_table,
        _QUARANTINE_COLUMNS,
        (
            (
                poll.pk,
                READER_VERSION,
                piece.code.value,
                piece.place,
                piece.source_event_id,
                piece.book_key,
                piece.market_key,
                piece.prices,
                piece.fragment,
            )
            for piece in pieces
        ),
    )
