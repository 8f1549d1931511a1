"""Reading again what was set aside for a spelling that a person has explained since."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from apps.catalog.actions import close_replayed
from apps.catalog.models import ReviewItem, TeamAlias
from apps.core.actor import Actor
from apps.governance import audit, configs, switches
from apps.governance.models import Section
from apps.rulebook.thresholds import MarketConfig
from apps.snapshots.actions.reading import LeagueBusy, accounted, held_league, store_pieces
from apps.snapshots.models import Feed, PayloadRereading, ProviderPoll, QuarantinedRow
from apps.snapshots.reading.codes import Quarantined


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What one round of reading again did."""

    items: int = 0  # explained spellings of which nothing waits any more
    polls: int = 0
    written: int = 0


def reread_explained(*, by: Actor, at: datetime) -> ReadAgain:
    """Read what had been set aside for each explained spelling, the oldest poll first.

    Each poll is read once per spelling, in a transaction of its own, and of its body only the
    games that were set aside for it: so that the quotes end as if the spelling had been known
    all along. A game of which the other team is unknown still waits for that one's answer.
    """
    items = polls = written = 0
    for item in (
        ReviewItem.objects.explained().select_related("league").order_by("decided_at", "pk")
    ):
        assert item.league is not None  # a spelling is always asked about in its league
        try:
            market = configs.resolve(Section.MARKET, league=item.league.code, at=at)
            for poll, events in _set_aside(item).items():
                receipt = _reread(item, poll, events, market, by=by, at=at)
                polls += receipt is not None
                written += receipt.written if receipt else 0
        except (switches.Halted, LeagueBusy, configs.ConfigMissing):
            continue  # the next round goes on where this one was stopped
        close_replayed(item.pk, by=by, at=at)
        items += 1
    return ReadAgain(items=items, polls=polls, written=written)


@transaction.atomic
def _reread(
    item: ReviewItem,
    poll: ProviderPoll,
    events: frozenset[str],
    market: configs.Resolved[MarketConfig],
    *,
    by: Actor,
    at: datetime,
) -> PayloadRereading | None:
    """Read the events of one poll; None where another worker has done so already.

    Raises:
        switches.Halted: the league's INGEST is off.
        LeagueBusy: another worker is reading the league.
    """
    league = held_league(poll.feed.league)
    if PayloadRereading.objects.filter(review_item=item, poll=poll).exists():
        return None
    feed = Feed.objects.select_for_update(no_key=True).get(pk=poll.feed_id)
    account = accounted(poll, feed, league, market, only=events, by=by, at=at)
    store_pieces(poll, account.tray.pieces)
    receipt = PayloadRereading.objects.create(
        poll=poll,
        review_item=item,
        read_at=at,
        refused_code=account.refused or "",
        events=account.events,
        prices=account.prices,
        written=account.written,
        unchanged=account.unchanged,
        quarantined=account.tray.by_code(),
        quarantined_total=account.tray.total,
    )
    audit.record("payload.reread", receipt, by=by, at=at, config_version=market.version_id)
    return receipt


def _set_aside(item: ReviewItem) -> Mapping[ProviderPoll, frozenset[str]]:
    """Find the polls with games set aside for a spelling, the oldest first, and those games."""
    rows = (
        QuarantinedRow.objects.filter(
            code=Quarantined.UNKNOWN_TEAM,
            poll__feed__provider=item.provider,
            poll__feed__league=item.league,
            fragment__contains=msgspec.json.encode(item.subject).decode()[:-1],
        )
        .select_related("poll__feed__league")
        .order_by("poll__captured_at", "poll_id", "id")
    )
    known: dict[str, bool] = {}
    found: defaultdict[ProviderPoll, set[str]] = defaultdict(set)
    for row in rows.iterator():
        if row.fragment not in known:
            known[row.fragment] = _is_known(row.fragment, item)
        if known[row.fragment]:
            found[row.poll].add(row.source_event_id)
    return {poll: frozenset(events) for poll, events in found.items()}


def _is_known(fragment: str, item: ReviewItem) -> bool:
    """Whether both teams that a piece names are known by now."""
    try:
        piece = json.loads(fragment)
    except ValueError:  # names so long that the piece was cut
        return False
    names = {piece["home"], piece["away"]}
    assert item.league_id is not None
    teams = TeamAlias.objects.teams_of(
        provider=item.provider, league_id=item.league_id, spellings=names
    )
    return item.subject in names and teams.keys() == names
