"""A tenant's record, part by part: every pick, each tier, the last thirty days.

No figure without its n, its interval and what is missing, and bad stretches as plain as good ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.grading.record import (
    WINDOW,
    Clv,
    Period,
    Published,
    break_even,
    clv_of,
    period_of,
    reach_of,
)
from apps.rulebook.settlement import Outcome
from apps.rulebook.statistics import Interval, wilson
from apps.rulebook.thresholds import Tier

ALL, LATELY = "All picks", "Last 30 days"
# How programs name the parts that are no tier.
CODES = {ALL: "ALL", LATELY: "LAST_30_DAYS"}
_WON = frozenset({Outcome.WIN, Outcome.HALF_WIN})


@dataclass(frozen=True, slots=True)
class Segment:
    """One unit on each of some picks. What was void or ungradeable is no bet, and is counted.

    The profit's n are the bets, the win rate's those that were not pushed.
    """

    name: str
    won: int
    lost: int
    pushed: int
    void: int
    ungradeable: int
    open: int  # published, and not settled yet
    period: Period | None  # of the games that are settled
    win_rate: Interval | None  # of the bets that were not pushed
    break_even: float | None
    profit: Decimal  # units
    profit_reach: tuple[float, float] | None  # 95 %, units; None where too few to tell
    clv: Clv

    @property
    def bets(self) -> int:
        return self.won + self.lost + self.pushed

    @property
    def code(self) -> str:
        return CODES.get(self.name, self.name)

    @property
    def published(self) -> int:
        return self.bets + self.void + self.ungradeable + self.open

    @property
    def decided(self) -> int:
        return self.won + self.lost


def segments(rows: Sequence[Published], *, at: datetime) -> list[Segment]:
    """Cut published picks into the parts that readers are shown; a tier without any has none."""
    found = [_segment(ALL, rows)]
    for tier in Tier:
        own = [row for row in rows if row.tier == tier]
        found += [_segment(tier.value, own)] if own else []
    lately = [row for row in rows if at - WINDOW < row.started_at <= at]
    return [*found, _segment(LATELY, lately)]


def _segment(name: str, rows: Sequence[Published]) -> Segment:
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
        open=outcomes.count(""),
        period=period_of(rows),
        win_rate=wilson(won, len(decided)) if decided else None,
        break_even=break_even(decided),
        profit=sum((row.profit for row in bets), Decimal(0)),
        profit_reach=reach_of(bets),
        clv=clv_of(bets),
    )
