"""Prices a whole board at once: fair probabilities, the run's own, and what lies between them.

Fair probability: at the line most books quote, what they think together; at another line the
book's own, its margin removed from its own sides. Source: docs/domain.md sections 3 and 4.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.consensus import ConsensusGap, consensus_board
from apps.rulebook.evaluation import fair_probs_at, points_ahead_many, value_many
from apps.rulebook.markets import MARKET_SIDES, MarketType, Side
from apps.rulebook.odds import evaluable, overrounds
from apps.rulebook.scoring import AxisDistribution, ScoreDistribution
from apps.rulebook.thresholds import MarketConfig
from apps.simulations.board import Market
from apps.simulations.models import NotEvaluated
from apps.simulations.offers import BookRow, MarketKey, Quote, key_of

Floats = NDArray[np.float64]

EVALUATION_COLUMNS = (
    *("batch_id", "run_id", "selection_id", "observed_at", "last_seen_at"),
    *("a", "b", "v", "model_prob", "fair_prob", "weight", "decision_prob", "edge_prob", "ev"),
    *("edge_points", "fair_line", "overround", "book_id", "seq", "books", "risk_flags"),
    *("line", "price_decimal"),
)
_UNLINED = frozenset({MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY})


@dataclass(frozen=True, slots=True)
class _Offer:
    """One book's row of one market, with what the market says about each side."""

    market: Market
    row: BookRow
    fair: tuple[float, ...]  # per side
    overround: float
    books: int


@dataclass(slots=True)
class Priced:
    """One entry per quote in every array."""

    quotes: list[Quote]
    runs: list[UUID]
    columns: dict[str, Floats]
    books: list[int]
    risk_flags: list[int]

    def rows(self, batch_id: UUID) -> Iterator[tuple[Any, ...]]:
        """Rows of ``market_evaluation``, in the order of EVALUATION_COLUMNS."""
        numbers = {name: column.tolist() for name, column in self.columns.items()}
        for i, quote in enumerate(self.quotes):
            of = partial(_at, numbers, i)
            yield (
                batch_id,
                self.runs[i],
                quote.selection_id,
                quote.observed_at,
                quote.last_seen_at,
                *(of(name) for name in ("a", "b", "v", "model_prob", "fair_prob", "weight")),
                *(of(name) for name in ("decision_prob", "edge_prob", "ev")),
                *(of(name) for name in ("edge_points", "fair_line", "overround")),
                quote.book_id,
                quote.seq,
                self.books[i],
                self.risk_flags[i],
                quote.line,
                quote.price,
            )


def price_board(
    markets: Sequence[Market],
    config: MarketConfig,
    scores: Mapping[UUID, ScoreDistribution],
    skipped: dict[NotEvaluated, int],
) -> Priced:
    """Value every quote of the markets; what cannot be valued is counted in ``skipped``.

    ``scores`` maps a run's id to its score distribution.
    """
    offers = list(_offers(markets, config, skipped))
    quotes = [quote for offer in offers for quote in offer.row.quotes]
    per_quote = [offer for offer in offers for _ in offer.row.quotes]
    abv, fair_line = _from_runs(offers, scores)
    price = np.array([float(quote.price) for quote in quotes])
    value = value_many(
        abv,
        fair_prob=np.array([fair for offer in offers for fair in offer.fair]),
        weight=np.array([offer.market.weight for offer in per_quote]),
        price=price,
    )
    market_type = np.array([quote.market_type for quote in quotes], dtype=np.str_)
    side = np.array([quote.side for quote in quotes], dtype=np.str_)
    ahead = points_ahead_many(market_type, side, _lines(quotes), fair_line)
    columns = {
        **{name: getattr(value, name) for name in ("a", "b", "v", "model_prob", "fair_prob")},
        **{name: getattr(value, name) for name in ("weight", "decision_prob", "edge_prob", "ev")},
        "edge_points": ahead,
        "fair_line": fair_line,
        "overround": np.array([offer.overround for offer in per_quote]),
    }
    certain = np.isnan(value.decision_prob)
    skipped[NotEvaluated.CERTAIN] += int(certain.sum())
    keep = np.flatnonzero(~certain).tolist()
    return Priced(
        quotes=[quotes[i] for i in keep],
        runs=[per_quote[i].market.run.pk for i in keep],
        columns={name: column[keep] for name, column in columns.items()},
        books=[per_quote[i].books for i in keep],
        risk_flags=[per_quote[i].market.risk_flags for i in keep],
    )


def _offers(
    markets: Sequence[Market], config: MarketConfig, skipped: dict[NotEvaluated, int]
) -> Iterator[_Offer]:
    """Find the fair probabilities of every book's row, markets of one kind at a time."""
    kinds = defaultdict(list)
    for market in markets:
        if market.rows:
            kinds[market.rule.margin_method, len(MARKET_SIDES[market.key.market_type])].append(
                market
            )
    for (method, _sides), alike in sorted(kinds.items()):
        rows = [(number, row) for number, market in enumerate(alike) for row in market.rows]
        number = np.array([each for each, _ in rows])
        line = _lines([row.quotes[0] for _, row in rows])
        prices = np.array([[float(quote.price) for quote in row.quotes] for _, row in rows])
        board = consensus_board(
            market=number,
            book=np.array([row.book_id for _, row in rows]),
            line=line,
            prices=prices,
            market_count=len(alike),
            method=method,
            books_min=config.consensus_books_min,
            limits=config.overround,
        )
        overround = overrounds(prices)
        in_range = evaluable(overround, config.overround)
        fair = np.column_stack(
            [
                fair_probs_at(
                    line,
                    modal_line=board.lines[number],
                    pooled=board.fair_probs[number, side],
                    own=board.fair_rows[:, side],
                )
                for side in range(prices.shape[1])
            ]
        )
        for i, (of, row) in enumerate(rows):
            reason = _why_not(bool(in_range[i]), board.gaps[of], fair[i])
            if reason is not None:
                skipped[reason] += len(row.quotes)
                continue
            yield _Offer(
                market=alike[of],
                row=row,
                fair=tuple(fair[i].tolist()),
                overround=float(overround[i]),
                books=len(alike[of].rows),
            )


def _why_not(in_range: bool, gap: ConsensusGap | None, fair: Floats) -> NotEvaluated | None:
    if not in_range:
        return NotEvaluated.OVERROUND_OUT_OF_RANGE
    if gap is ConsensusGap.TOO_FEW_BOOKS:
        return NotEvaluated.TOO_FEW_BOOKS
    if gap is not None or np.isnan(fair).any():
        return NotEvaluated.NO_FAIR_PRICE
    return None


def _from_runs(
    offers: Sequence[_Offer], scores: Mapping[UUID, ScoreDistribution]
) -> tuple[Floats, Floats]:
    """Read (a, b, v) and the fair line of every quote from its run, a market side at a time."""
    count = sum(len(offer.row.quotes) for offer in offers)
    abv, fair_line = np.full((count, 3), np.nan), np.full(count, np.nan)
    runs = {offer.market.key: offer.market.run.pk for offer in offers}
    sides: dict[tuple[MarketKey, str], list[int]] = defaultdict(list)
    quotes = [quote for offer in offers for quote in offer.row.quotes]
    fair = np.array([prob for offer in offers for prob in offer.fair])
    for place, quote in enumerate(quotes):
        sides[key_of(quote), quote.side].append(place)
    for (key, name), where in sides.items():
        side = Side(name)
        axis = scores[runs[key]].axis(key.market_type)
        lines = [quotes[place].line for place in where]
        abv[where] = axis.price_lines(key.market_type, side, lines)
        fair_line[where] = _fair_lines(axis, key.market_type, side, fair[where])
    return abv, fair_line


def _fair_lines(
    axis: AxisDistribution, market_type: MarketType, side: Side, fair: Floats
) -> Floats:
    """Where the model agrees with the market; of a moneyline the spread that makes it even."""
    if market_type not in _UNLINED:
        return axis.fair_lines(market_type, side, fair)
    if side is Side.DRAW:
        return np.full(len(fair), np.nan)
    return np.full(len(fair), axis.fair_line(MarketType.SPREAD, side))


def _lines(quotes: Iterable[Quote]) -> Floats:
    return np.array(
        [np.nan if quote.line is None else float(quote.line) for quote in quotes], dtype=np.float64
    )


def _at(numbers: dict[str, list[float]], i: int, name: str) -> float | None:
    """One number of one row; NaN is NULL in the table."""
    number = numbers[name][i]
    return number if number == number else None
