"""What a tenant makes of a board: which evaluations go how far, and which become picks.

Pure: a board and configurations in, a decision for every evaluation out. The rules are the
rulebook's; here is only the order in which they are asked.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import League
from apps.governance.configs import Resolved
from apps.picks.board import Board, Evaluated, Idea
from apps.picks.kinds import Gate, Stop
from apps.rulebook.evaluation import (
    ClassifiedMany,
    LimitsMany,
    Records,
    RiskFlag,
    Violation,
    choose_many,
    classify_many,
    flags_of,
    violations_many,
    violations_of,
)
from apps.rulebook.markets import BookKind, EventStatus, MarketType, QuoteStatus
from apps.rulebook.thresholds import MarketConfig, ModelConfig, OpinionConfig, Tier

_GATES = tuple(Gate)
_WORTH_KEEPING = (Tier.LEAN.value, Tier.EDGE.value)
_UNKEEPABLE = frozenset({Violation.SELECTION_ID_MISSING, Violation.PRICE_MISSING})
_TO_DECIDE = -1


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a tenant looks at one league: resolved once, and passed down."""

    league: League
    opinion: Resolved[OpinionConfig]
    market: Resolved[MarketConfig]
    model: Resolved[ModelConfig]

    @property
    def version(self) -> Any:
        return self.opinion.version_id


@dataclass(frozen=True, slots=True)
class Verdict:
    """An evaluation that is kept: proposed, or blocked with everything that is wrong with it."""

    row: Evaluated
    tier: Tier
    uncapped: Tier
    flags: tuple[RiskFlag, ...]
    violations: tuple[Violation, ...] = ()

    @property
    def can_be_kept(self) -> bool:
        """Whether a pick can be made of it at all: of no selection, or no price, there is none."""
        return not _UNKEEPABLE.intersection(self.violations)


class Decision:
    """How far each evaluation of a board went, and what is to be kept of it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.gate = np.full(len(board.rows), _TO_DECIDE, dtype=np.int64)
        self.why = np.full(len(board.rows), "", dtype=object)
        self.proposals: list[Verdict] = []
        self.blocked: list[Verdict] = []

    @property
    def undecided(self) -> NDArray[np.bool_]:
        return self.gate == _TO_DECIDE

    def stop(self, gate: Gate, which: NDArray[np.bool_], why: str) -> None:
        """Stop those of ``which`` that are still on their way."""
        which = which & self.undecided
        self.gate[which] = _GATES.index(gate)
        self.why[which] = why

    def reached(self, gate: Gate) -> NDArray[np.bool_]:
        return self.undecided | (self.gate >= _GATES.index(gate))

    def ideas_looked_at(self) -> set[Idea]:
        """Ideas of which at least one quote was current: the newest word on them is this one."""
        rows = np.flatnonzero(self.reached(Gate.INTEGRITY))
        return {self.board.rows[int(index)].idea for index in rows}

    def funnel(self) -> list[dict[str, Any]]:
        """Count, for every gate, who reached it and why some went no further."""
        counts = []
        for number, gate in enumerate(_GATES):
            stopped = Counter(str(why) for why in self.why[self.gate == number])
            counts.append(
                {
                    "gate": gate.value,
                    "reached": int(self.reached(gate).sum()),
                    "stopped": dict(sorted(stopped.items())),
                }
            )
        return counts


def decide(
    board: Board,
    outlook: Outlook,
    *,
    taken: Callable[[Idea], bool],
    waits_already: Callable[[Verdict], bool],
) -> Decision:
    """Send every evaluation of a board through the gates.

    ``taken`` says whether a published pick stands on an idea, ``waits_already`` whether the
    waiting pick of its idea says the very same.
    """
    decision = Decision(board)
    if not board.rows:
        return decision
    opinion = outlook.opinion.document
    _ask_book(decision, opinion)
    _ask_current(decision)
    judged = _judge(board, outlook)
    _ask_integrity(decision, judged)
    _ask_best(decision)
    _ask_tier(decision, judged, opinion)
    for index in np.flatnonzero(decision.undecided):
        verdict = judged.verdict(int(index))
        one = np.zeros(len(board.rows), dtype=np.bool_)
        one[index] = True
        if taken(verdict.row.idea):
            decision.stop(Gate.IDEA, one, Stop.IDEA_PUBLISHED)
        elif waits_already(verdict):
            decision.stop(Gate.IDEA, one, Stop.ALREADY_PROPOSED)
        else:
            decision.proposals.append(verdict)
    return decision


@dataclass(frozen=True, slots=True)
class _Judged:
    """A whole board, classified as if nothing were wrong, and checked."""

    board: Board
    classified: ClassifiedMany
    violations: NDArray[np.int64]

    def verdict(self, index: int) -> Verdict:
        found = violations_of(int(self.violations[index]))
        return Verdict(
            row=self.board.rows[index],
            tier=Tier.BLOCKED if found else Tier(str(self.classified.tier[index])),
            uncapped=Tier(str(self.classified.uncapped[index])),
            flags=flags_of(int(self.classified.flags[index])),
            violations=found,
        )


def _ask_book(decision: Decision, opinion: OpinionConfig) -> None:
    ours = frozenset(opinion.books)

    def is_ours(row: Evaluated) -> bool:
        if row.book_kind != BookKind.SPORTSBOOK or row.book_status != "ACTIVE":
            return False
        return not ours or row.book in ours

    decision.stop(Gate.BOOK, ~decision.board.flags(is_ours), Stop.NOT_OUR_BOOK)


def _ask_current(decision: Decision) -> None:
    board = decision.board
    for why, holds in (
        (Stop.EVENT_STARTED, lambda row: row.begins_at <= board.at),
        (Stop.EVENT_FROZEN, lambda row: bool(row.frozen_code)),
        (
            Stop.EVENT_NOT_AHEAD,
            lambda row: row.is_merged or row.event_status != EventStatus.SCHEDULED,
        ),
        (
            Stop.QUOTE_MOVED,
            lambda row: (row.quote_observed_at, row.quote_seq) != (row.observed_at, row.seq),
        ),
        (Stop.QUOTE_SUSPENDED, lambda row: row.quote_status != QuoteStatus.OPEN),
    ):
        # Of a selection that nobody knows no quote can stand: that is worse than one that moved.
        known = board.flags(lambda row: row.selection_uuid is not None)
        decision.stop(Gate.CURRENT, known & board.flags(holds), why)


def _judge(board: Board, outlook: Outlook) -> _Judged:
    opinion = outlook.opinion.document
    market_type = board.texts("market_type")
    classified = classify_many(
        opinion,
        market_type=market_type,
        edge_prob=board.floats("edge_prob"),
        ev=board.floats("ev"),
        edge_points=board.floats("edge_points"),
        flags=board.ints("risk_flags"),
        violations=np.zeros(len(board.rows), dtype=np.int64),
    )
    ranges = {
        market: outlook.league.range_of(MarketType(market)) if market else None
        for market in set(market_type.tolist())
    }
    low = {market: float(each.low) if each else -np.inf for market, each in ranges.items()}
    high = {market: float(each.high) if each else np.inf for market, each in ranges.items()}
    limits = LimitsMany(
        max_quote_age_s=board.floats("max_quote_age_s"),
        overround=outlook.market.document.overround,
        line_low=np.array([low[market] for market in market_type.tolist()]),
        line_high=np.array([high[market] for market in market_type.tolist()]),
        sims_min=opinion.sims_min,
        books_min=opinion.books_min,
    )
    found = violations_many(_records(board, outlook, market_type, classified.tier), limits)
    return _Judged(board, classified, found)


def _records(
    board: Board, outlook: Outlook, market_type: NDArray[np.str_], tier: NDArray[np.str_]
) -> Records:
    opposites = board.opposites

    def of_opposite(read: Callable[[Evaluated], Any]) -> NDArray[np.float64]:
        return np.array(
            [
                np.nan if other is None or read(other) is None else float(read(other))
                for other in opposites
            ]
        )

    return Records(
        has_selection=board.flags(lambda row: row.selection_uuid is not None),
        in_event=board.flags(lambda row: row.run_event_id in (None, row.event_id)),
        has_opposite=np.array([other is not None for other in opposites]),
        has_provider_id=board.flags(lambda row: bool(row.source_event_id)),
        has_config_version=board.flags(lambda row: outlook.version is not None),
        gradeable=board.flags(lambda row: row.ruleset_id is not None and outlook.league.has_scores),
        has_snapshot=board.flags(lambda row: row.has_snapshot),
        has_run=board.flags(lambda row: row.run_id is not None),
        market_type=market_type,
        side=board.texts("side"),
        line=board.floats("line"),
        opposite_line=of_opposite(lambda row: row.line),
        opposite_a=of_opposite(lambda row: row.a),
        opposite_b=of_opposite(lambda row: row.b),
        age_s=board.seconds(lambda row: board.at - row.quote_last_seen_at),
        to_start_s=board.seconds(
            lambda row: row.begins_at - max(row.observed_at, row.quote_last_seen_at)
        ),
        price=board.floats("price"),
        overround=board.floats("overround"),
        fresh_books=board.ints("books"),
        sims=board.ints("sims"),
        model_prob=board.floats("model_prob"),
        fair_line=board.floats("fair_line"),
        a=board.floats("a"),
        b=board.floats("b"),
        v=board.floats("v"),
        decision_prob=board.floats("decision_prob"),
        fair_prob=board.floats("fair_prob"),
        weight=board.floats("weight"),
        edge_prob=board.floats("edge_prob"),
        ev=board.floats("ev"),
        edge_points=board.floats("edge_points"),
        tier=tier,
    )


def _ask_integrity(decision: Decision, judged: _Judged) -> None:
    """Stop what fails a check, and keep what would have been shown but for that."""
    failing = decision.undecided & (judged.violations != 0)
    for index in np.flatnonzero(failing):
        verdict = judged.verdict(int(index))
        if str(judged.classified.tier[index]) in _WORTH_KEEPING:
            decision.blocked.append(verdict)
        decision.gate[index] = _GATES.index(Gate.INTEGRITY)
        decision.why[index] = verdict.violations[0]
    decision.blocked = _one_for_each_reason(decision.blocked)


def _one_for_each_reason(blocked: Iterable[Verdict]) -> list[Verdict]:
    """Keep, of a selection's evaluations with one leading violation, the one that claims most."""
    best: dict[tuple[int, Violation], Verdict] = {}
    for verdict in blocked:
        key = verdict.row.selection_id, verdict.violations[0]
        if key not in best or verdict.row.ev > best[key].row.ev:
            best[key] = verdict
    return list(best.values())


def _ask_best(decision: Decision) -> None:
    board, kept = decision.board, np.flatnonzero(decision.undecided)
    chosen = np.zeros(len(board.rows), dtype=np.bool_)
    if len(kept):
        best = choose_many(
            idea=board.ideas[kept],
            side=board.texts("side")[kept],
            book=board.texts("book")[kept],
            price=board.floats("price")[kept],
            ev=board.floats("ev")[kept],
            edge_prob=board.floats("edge_prob")[kept],
        )
        chosen[kept[best]] = True
    decision.stop(Gate.BEST, ~chosen, Stop.NOT_THE_BEST)


def _ask_tier(decision: Decision, judged: _Judged, opinion: OpinionConfig) -> None:
    tier = judged.classified.tier
    published = np.isin(tier, [one.value for one in opinion.published_tiers])
    worthless = ~(decision.board.floats("ev") > 0.0)
    aligned = tier == Tier.MARKET_ALIGNED
    decision.stop(Gate.TIER, worthless | (aligned & ~published), Stop.NO_EDGE)
    decision.stop(Gate.TIER, ~published, Stop.TIER_NOT_PUBLISHED)


def best_first(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Order by value; ties by what is the same in every database."""
    return sorted(verdicts, key=lambda one: (-one.row.ev, str(one.row.selection_uuid)))
