"""A tenant's record, part by part: every pick, each tier, the last thirty days.

No figure without its n, its interval and what is missing, and bad stretches as plain as good ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.grading.record import WINDOW, Clv, Settled, break_even, clv_of
from apps.rulebook.settlement import Outcome
from apps.rulebook.statistics import (
    Interval,
    NotASample,
    NothingToMeasure,
    clustered_mean,
    wilson,
)
from apps.rulebook.thresholds import Tier

ALL, LATELY = "All picks", "Last 30 days"
_WON = frozenset({Outcome.WIN, Outcome.HALF_WIN})


@dataclass(frozen=True, slots=True)
class Segment:
    """One unit on each of some picks. What was void or ungradeable is no bet, and is counted."""

    name: str
    won: int
    lost: int
    pushed: int
    void: int
    ungradeable: int
    win_rate: Interval | None  # of the bets that were not pushed
    break_even: float | None
    profit: Decimal  # units
    profit_reach: tuple[float, float] | None  # 95 %, units; None where too few to tell
    clv: Clv

    @property
    def bets(self) -> int:
        return self.won + self.lost + self.pushed

    @property
    def decided(self) -> int:
        return self.won + self.lost


def segments(rows: Sequence[Settled], *, at: datetime) -> list[Segment]:
    """Cut the graded picks into the parts that readers are shown; a tier without any has none."""
    found = [_segment(ALL, rows)]
    for tier in Tier:
        own = [row for row in rows if row.tier == tier]
        found += [_segment(tier.value, own)] if own else []
    lately = [row for row in rows if at - WINDOW < row.started_at <= at]
    return [*found, _segment(LATELY, lately)]


def _segment(name: str, rows: Sequence[Settled]) -> Segment:
    bets = [row for row in rows if row.is_a_bet]
    decided = [row for row in bets if row.outcome != Outcome.PUSH]
    won = sum(row.outcome in _WON for row in decided)
    outcomes = [row.outcome for row in rows]
    return Segment(
        name=name,
        won=won,
        lost=len(decided) - won,
        pushed=len(bets) - len(decided),
        void=outcomes.count(Outcome.VOID),
        ungradeable=outcomes.count(Outcome.UNGRADEABLE),
        win_rate=wilson(won, len(decided)) if decided else None,
        break_even=break_even(decided),
        profit=sum((row.profit for row in bets), Decimal(0)),
        profit_reach=_reach(bets),
        clv=clv_of(bets),
    )


def _reach(bets: Sequence[Settled]) -> tuple[float, float] | None:
    """Where the sum of such bets may lie: picks on one game win and lose together.

    None where all ended alike: they do not tell how far others may lie from them.
    """
    if len({row.profit for row in bets}) < 2:
        return None
    try:
        mean = clustered_mean(
            [float(row.profit) for row in bets], [str(row.event_id) for row in bets]
        )
    except (NotASample, NothingToMeasure):
        return None
    return mean.low * len(bets), mean.high * len(bets)
