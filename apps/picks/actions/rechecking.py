"""The last door's own look: a waiting pick held once more to its record and its book's market."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.catalog.models import Event
from apps.picks.models import Pick
from apps.rulebook.evaluation import Limits, Opposite, Record, Violation, violations
from apps.rulebook.evaluation.integrity import PAIRED
from apps.rulebook.markets import (
    MARKET_SIDES,
    MarketType,
    Period,
    QuoteStatus,
    Side,
    mirror_line,
    opposite,
)
from apps.rulebook.thresholds import MarketConfig, OpinionConfig, Tier
from apps.simulations.models import SimulationRun
from apps.simulations.offers import MarketKey, fresh_offers
from apps.snapshots.models import LatestQuote, MarketSnapshot

# Ages and the start are no violations here: they end a pick, and it was right when it was made.
NOT_ASKED_AGAIN = frozenset({Violation.SNAPSHOT_STALE, Violation.SNAPSHOT_AFTER_START})


class Markets:
    """What there is of each pick's market now: its own book's sides, and how many offer it."""

    def __init__(self, picks: Sequence[Pick], *, at: datetime) -> None:
        self._offers = fresh_offers({pick.event_id for pick in picks}, at=at)
        self._quotes: dict[tuple[int, int], Any] = {}
        self._sides: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
        for quote in _quotes_of(picks):
            self._quotes[quote.selection_id, quote.book_id] = quote
            if quote.status == QuoteStatus.OPEN:
                self._sides[_market_of(quote)][quote.selection.side] = quote

    def quote(self, pick: Pick) -> Any:
        """The quote that a pick stands on, whatever its status; None where there is none."""
        return self._quotes.get((pick.selection_id, pick.book_id))

    def open_sides(self, quote: Any) -> Mapping[str, Any]:
        """The sides of a quote's market that its book offers, by side."""
        return self._sides[_market_of(quote)]

    def fresh_books(self, pick: Pick) -> int:
        """How many books offer the pick's market whole, in quotes that are not too old."""
        return self._offered(pick).total()

    def books_at_line(self, pick: Pick) -> int:
        """How many of them offer it at the pick's own line."""
        market_type = MarketType(pick.market_type)
        first = MARKET_SIDES[market_type][0] == pick.side
        return self._offered(pick)[pick.line if first else mirror_line(market_type, pick.line)]

    def _offered(self, pick: Pick) -> Counter[Decimal | None]:
        key = MarketKey(pick.event_id, MarketType(pick.market_type), Period(pick.period))
        return self._offers.get(key, Counter())


class Runs:
    """The stored runs that picks were made from, as far as a line may be priced from them."""

    def __init__(self, picks: Sequence[Pick]) -> None:
        done = SimulationRun.objects.done().filter(pk__in={pick.run_id for pick in picks})
        self._found = {
            run_id: (event_id, sims)
            for run_id, event_id, sims in done.values_list("pk", "event_id", "sim_count")
        }

    def of(self, pick: Pick) -> tuple[UUID | None, UUID | None, int]:
        """The run of a pick, its game, and how many it simulated; nothing where there is none."""
        if pick.run_id not in self._found:
            return None, None, 0
        return pick.run_id, *self._found[pick.run_id]


def what_is_wrong(
    pick: Pick,
    quote: Any,
    *,
    event: Event,
    markets: Markets,
    runs: Runs,
    gradeable: bool,
    claim: tuple[Tier, float],
    opinion: OpinionConfig,
    market: MarketConfig,
    at: datetime,
) -> tuple[Violation, ...]:
    """Name every check that the pick would fail, were it to go out at this quote.

    ``claim`` is the tier and the expected value that it would go out with; what is asked of the
    run and of the market is what the opinion in force asks now.
    """
    tier, ev = claim
    sides = markets.open_sides(quote)
    run_id, simulated, sims = runs.of(pick)
    market_type = MarketType(pick.market_type)
    limits = Limits.of(
        opinion,
        overround=market.overround,
        line_range=event.league.range_of(market_type),
        max_quote_age=timedelta(seconds=quote.feed.max_quote_age_s),
        at=at,
    )
    prices = [sides.get(side.value) for side in MARKET_SIDES[market_type]]
    other = sides.get(opposite(Side(pick.side)).value) if market_type in PAIRED else None
    record = Record(
        event=event.pk,
        selection=quote.selection.uuid,
        # Of another game's run nothing follows for this one's selection.
        selection_event=simulated
        if simulated not in (None, event.pk)
        else quote.selection.event_id,
        market_type=market_type,
        side=Side(pick.side),
        # The run is one, so the other side's chances are this one's, exchanged.
        opposite=None if other is None else Opposite(other.line, a=pick.b, b=pick.a),
        provider_event_id=pick.source_event_id,
        config_version=str(pick.config_version_id),
        gradeable=gradeable,
        snapshot=quote.selection.uuid if quote.has_snapshot else None,
        observed_at=quote.observed_at,
        last_seen_at=quote.last_seen_at,
        start_time=event.begins_at,
        line=quote.line,
        price=float(quote.price_decimal),
        overround=sum(math.nan if one is None else 1 / float(one.price_decimal) for one in prices),
        fresh_books=markets.fresh_books(pick),
        run=run_id,
        sims=sims,
        model_prob=pick.model_prob,
        fair_line=math.nan if pick.fair_line is None else pick.fair_line,
        a=pick.a,
        b=pick.b,
        v=pick.v,
        decision_prob=pick.decision_prob,
        fair_prob=pick.fair_prob,
        weight=pick.weight,
        edge_prob=pick.edge_prob,
        ev=ev,
        edge_points=math.nan if pick.edge_points is None else pick.edge_points,
        tier=tier,
    )
    return tuple(code for code in violations(record, limits) if code not in NOT_ASKED_AGAIN)


def _quotes_of(picks: Sequence[Pick]) -> QuerySet[Any]:
    recommended = Pick.objects.filter(
        pk__in=[pick.pk for pick in picks],
        event_id=OuterRef("event_id"),
        book_id=OuterRef("book_id"),
    )
    snapshot = MarketSnapshot.objects.filter(
        selection_id=OuterRef("selection_id"),
        book_id=OuterRef("book_id"),
        observed_at=OuterRef("observed_at"),
        seq=OuterRef("seq"),
    )
    return (
        LatestQuote.objects.of_events({pick.event_id for pick in picks})
        .filter(Exists(recommended))
        .annotate(has_snapshot=Exists(snapshot))
        .select_related("selection", "book", "feed", "poll__payload")
    )


def _market_of(quote: Any) -> tuple[Any, ...]:
    selection = quote.selection
    return (
        *(selection.event_id, selection.market_type, selection.period, selection.participant),
        quote.book_id,
    )
