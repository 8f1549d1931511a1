"""What the sportsbooks agree on after a poll, for the markets in which it changed something."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from apps.core.db import copy_rows
from apps.governance import configs
from apps.rulebook.consensus import ConsensusBoard, ConsensusGap, consensus_board
from apps.rulebook.markets import MARKET_SIDES, Period, mirror_line
from apps.rulebook.thresholds import MarginMethod, MarketConfig
from apps.snapshots.actions.shown import MarketKey, SeenBoard, ShownMarket, Touched
from apps.snapshots.models import Consensus

_COLUMNS = (
    "selection_id",
    "poll_id",
    "event_id",
    "market_type",
    "period",
    "captured_at",
    "line",
    "gap",
    "fair_prob",
    "dispersion",
    "books",
    "books_total",
    "oldest_observed_at",
    "newest_observed_at",
    "method",
    "config_hash",
)


class _Together(NamedTuple):
    """Markets whose consensus is formed in one call: as many sides, margins removed alike."""

    method: MarginMethod
    sides: int


class _Found(NamedTuple):
    """What the books of one market came to."""

    line: Decimal | None
    gap: ConsensusGap | None
    fair_probs: Sequence[float]
    dispersions: Sequence[float]
    books: int
    quoted: Sequence[ShownMarket]
    pooled: Sequence[ShownMarket]


def store_consensus(
    board: SeenBoard, touched: Touched, market: configs.Resolved[MarketConfig]
) -> int:
    """Store what the sportsbooks make of every touched market; return the number of rows."""
    if board.is_part and touched:
        touched = _unsaid(board, touched)
    period = Period(board.league.period)
    batches: defaultdict[_Together, list[MarketKey]] = defaultdict(list)
    for key in sorted(touched):
        rule = market.document.rule(key[1], period)
        if rule is not None:
            batches[_Together(rule.margin_method, len(MARKET_SIDES[key[1]]))].append(key)
    quoted = _quoted(board, touched)
    rows: list[list[Any]] = []
    for together, keys in batches.items():
        for key, found in zip(keys, _agreed(keys, quoted, together, market.document), strict=True):
            rows += _rows(board, key, touched, found, together.method, market.hash)
    return copy_rows(Consensus._meta.db_table, _COLUMNS, rows) if rows else 0


def _unsaid(board: SeenBoard, touched: Touched) -> Touched:
    """Leave out the markets of which this poll has a consensus: what it was is not said again."""
    ids = [selection for sides in touched.values() for selection in sides.values()]
    said = set(
        Consensus.objects.filter(poll=board.poll, selection_id__in=ids).values_list(
            "selection_id", flat=True
        )
    )
    return {key: sides for key, sides in touched.items() if said.isdisjoint(sides.values())}


def _quoted(board: SeenBoard, touched: Touched) -> Mapping[MarketKey, list[ShownMarket]]:
    """The sportsbooks' quotes of each touched market, by book."""
    quoted: defaultdict[MarketKey, list[ShownMarket]] = defaultdict(list)
    for event in board.events.values():
        for shown in event.markets:
            key = (event.id, shown.market.market_type)
            if key in touched and shown.book_id in board.sportsbooks:
                quoted[key].append(shown)
    return quoted


def _agreed(
    keys: Sequence[MarketKey],
    quoted: Mapping[MarketKey, list[ShownMarket]],
    together: _Together,
    config: MarketConfig,
) -> Iterable[_Found]:
    shown = [(index, one) for index, key in enumerate(keys) for one in quoted.get(key, ())]
    market = np.array([index for index, _one in shown], dtype=np.int64)
    board = consensus_board(
        market=market,
        book=np.array([one.book_id for _index, one in shown], dtype=np.int64),
        line=np.array([_as_float(one.market.line) for _index, one in shown], dtype=np.float64),
        prices=np.array(
            [[float(price) for price in one.market.prices] for _index, one in shown],
            dtype=np.float64,
        ).reshape(len(shown), together.sides),
        market_count=len(keys),
        method=together.method,
        books_min=config.consensus_books_min,
        limits=config.overround,
    )
    dispersions = _dispersions(board, market, len(keys))
    for index, key in enumerate(keys):
        line = board.lines[index]
        yield _Found(
            line=None if np.isnan(line) else Decimal(float(line)) + 0,
            gap=board.gaps[index],
            fair_probs=board.fair_probs[index].tolist(),
            dispersions=dispersions[index].tolist(),
            books=int(board.books[index]),
            quoted=quoted.get(key, ()),
            pooled=[
                one
                for (found, one), is_used in zip(shown, board.used, strict=True)
                if found == index and is_used
            ],
        )


def _dispersions(board: ConsensusBoard, market: Any, count: int) -> Any:
    """Standard deviation of the pooled books' log-odds, per market and side."""
    used = board.used
    fair = board.fair_rows[used]
    logits = np.log(fair) - np.log1p(-fair)
    of = market[used]
    size = np.maximum(np.bincount(of, minlength=count), 1)[:, np.newaxis]
    sums, squares = np.zeros((2, count, board.fair_rows.shape[1]))
    np.add.at(sums, of, logits)
    mean = sums / size
    np.add.at(squares, of, (logits - mean[of]) ** 2)
    return np.sqrt(squares / size)


def _rows(
    board: SeenBoard,
    key: MarketKey,
    touched: Touched,
    found: _Found,
    method: MarginMethod,
    config_hash: str,
) -> Iterable[list[Any]]:
    event_id, kind = key
    observed = [one.market.observed_at for one in found.pooled]
    lines = (found.line, mirror_line(kind, found.line), found.line)
    for index, side in enumerate(MARKET_SIDES[kind]):
        if side not in touched[key]:
            continue
        yield [
            touched[key][side],
            board.poll.pk,
            event_id,
            kind.value,
            board.league.period,
            board.poll.captured_at,
            lines[index],
            found.gap.value if found.gap else "",
            None if found.gap else found.fair_probs[index],
            None if found.gap else found.dispersions[index],
            found.books,
            len(found.quoted),
            _first(observed, min),
            _first(observed, max),
            method.value,
            config_hash,
        ]


def _first(moments: Sequence[datetime], pick: Any) -> datetime | None:
    return pick(moments) if moments else None


def _as_float(line: Decimal | None) -> float:
    return float("nan") if line is None else float(line)
