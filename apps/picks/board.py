"""What one batch evaluated, beside what the market shows now: one statement, then columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.core.db import fetch_all
from apps.rulebook.evaluation import RiskFlag, mask
from apps.rulebook.evaluation.integrity import PAIRED
from apps.rulebook.markets import Side, opposite
from apps.snapshots.providers.ports import WEAKENING
from apps.snapshots.querysets import LAST_SEEN, OF_SIGHTING

INJURIES_COUNT = timedelta(days=14)  # a word on a player that nobody has repeated is old news

Idea = tuple[UUID, str, str]  # event, market type, period


class Evaluated(NamedTuple):
    """One evaluation with its selection, its run, its game, and its book's quote now.

    Of a selection that nobody knows the words are empty; its game is its run's.
    """

    selection_id: int
    selection_uuid: UUID | None
    event_id: UUID
    market_type: str
    period: str
    side: str
    participant: str
    book_id: int
    book: str
    book_kind: str
    book_status: str
    observed_at: datetime
    seq: int
    line: Decimal | None
    price: Decimal
    a: float
    b: float
    v: float
    model_prob: float
    fair_prob: float
    weight: float
    decision_prob: float
    edge_prob: float
    ev: float
    edge_points: float | None
    fair_line: float
    overround: float
    books: int
    risk_flags: int
    run_id: UUID | None
    run_event_id: UUID | None
    sims: int
    data_version: str
    sim_config_hash: str
    model_version: str
    has_snapshot: bool
    quote_status: str
    quote_observed_at: datetime | None
    quote_seq: int | None
    quote_last_seen_at: datetime
    quote_american: int | None
    max_quote_age_s: int
    provider: str
    payload_sha256: str
    start_time: datetime
    begins_at: datetime
    event_status: str
    frozen_code: str
    is_merged: bool
    home_id: UUID
    away_id: UUID
    source_event_id: str
    source_provider: str
    ruleset_id: int | None

    @property
    def idea(self) -> Idea:
        return self.event_id, self.market_type, self.period


# The order is part of the answer: rows of one market stand together, sides and books sorted.
# An injury is a warning that is read here, beside the evaluation, and never part of its numbers.
_READ = f"""
WITH hurt AS MATERIALIZED (
    SELECT DISTINCT said.team_id FROM (
        SELECT DISTINCT ON (team_id, player) team_id, status FROM injury_report
        WHERE captured_at <= %(at)s AND captured_at > %(injuries_since)s
        ORDER BY team_id, player, captured_at DESC, id DESC
    ) AS said
    WHERE said.status = ANY(%(weakening)s)
)
SELECT e.selection_id, s.uuid, event.id, coalesce(s.market_type, ''), coalesce(s.period, ''),
    coalesce(s.side, ''), coalesce(s.participant, ''),
    e.book_id, book.key, book.kind, book.status, e.observed_at, e.seq, e.line, e.price_decimal,
    e.a, e.b, e.v, e.model_prob, e.fair_prob, e.weight, e.decision_prob, e.edge_prob, e.ev,
    e.edge_points, e.fair_line, e.overround, e.books,
    e.risk_flags | CASE WHEN EXISTS (
        SELECT FROM hurt WHERE hurt.team_id IN (event.home_id, event.away_id)
    ) THEN %(injury)s ELSE 0 END,
    run.id, run.event_id, coalesce(run.sim_count, 0), coalesce(run.data_version, ''),
    coalesce(run.sim_config_hash, ''), coalesce(model_version.code, ''),
    EXISTS (
        SELECT FROM market_snapshot AS shot
        WHERE (shot.selection_id, shot.book_id, shot.observed_at, shot.seq)
            = (e.selection_id, e.book_id, e.observed_at, e.seq)
    ),
    coalesce(quote.status, 'ABSENT'), quote.observed_at, quote.seq,
    coalesce({LAST_SEEN}, e.last_seen_at), quote.price_american,
    coalesce(feed.max_quote_age_s, 0), coalesce(feed.provider, ''),
    coalesce(raw_payload.sha256, ''),
    event.start_time, event.begins_at, event.status, event.frozen_code,
    event.merged_into_id IS NOT NULL, event.home_id, event.away_id,
    coalesce(source.source_event_id, ''), league.identity_provider, ruleset.id
FROM market_evaluation AS e
LEFT JOIN selection AS s ON s.id = e.selection_id
LEFT JOIN simulation_run AS run ON run.id = e.run_id
JOIN event ON event.id = coalesce(s.event_id, run.event_id)
JOIN league ON league.id = event.league_id
JOIN book ON book.id = e.book_id
LEFT JOIN model_version ON model_version.id = run.model_version_id
LEFT JOIN latest_quote AS quote
  ON (quote.selection_id, quote.book_id) = (e.selection_id, e.book_id)
LEFT JOIN sighting ON {OF_SIGHTING}
LEFT JOIN feed ON feed.id = quote.feed_id
LEFT JOIN provider_poll AS poll ON poll.id = quote.poll_id
LEFT JOIN raw_payload ON raw_payload.id = poll.payload_id
LEFT JOIN event_source AS source
  ON (source.event_id, source.provider) = (event.id, league.identity_provider)
LEFT JOIN LATERAL (
    SELECT id FROM settlement_ruleset AS rules
    WHERE (rules.league_id, rules.market_type, rules.period)
        = (league.id, s.market_type, s.period) AND rules.effective_from <= %(at)s
    ORDER BY rules.version DESC LIMIT 1
) AS ruleset ON true
WHERE e.batch_id = %(batch)s
ORDER BY event.id, s.market_type, s.period, s.side, s.participant, book.key
"""


@dataclass(frozen=True)
class Board:
    """The evaluations of one batch, as rows and as columns."""

    rows: Sequence[Evaluated]
    at: datetime

    @classmethod
    def read(cls, batch_id: UUID, *, at: datetime) -> "Board":
        found = fetch_all(
            _READ,
            {
                "batch": batch_id,
                "at": at,
                "injury": mask([RiskFlag.INJURY_REPORTED]),
                "injuries_since": at - INJURIES_COUNT,
                "weakening": [status.value for status in WEAKENING],
            },
        )
        return cls([Evaluated(*row) for row in found], at)

    def only(self, keep: Callable[[Evaluated], bool]) -> "Board":
        return Board([row for row in self.rows if keep(row)], self.at)

    def texts(self, name: str) -> NDArray[np.str_]:
        return np.array([getattr(row, name) for row in self.rows], dtype=np.str_)

    def floats(self, name: str) -> NDArray[np.float64]:
        """One column as floats; NaN where it is empty."""
        return np.array([_float(getattr(row, name)) for row in self.rows], dtype=np.float64)

    def ints(self, name: str) -> NDArray[np.int64]:
        return np.array([getattr(row, name) for row in self.rows], dtype=np.int64)

    def flags(self, holds: Callable[[Evaluated], bool]) -> NDArray[np.bool_]:
        return np.array([holds(row) for row in self.rows], dtype=np.bool_)

    def seconds(self, between: Callable[[Evaluated], Any]) -> NDArray[np.float64]:
        return np.array([between(row).total_seconds() for row in self.rows], dtype=np.float64)

    @cached_property
    def ideas(self) -> NDArray[np.int64]:
        """A number for the idea of each row, ascending like the rows."""
        numbers: dict[Idea, int] = {}
        return np.array(
            [numbers.setdefault(row.idea, len(numbers)) for row in self.rows], dtype=np.int64
        )

    @cached_property
    def opposites(self) -> list[Evaluated | None]:
        """The other side of the same book and market; None where there is none.

        A market of three ways has no single one: its sides' chances do not mirror each other.
        """
        standing = {(*row.idea, row.participant, row.book_id, row.side): row for row in self.rows}
        return [
            standing.get((*row.idea, row.participant, row.book_id, _OTHER.get(row.side, "")))
            if row.market_type in PAIRED
            else None
            for row in self.rows
        ]


_OTHER = {side.value: opposite(side).value for side in Side if side is not Side.DRAW}


def _float(value: Any) -> float:
    return np.nan if value is None else float(value)
