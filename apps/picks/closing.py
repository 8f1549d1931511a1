"""Where the market closed on the selections of picks: read once, then chosen by the rulebook."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

from apps.catalog.models import Event, Selection
from apps.core.tenancy import current_schema
from apps.governance import configs
from apps.picks.models import LineTracking, Pick
from apps.rulebook import clv
from apps.rulebook.clv import Close, CloseGap, CloseSource, LastConsensus, LastQuote
from apps.rulebook.markets import MARKET_SIDES, MarketType, Period, Side, mirror_line
from apps.rulebook.odds import remove_margin
from apps.rulebook.scoring import ScoreDistribution
from apps.rulebook.thresholds import MarginMethod, MarketConfig
from apps.simulations.models import SimulationRun
from apps.snapshots.models import Consensus, LatestQuote


@dataclass(frozen=True, slots=True)
class Measured:
    """One pick against its close."""

    pick: Pick
    close: Close | CloseGap
    quote: LatestQuote | None  # the very quote, where the close is a book's
    books: int
    method: MarginMethod
    points: Decimal | None
    price: float | None
    ev: float | CloseGap


# Event, market, period, participant and side: where quotes of one thing meet, whatever event of a
# merge they were told about.
Place = tuple[UUID, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """Events, and those that they were merged with."""

    stays: Mapping[UUID, UUID]  # each one's event that stays

    @classmethod
    def of(cls, event_ids: Iterable[UUID]) -> "Family":
        ids = set(event_ids)
        merged = dict(
            Event.objects.filter(pk__in=ids, merged_into__isnull=False).values_list(
                "pk", "merged_into_id"
            )
        )
        roots = {merged.get(event_id, event_id) for event_id in ids}
        others = dict(
            Event.objects.filter(merged_into__in=roots).values_list("pk", "merged_into_id")
        )
        return cls({root: root for root in roots} | others)

    @property
    def events(self) -> list[UUID]:
        return list(self.stays)

    def itself(self, event_id: UUID) -> UUID:
        return self.stays[event_id]


class Closes:
    """The last pre-game market of every selection that picks stand on."""

    def __init__(self, picks: Sequence[Pick], *, at: datetime) -> None:
        self.markets = {
            league: _market_of(league, at) for league in sorted({pick.league for pick in picks})
        }
        family = Family.of({pick.event_id for pick in picks})
        self.places = {
            row.pk: (
                family.itself(row.event_id),
                row.market_type,
                row.period,
                row.participant,
                row.side,
            )
            for row in Selection.objects.of_events(family.events)
        }
        self.quotes: dict[Place, dict[str, Any]] = defaultdict(dict)
        closing = LatestQuote.objects.of_events(family.events).sportsbooks().closing()
        # A book that quoted the game under two events: its last quote counts, whichever it is.
        for quote in closing.select_related("book", "feed", "event").order_by(
            "close_last_seen_at", "id"
        ):
            self.quotes[self.places[quote.selection_id]][quote.book.key] = quote
        self.consensus = {
            self.places[row.selection_id]: row
            for row in sorted(
                Consensus.objects.closing(family.events), key=lambda row: (row.captured_at, row.pk)
            )
        }
        self.runs: Mapping[UUID, ScoreDistribution] = {
            run.pk: run.scores()
            for run in SimulationRun.objects.done().filter(
                pk__in={pick.run_id for pick in picks if pick.run_id}
            )
        }

    def measure(self, pick: Pick) -> Measured:
        """Choose a pick's close and hold the pick against it."""
        config = self.markets[pick.league]
        rule = config.rule(MarketType(pick.market_type), Period(pick.period))
        method = rule.margin_method if rule else MarginMethod.ADDITIVE
        if _sides(pick.event) != (pick.home_team_id, pick.away_team_id):
            gap = CloseGap.MAPPING_DRIFT
            return Measured(pick, gap, None, 0, method, None, None, gap)
        place = self.places[pick.selection_id]
        quotes = self.quotes[place]
        own = next((quote for quote in quotes.values() if quote.book_id == pick.book_id), None)
        start = pick.event.begins_at
        close: Close | CloseGap = CloseGap.NO_PREGAME_QUOTE
        if quotes:
            limit = (own or next(iter(quotes.values()))).feed.max_close_age_s
            close = clv.choose_close(
                [self._last(place, quote, method) for quote in quotes.values()],
                self._consensus(place, start),
                book=own.book.key if own else "",
                sharp_books=config.sharp_books,
                consensus_books_min=config.close_consensus_books_min,
                start=start,
                max_age=timedelta(seconds=limit),
            )
        if isinstance(close, CloseGap):
            return Measured(pick, close, None, 0, method, None, None, close)
        consensus = close.source is CloseSource.CONSENSUS
        return Measured(
            pick=pick,
            close=close,
            quote=None if consensus else quotes[close.book],
            books=len(self._in_time(place, close.line)) if consensus else 1,
            method=method,
            points=clv.points(MarketType(pick.market_type), Side(pick.side), pick.line, close.line),
            price=clv.price_percent(
                taken_price=pick.price,
                close_price=close.price,
                taken_line=pick.line,
                close_line=close.line,
            ),
            ev=clv.expected(
                market_type=MarketType(pick.market_type),
                side=Side(pick.side),
                price=pick.price,
                taken_line=pick.line,
                close_line=close.line,
                fair_prob=close.fair_prob,
                distribution=self.runs.get(pick.run_id) if pick.run_id else None,
            ),
        )

    def _last(self, place: Place, quote: Any, method: MarginMethod) -> LastQuote:
        return LastQuote(
            book=quote.book.key,
            line=quote.close_line,
            price=quote.close_price,
            fair_prob=self._fair_prob(place, quote, method),
            observed_at=quote.close_observed_at,
            last_seen_at=quote.close_last_seen_at,
        )

    def _fair_prob(self, place: Place, quote: Any, method: MarginMethod) -> float | None:
        """Take the margin out of all sides that the book showed together at its close."""
        prices = [quote.close_price]
        event_id, market_type, period, participant, own_side = place
        for side in MARKET_SIDES[MarketType(market_type)]:
            if side == own_side:
                continue
            facing = (event_id, market_type, period, participant, side.value)
            other = self.quotes[facing].get(quote.book.key)
            if other is None or other.close_last_seen_at != quote.close_last_seen_at:
                return None
            if other.close_line != mirror_line(MarketType(market_type), quote.close_line):
                return None
            prices.append(other.close_price)
        fair = remove_margin(np.array([[float(price) for price in prices]]), method)[0, 0]
        return None if np.isnan(fair) else float(fair)

    def _consensus(self, place: Place, start: datetime) -> LastConsensus | None:
        """The last agreement, as fresh as the books that still showed it and as many as they."""
        row = self.consensus.get(place)
        if row is None:
            return None
        standing = self._in_time(place, row.line)
        seen = [quote.close_last_seen_at for quote in standing]
        return LastConsensus(
            line=row.line,
            fair_prob=row.fair_prob,
            books=min(row.books, len(standing)),
            seen_at=max(seen, default=row.captured_at),
        )

    def _in_time(self, place: Place, line: Decimal | None) -> list[Any]:
        return [
            quote
            for quote in self.quotes[place].values()
            if quote.close_in_time and quote.close_line == line
        ]


def _sides(event: Event) -> tuple[UUID, UUID]:
    return event.home_id, event.away_id


def _market_of(league: str, at: datetime) -> MarketConfig:
    """Resolve how the tenant reads a league's market, closes included."""
    opinion = configs.resolve(configs.OPINION, league=league, tenant=current_schema(), at=at)
    profile = opinion.document.market_profile
    return configs.resolve(configs.MARKET, league=league, profile=profile, at=at).document


def completed(
    measured: Iterable[Measured], tracking: Mapping[UUID, LineTracking], at: datetime
) -> list[LineTracking]:
    """Fill in the rows of what was measured."""
    rows = []
    for one in measured:
        row = tracking[one.pick.pk]
        row.started_at, row.completed_at = one.pick.event.begins_at, at
        _write_measured(row, one)
        rows.append(row)
    return rows


def filled(
    measured: Iterable[Measured], tracking: Mapping[UUID, LineTracking], at: datetime
) -> list[LineTracking]:
    """Fill in the rows of closes that had been missing; what was missing stays in ``missed``."""
    rows = []
    for one in measured:
        row = tracking[one.pick.pk]
        row.missed, row.filled_at = row.close_missing, at
        row.close_missing = row.clv_missing = ""
        _write_measured(row, one)
        rows.append(row)
    return rows


def _write_measured(row: LineTracking, one: Measured) -> None:
    row.margin_method, row.method_version = one.method.value, str(clv.CLV_VERSION)
    if isinstance(one.close, CloseGap):
        row.close_source, row.close_missing = CloseSource.MISSING.value, one.close.value
    else:
        _write_close(row, one, one.close)
    if isinstance(one.ev, CloseGap):
        row.clv_missing = one.ev.value
    else:
        row.clv_ev = one.ev
    row.clv_points, row.clv_price = one.points, one.price


def _write_close(row: LineTracking, measured: Measured, close: Close) -> None:
    row.close_source, row.close_books = close.source.value, measured.books
    row.close_line, row.close_price = close.line, close.price
    row.close_fair_prob, row.close_last_seen_at = close.fair_prob, close.seen_at
    row.close_age_s = round(close.age.total_seconds())
    quote: Any = measured.quote
    if quote is not None:
        row.close_book_id = quote.book_id
        row.close_observed_at, row.close_seq = quote.close_observed_at, quote.close_seq
