"""What the books think together: one line and one fair distribution per market.

Source: docs/domain.md section 3. The margin is removed per book, from both sides of the same book,
line and poll; then the books at the modal line are pooled in log-odds. Lines are never averaged:
-3 and -3.5 are different bets. Only sportsbooks belong here; the caller leaves out exchanges and
pick'em operators, and a book's lines other than its main one.

There are two forms of one rule: ``consensus_of`` reads like the rule and takes one market,
``consensus_board`` takes every market of a poll at once. A property test holds them equal.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from apps.rulebook.errors import RuleBroken
from apps.rulebook.odds import (
    BoolArray,
    FloatArray,
    MarginMethod,
    MarginNotRemovable,
    OverroundLimits,
    evaluable,
    fair_probabilities,
    overrounds,
    pool,
    remove_margin,
)

IntArray = npt.NDArray[np.int64]

# Two lines are equally near one half when their log-odds differ by less than rounding does.
# Without this the order in which books are added up would decide a tie.
TIE_PLACES = 9


class ConsensusGap(StrEnum):
    """Why a market has no consensus."""

    NOT_QUOTED = "NOT_QUOTED"  # no book prices every side
    OVERROUND_OUT_OF_RANGE = "OVERROUND_OUT_OF_RANGE"  # no book's prices are evaluated
    MARGIN_NOT_REMOVABLE = "MARGIN_NOT_REMOVABLE"  # the league's method refuses every book
    TOO_FEW_BOOKS = "TOO_FEW_BOOKS"  # at the modal line


class NoConsensus(RuleBroken):
    code = "NO_CONSENSUS"

    def __init__(self, gap: ConsensusGap) -> None:
        super().__init__(f"The books form no consensus: {gap}.")
        self.gap = gap


class BookQuotedTwice(RuleBroken):
    """A book has one vote per market: which of its two lines counts is the caller's to say."""

    code = "BOOK_QUOTED_TWICE"


@dataclass(frozen=True, slots=True)
class BookMarket:
    """One book's prices for every side of a market, at one line, in one poll."""

    book: str
    line: Decimal | None  # as given to the first side: home or over
    prices: tuple[Decimal, ...]  # in the order of MARKET_SIDES


@dataclass(frozen=True, slots=True)
class Consensus:
    line: Decimal | None  # as given to the first side
    fair_probs: tuple[float, ...]  # in the order of the prices, adding up to one
    books: tuple[str, ...]  # whose prices were pooled, sorted


@dataclass(frozen=True, slots=True)
class ConsensusBoard:
    """The consensus of every market of a poll. M markets, k rows in, n outcomes."""

    lines: FloatArray  # (M,) as given to the first side; NaN without a consensus or a line
    fair_probs: FloatArray  # (M, n); NaN without a consensus
    books: IntArray  # (M,) books at the modal line, too few of them included
    gaps: tuple[ConsensusGap | None, ...]  # (M,) None where there is a consensus
    used: BoolArray  # (k,) the rows that were pooled into a consensus
    fair_rows: FloatArray  # (k, n) each book's own no-vig prices; NaN where not evaluated

    @property
    def found(self) -> BoolArray:
        """(M,) which markets have a consensus."""
        return ~np.isnan(self.fair_probs[:, 0])


def consensus_of(
    quoted: Sequence[BookMarket],
    *,
    method: MarginMethod,
    books_min: int,
    limits: OverroundLimits,
) -> Consensus:
    """Return the modal line and the pooled fair probabilities of the books that quote it.

    Ties between lines go to the one whose pooled prices are nearest one half, then to the
    smaller absolute line, then to the lower. Source: docs/domain.md section 3.

    Raises:
        NoConsensus: with the gap that says why.
        BookQuotedTwice: a book stands in ``quoted`` more than once.
    """
    if len({row.book for row in quoted}) < len(quoted):
        raise BookQuotedTwice("A book stands twice in one market.")
    if not quoted:
        raise NoConsensus(ConsensusGap.NOT_QUOTED)

    evaluated = [row for row in quoted if _is_evaluated(row, limits)]
    if not evaluated:
        raise NoConsensus(ConsensusGap.OVERROUND_OUT_OF_RANGE)

    by_line: dict[Decimal | None, dict[str, tuple[float, ...]]] = defaultdict(dict)
    for row in evaluated:
        try:
            by_line[row.line][row.book] = fair_probabilities(row.prices, method)
        except MarginNotRemovable:
            continue  # this book cannot be read; the others still can
    if not by_line:
        raise NoConsensus(ConsensusGap.MARGIN_NOT_REMOVABLE)

    pooled = {
        line: tuple(pool(np.array([fair for _, fair in sorted(books.items())])).tolist())
        for line, books in by_line.items()
    }
    modal = min(pooled, key=lambda line: _rank(line, len(by_line[line]), pooled[line]))
    if len(by_line[modal]) < books_min:
        raise NoConsensus(ConsensusGap.TOO_FEW_BOOKS)
    return Consensus(modal, pooled[modal], tuple(sorted(by_line[modal])))


def consensus_board(
    *,
    market: IntArray,
    book: IntArray,
    line: FloatArray,
    prices: FloatArray,
    market_count: int,
    method: MarginMethod,
    books_min: int,
    limits: OverroundLimits,
) -> ConsensusBoard:
    """Return the consensus of ``market_count`` markets from one row per market and book.

    ``market`` (k,) numbers the markets from 0, ``book`` (k,) is any integer key, ``line`` (k,) is
    the line as given to the first side (NaN where the market has none) and ``prices`` (k, n) are
    decimal odds in the order of MARKET_SIDES (NaN where a side is missing). All markets of a call
    have the same number of outcomes and the same method. Source: docs/domain.md section 3.

    Raises:
        BookQuotedTwice: a book stands more than once in a market.
    """
    _require_one_vote(market, book)

    overround = overrounds(prices)
    in_range = evaluable(overround, limits)
    fair_rows = remove_margin(prices, method)
    fair_rows[~in_range] = np.nan
    usable = ~np.isnan(fair_rows[:, 0])

    # Within a group books stand in the order of their keys, so that sums come out the same
    # whatever order the rows came in. A missing line sorts as infinity, apart from every number.
    key = np.where(np.isnan(line), np.inf, line + 0.0)
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((book[rows], key[rows], market[rows]))]
    starts = _starts_of_runs(market[rows], key[rows])
    group_market, group_line = market[rows][starts], key[rows][starts]
    size = np.diff(starts, append=len(rows))
    logs = _sums_of_runs(np.log(fair_rows[rows]), starts) / size[:, np.newaxis]

    lean = np.abs(logs[:, 0] - logs[:, -1]).round(TIE_PLACES)
    ranked = np.lexsort((group_line, np.abs(group_line), lean, -size, group_market))
    modal = ranked[_starts_of_runs(group_market[ranked])]

    books = np.zeros(market_count, dtype=np.int64)
    books[group_market[modal]] = size[modal]
    enough = modal[size[modal] >= books_min]

    lines = np.full(market_count, np.nan)
    lines[group_market[enough]] = np.where(np.isinf(group_line[enough]), np.nan, group_line[enough])
    fair_probs = np.full((market_count, prices.shape[1]), np.nan)
    weights = np.exp(logs[enough])
    fair_probs[group_market[enough]] = weights / weights.sum(axis=1, keepdims=True)

    is_pooled = np.zeros(len(size), dtype=np.bool_)
    is_pooled[enough] = True
    used = np.zeros(len(market), dtype=np.bool_)
    used[rows] = np.repeat(is_pooled, size)

    quoted = np.bincount(market[~np.isnan(overround)], minlength=market_count) > 0
    evaluated = np.bincount(market[in_range], minlength=market_count) > 0
    gaps = _gaps(quoted, evaluated, books, books_min)
    return ConsensusBoard(lines, fair_probs, books, gaps, used, fair_rows)


def _is_evaluated(row: BookMarket, limits: OverroundLimits) -> bool:
    prices = np.array([[float(price) for price in row.prices]])
    return bool(evaluable(overrounds(prices), limits)[0])


def _rank(
    line: Decimal | None, books: int, fair: tuple[float, ...]
) -> tuple[int, float, Decimal, Decimal]:
    """Order lines by what makes them the consensus, best first."""
    lean = round(abs(math.log(fair[0]) - math.log(fair[-1])), TIE_PLACES)
    points = line if line is not None else Decimal("Infinity")
    return -books, lean, abs(points), points


def _require_one_vote(market: IntArray, book: IntArray) -> None:
    order = np.lexsort((book, market))
    if len(_starts_of_runs(market[order], book[order])) < len(order):
        raise BookQuotedTwice("A book stands twice in one market.")


def _starts_of_runs(*columns: IntArray | FloatArray) -> IntArray:
    """Return where a run of equal rows begins, in columns that are sorted together."""
    changes = np.ones(len(columns[0]), dtype=np.bool_)
    if len(changes) > 1:
        changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(changes)


def _sums_of_runs(values: FloatArray, starts: IntArray) -> FloatArray:
    if not len(starts):  # reduceat has no answer for no runs
        return values[:0]
    sums: FloatArray = np.add.reduceat(values, starts, axis=0)
    return sums


def _gaps(
    quoted: BoolArray, evaluated: BoolArray, books: IntArray, books_min: int
) -> tuple[ConsensusGap | None, ...]:
    """Name the first condition that each market fails."""
    conditions = (
        (~quoted, ConsensusGap.NOT_QUOTED),
        (~evaluated, ConsensusGap.OVERROUND_OUT_OF_RANGE),
        (books == 0, ConsensusGap.MARGIN_NOT_REMOVABLE),
        (books < books_min, ConsensusGap.TOO_FEW_BOOKS),
    )
    outcomes: tuple[ConsensusGap | None, ...] = (None, *(gap for _, gap in conditions))
    failed = np.select([fails for fails, _ in conditions], range(1, len(outcomes)), default=0)
    return tuple(outcomes[index] for index in failed.tolist())
