"""How one market of one event moved: consensus, each book, and what the model said then."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from apps.catalog.models import Event, Selection
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, QuoteStatus, Side, mirror_line, opposite
from apps.rulebook.odds import MarginMethod, fair_probabilities
from apps.rulebook.scoring import ScoreDistribution
from apps.simulations.models import RunStatus, SimulationRun
from apps.simulations.uses import shadow_hashes
from apps.snapshots.models import Consensus, LatestQuote, MarketSnapshot

RUNS_AT_MOST = 12
# The side that a chart is drawn for; the other is its mirror.
SHOWN_SIDES = (Side.HOME, Side.OVER)
NO_VIG = MarginMethod.ADDITIVE  # of a two-way market: what Shin says, too


class Agreed(NamedTuple):
    """What the books agreed on from one poll on."""

    at: datetime
    line: Decimal | None
    fair_prob: float | None
    books: int
    books_total: int
    payload_id: int | None  # the body that the poll brought


class Quoted(NamedTuple):
    """What one book showed from one instant on; without a price it was not on offer."""

    at: datetime
    line: Decimal | None
    price: Decimal | None
    payload_id: int | None = None


class Chance(NamedTuple):
    at: datetime
    probability: float | None


@dataclass(frozen=True)
class MarketHistory:
    """One market, read for the side that is shown."""

    event: Event
    selection: Selection
    other: Selection | None
    agreed: Sequence[Agreed]
    books: dict[str, list[Quoted]]
    chances: dict[str, list[Chance]]
    snapshots: int

    @property
    def market_type(self) -> MarketType:
        return MarketType(self.selection.market_type)

    @property
    def is_lined(self) -> bool:
        return any(one.line is not None for one in self.agreed)


def markets_of(event: Event) -> list[Selection]:
    """The side shown of every market that the event has, spreads first."""
    order = [market.value for market in MarketType]
    found = Selection.objects.filter(event=event, side__in=SHOWN_SIDES, participant="")
    return sorted(found, key=lambda one: (order.index(one.market_type), one.period, one.side))


def read_history(event: Event, selection: Selection) -> MarketHistory:
    """Read everything before the game; later rows are there and are not the market's word on it."""
    other = (
        Selection.objects.filter(
            event=event,
            market_type=selection.market_type,
            period=selection.period,
            participant=selection.participant,
            side=opposite(Side(selection.side)),
        ).first()
        if selection.market_type != MarketType.MONEYLINE_3WAY
        else None
    )
    agreed = [
        Agreed(*row)
        for row in Consensus.objects.filter(selection=selection)
        .order_by("captured_at", "id")
        .values_list(
            *("captured_at", "line", "fair_prob", "books", "books_total", "poll__payload_id")
        )
    ]
    ours, total = _by_book(selection)
    theirs, of_others = _by_book(other) if other else ({}, 0)
    market = MarketType(selection.market_type)
    chances = {
        book: list(_chances(market, quotes, theirs[book]))
        for book, quotes in ours.items()
        if book in theirs
    }
    return MarketHistory(event, selection, other, agreed, ours, chances, total + of_others)


def _by_book(selection: Selection) -> tuple[dict[str, list[Quoted]], int]:
    rows = (
        MarketSnapshot.objects.of(selection.pk)
        .filter(pre_game=True)
        .values_list(
            *("book__title", "observed_at", "line", "price_decimal", "status", "poll__payload_id")
        )
    )
    found: dict[str, list[Quoted]] = {}
    count = 0
    for book, at, line, price, status, payload_id in rows:
        count += 1
        on_offer = status == QuoteStatus.OPEN
        found.setdefault(book, []).append(
            Quoted(at, line if on_offer else None, price if on_offer else None, payload_id)
        )
    return found, count


def _chances(
    market: MarketType, ours: Sequence[Quoted], theirs: Sequence[Quoted]
) -> Iterator[Chance]:
    """A book's chance of the shown side, margin removed, whenever it quoted both sides alike."""
    moments = sorted({quote.at for quote in (*ours, *theirs)})
    here, there = iter_steps(ours, moments), iter_steps(theirs, moments)
    for at, mine, other in zip(moments, here, there, strict=True):
        yield Chance(at, no_vig(market, mine, other))


def iter_steps(quotes: Sequence[Quoted], moments: Iterable[datetime]) -> Iterator[Quoted | None]:
    """What stood at each moment; ``moments`` ascend like the quotes."""
    index, standing = 0, None
    for at in moments:
        while index < len(quotes) and quotes[index].at <= at:
            standing = quotes[index]
            index += 1
        yield standing


def no_vig(market: MarketType, mine: Quoted | None, other: Quoted | None) -> float | None:
    """The chance of a side with the book's margin removed; None where it did not quote both."""
    if mine is None or other is None or mine.price is None or other.price is None:
        return None
    if mirror_line(market, mine.line) != other.line:
        return None
    try:
        return fair_probabilities([mine.price, other.price], NO_VIG)[0]
    except RuleBroken:
        return None


def read_runs(event: Event) -> list[SimulationRun]:
    """The newest runs of an event that a line may be priced from, oldest first."""
    shadows = shadow_hashes(event.league, at=event.begins_at)
    runs = SimulationRun.objects.done().of_events([event.pk]).order_by("-simulated_at")
    runs = runs.exclude(sim_config_hash__in=shadows)
    return sorted(
        runs.select_related("model_version", "rating_day")[:RUNS_AT_MOST],
        key=lambda run: run.simulated_at,
    )


def model_chances(history: MarketHistory, runs: Sequence[SimulationRun]) -> list[Chance]:
    """What the run in force gave the shown side at the line of the moment."""
    opened: dict[Any, ScoreDistribution] = {}
    priced: dict[tuple[Any, Decimal | None], float | None] = {}
    side = Side(history.selection.side)
    begins = [run.simulated_at for run in runs]
    moments = sorted({*(one.at for one in history.agreed), *begins})
    steps = [Quoted(one.at, one.line, None) for one in history.agreed if one.fair_prob is not None]
    found = []
    for at, standing in zip(moments, iter_steps(steps, moments), strict=True):
        run = next((one for one in reversed(runs) if one.simulated_at <= at), None)
        if run is None or standing is None or run.status != RunStatus.DONE:
            continue
        key = run.pk, standing.line
        if key not in priced:
            scores = opened.setdefault(run.pk, run.scores())
            priced[key] = _priced(scores, history.market_type, side, standing.line)
        found.append(Chance(at, priced[key]))
    return found


def _priced(
    scores: ScoreDistribution, market: MarketType, side: Side, line: Decimal | None
) -> float | None:
    try:
        chance = scores.price(market, side, line)
    except RuleBroken:
        return None
    return float(chance.model_prob) if chance.a + chance.b > 0 else None


class BookRow(NamedTuple):
    """A book's last word before the game, or its word now while the game is ahead."""

    quote: LatestQuote
    line: Decimal | None
    price: Decimal
    price_american: int | None
    other: Decimal | None
    other_american: int | None
    fair_prob: float | None
    age_s: float
    max_age_s: int
    on_offer: bool


def book_rows(history: MarketHistory, at: datetime) -> list[BookRow]:
    """Every book that quoted the shown side before the game, by its title."""
    event = history.event
    began = event.begins_at <= at
    quotes: dict[tuple[int, int], Any] = {
        (quote.selection_id, quote.book_id): quote
        for quote in LatestQuote.objects.of_events([event.pk])
        .closing()
        .filter(selection__in=[one.pk for one in (history.selection, history.other) if one])
        .select_related("book", "feed")
    }
    rows = []
    for (selection_id, book_id), quote in quotes.items():
        if selection_id != history.selection.pk:
            continue
        other = quotes.get((history.other.pk, book_id)) if history.other else None
        until = event.begins_at if began else at
        mine = Quoted(quote.close_last_seen_at, quote.close_line, quote.close_price)
        theirs = other and Quoted(other.close_last_seen_at, other.close_line, other.close_price)
        rows.append(
            BookRow(
                quote=quote,
                line=quote.close_line,
                price=quote.close_price,
                price_american=quote.close_price_american,
                other=other.close_price if other else None,
                other_american=other.close_price_american if other else None,
                fair_prob=no_vig(history.market_type, mine, theirs),
                age_s=(until - quote.close_last_seen_at).total_seconds(),
                max_age_s=quote.feed.max_close_age_s if began else quote.feed.max_quote_age_s,
                on_offer=began or quote.status == QuoteStatus.OPEN,
            )
        )
    return sorted(rows, key=lambda row: row.quote.book.title)
