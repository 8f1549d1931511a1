"""What the board shows: what stands now, what ended today, and why nothing is where nothing is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Max, Min

from apps.core import formats
from apps.core.local import Place
from apps.core.tenancy import current_schema
from apps.governance import configs, switches
from apps.picks.funnel import funnel
from apps.picks.models import Pick, ProposalRound
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.thresholds import OpinionConfig
from apps.simulations.models import MarketEvaluation
from apps.site.cards import Card, read_cards, with_all
from apps.site.slate import bounds
from apps.snapshots.models import Feed, FeedKind

CARDS_AT_MOST: Final = 120
_LOOKS: Final = 50  # rounds in which the closest edge is looked for
_IN_ORDER: Final = (
    (Validity.VALID, "playable"),
    (Validity.MOVED_BUT_OK, "moved and still playable"),
    (Validity.REFRESH_RECOMMENDED, "due for a refresh"),
    (Validity.INVALIDATED, "no longer playable"),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at where nothing was found good enough."""

    needed: str
    checked: str
    closest: str
    next_look: str


@dataclass(frozen=True, slots=True)
class Board:
    standing: list[Card]
    ended: list[Card]
    more: int
    total: str
    summary: str
    note: str  # where prices do not come, or nothing is published
    looked: Looked | None


def read_board(place: Place, at: datetime) -> Board:
    first, end = bounds(place, at)
    standing = Pick.objects.live().order_by("event__start_time", "id")
    ended = (
        Pick.objects.seen()
        .filter(status__in=[PickStatus.GRADED, PickStatus.SUPERSEDED])
        .filter(event__start_time__gte=first, event__start_time__lt=end)
        .order_by("event__start_time", "id")
    )
    shown, over = with_all(standing), with_all(ended)
    cards = read_cards([*shown, *over], at=at, place=place)
    stand = sorted(cards[: len(shown)], key=_playable_first)
    return Board(
        standing=stand[:CARDS_AT_MOST],
        ended=cards[len(shown) :],
        more=max(0, len(stand) - CARDS_AT_MOST),
        total=f"{formats.plural(len(stand), 'pick')}.",
        summary=_summary(stand),
        note=_note(place, at),
        looked=None if stand else _looked(place, at),
    )


def _playable_first(card: Card) -> tuple[int, datetime, float]:
    pick = card.pick
    return (2 if card.is_gone else 1 if card.is_over else 0), pick.event.start_time, -pick.ev


def _summary(cards: Sequence[Card]) -> str:
    """Count the cards by how they stand, so that they add up to the total."""
    begun = sum(card.is_over and not card.is_gone for card in cards)
    counts = Counter(
        Validity(card.pick.validity_state) for card in cards if card.is_gone or not card.is_over
    )
    said = [f"{formats.count(counts[one])} {word}" for one, word in _IN_ORDER if counts[one]]
    if begun:
        said.append(f"{formats.count(begun)} begun")
    return f"{', '.join(said)}." if said else ""


def _note(place: Place, at: datetime) -> str:
    """Say what a reader must know before anything else: silence that is not the market's."""
    gate = switches.explain(switches.PUBLISH, [switches.GLOBAL, f"tenant:{current_schema()}"])
    if not gate.open:
        return "Publishing is paused: nothing new appears. What stands here is still watched."
    feeds = Feed.objects.enabled().filter(kind=FeedKind.ODDS, next_due_at__isnull=False)
    late = [
        read_at
        for read_at, rhythm_s, limit_s in feeds.values_list(
            "newest_read_at", "rhythm_s", "max_quote_age_s"
        )
        if read_at is not None and (at - read_at).total_seconds() > max(limit_s, 2 * rhythm_s)
    ]
    if late:
        return f"Some prices have not come since {place.moment(min(late), at)}."
    return ""


def _looked(place: Place, at: datetime) -> Looked:
    """Explain an empty board: what was checked, how close it came, when the next look is."""
    day = funnel(at)
    rounds = ProposalRound.objects.filter(decided_at__lte=at).order_by("-decided_at")
    batches = list(rounds.values_list("batch_id", flat=True)[:_LOOKS])
    closest = MarketEvaluation.objects.filter(batch__in=batches).aggregate(edge=Max("edge_prob"))
    due = (
        Feed.objects.enabled()
        .filter(kind=FeedKind.ODDS, next_due_at__isnull=False)
        .aggregate(at=Min("next_due_at"))
    )
    return Looked(
        needed=_needed(rounds, at),
        checked=formats.count(day.evaluated if day else 0),
        closest=formats.points(closest["edge"]) if batches else formats.MISSING,
        next_look=place.moment(max(due["at"], at), at) if due["at"] else formats.MISSING,
    )


def _needed(rounds: object, at: datetime) -> str:
    """The least edge that a tier which is published asks for, in the league looked at last."""
    league = rounds.values_list("league", flat=True).first()  # type: ignore[attr-defined]
    if league is None:
        return ""
    try:
        found = configs.resolve(configs.OPINION, league=league, tenant=current_schema(), at=at)
    except configs.ConfigMissing:
        return ""
    opinion: OpinionConfig = found.document
    least = min(
        (opinion.threshold(tier).edge_prob_min for tier in opinion.published_tiers), default=None
    )
    return "" if least is None else formats.points(least)
