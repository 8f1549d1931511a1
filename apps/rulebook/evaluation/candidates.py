"""Which of many quotes a tenant would take, and which side of a market it would be on.

Source: docs/domain.md section 4: the best expected value over the tenant's books, ties by price,
then by book key. The side is chosen once, by the largest signed edge, and never derived again
from favourites and signs: that has turned picks round before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.markets import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Sides of one market in the order in which a tie between them is broken.
_ORDER: Final = {side: position for position, side in enumerate(Side)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fresh quote of one of the tenant's books, already valued."""

    idea: str  # event, market type and period: what one opinion is held on
    side: Side
    book: str
    price: float
    ev: float
    edge_prob: float


def choose(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return the one candidate of every idea; one without a value is none.

    Source: docs/domain.md section 4.
    """
    best: dict[tuple[str, Side], Candidate] = {}
    for candidate in candidates:
        if candidate.ev != candidate.ev or candidate.edge_prob != candidate.edge_prob:
            continue
        key = (candidate.idea, candidate.side)
        if key not in best or _quote_rank(candidate) < _quote_rank(best[key]):
            best[key] = candidate
    chosen: dict[str, Candidate] = {}
    for (idea, _side), candidate in best.items():
        if idea not in chosen or _side_rank(candidate) < _side_rank(chosen[idea]):
            chosen[idea] = candidate
    return chosen


def choose_many(
    *,
    idea: NDArray[Any],
    side: NDArray[np.str_],
    book: NDArray[np.str_],
    price: Floats,
    ev: Floats,
    edge_prob: Floats,
) -> Ints:
    """Return the row numbers that ``choose`` would keep, in the order of their ideas.

    Source: docs/domain.md section 4.
    """
    rows = np.flatnonzero(~np.isnan(ev) & ~np.isnan(edge_prob))
    order = np.zeros(len(side), dtype=np.int64)
    for one, position in _ORDER.items():
        order[side == one] = position
    rows = rows[np.lexsort((book[rows], -price[rows], -ev[rows], order[rows], idea[rows]))]
    rows = rows[_firsts(idea[rows], order[rows])]
    rows = rows[np.lexsort((order[rows], -ev[rows], -edge_prob[rows], idea[rows]))]
    return rows[_firsts(idea[rows])]


def _quote_rank(candidate: Candidate) -> tuple[float, float, str]:
    return -candidate.ev, -candidate.price, candidate.book


def _side_rank(candidate: Candidate) -> tuple[float, float, int]:
    return -candidate.edge_prob, -candidate.ev, _ORDER[candidate.side]


def _firsts(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the first row of every run of equal rows in sorted columns."""
    first = np.ones(len(columns[0]), dtype=np.bool_)
    if len(first) > 1:
        first[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return first
