"""Reading again what was set aside for a doubt that a person has decided since."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.catalog.actions import close_replayed, thaw
from apps.catalog.models import ReviewItem, ReviewKind
from apps.core.actor import Actor
from apps.governance import audit, configs, switches
from apps.governance.models import Section
from apps.rulebook.thresholds import MarketConfig
from apps.snapshots.actions.reading import LeagueBusy, accounted, held_league, store_pieces
from apps.snapshots.actions.waiting import waiting_for
from apps.snapshots.models import Feed, PayloadRereading, ProviderPoll


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What one round of reading again did."""

    items: int = 0  # answers for which nothing waits any more
    polls: int = 0
    written: int = 0


def reread_explained(*, by: Actor, at: datetime) -> ReadAgain:
    """Read what had been set aside for each question that was answered, the oldest poll first.

    Each poll is read once per answer, in a transaction of its own, and of its body only the games
    that were set aside for it: so that the quotes end as if the answer had been known all along.
    A game of which something else is in doubt still waits for that one's answer. An event whose
    sides people changed thaws when all was read under them.
    """
    items = polls = written = 0
    for item in (
        ReviewItem.objects.explained().select_related("league").order_by("decided_at", "pk")
    ):
        assert item.league is not None  # what is read again was always asked about in its league
        try:
            market = configs.resolve(Section.MARKET, league=item.league.code, at=at)
            for poll, events in waiting_for(item).items():
                receipt = _reread(item, poll, events, market, by=by, at=at)
                polls += receipt is not None
                written += receipt.written if receipt else 0
        except (switches.Halted, LeagueBusy, configs.ConfigMissing):
            continue  # the next round goes on where this one was stopped
        _close(item, by=by, at=at)
        items += 1
    return ReadAgain(items=items, polls=polls, written=written)


@transaction.atomic
def _close(item: ReviewItem, *, by: Actor, at: datetime) -> None:
    close_replayed(item.pk, by=by, at=at)
    if item.kind == ReviewKind.MAPPING_DRIFT:
        thaw(UUID(item.decision["event"]), by=by, at=at)


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
