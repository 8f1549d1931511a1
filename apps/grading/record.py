"""A tenant's record to date: every pick that was ever published, with nothing left out.

One query is behind board, console, message and API. A pick that was replaced or withdrawn counts
like any other. Half a win counts as won and half a loss as lost; a push is a bet that returned its
stake; a void game and one that nobody can grade are no bets, and are counted beside, like what
nobody has settled yet: bets + void + ungradeable + open = published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Count

from apps.core.db import fetch_all
from apps.grading.models import Grade
from apps.grading.querysets import BETS
from apps.picks.models import Pick
from apps.rulebook.settlement import Outcome
from apps.rulebook.statistics import NotASample, NothingToMeasure, clustered_mean

SLA_MINUTES: Final = 120  # docs/domain.md section 7
# Minutes from the final to the grade, as the bars of the delay chart count them; then the rest.
DELAYS_UP_TO: Final = (15, 30, 45, 60, 90, 120, 180)
WINDOW: Final = timedelta(days=30)
_POINTS: Final = 120  # of the profit's path: more than a chart can show

_WON: Final = frozenset({Outcome.WIN, Outcome.HALF_WIN})
_LOST: Final = frozenset({Outcome.LOSS, Outcome.HALF_LOSS})

# What every figure of a record is based on, in the words of every page that shows one.
PRICE_BASIS: Final = "1 unit on each pick, at the price that it was published at"

_PUBLISHED = """
SELECT pick.event_id, pick.tier, pick.expires_at, pick.price, pick.a, pick.b,
    coalesce(grade.outcome, ''), coalesce(grade.profit, 0), tracking.clv_ev
FROM pick
LEFT JOIN (
    SELECT DISTINCT ON (pick_id) pick_id, outcome, profit FROM grade
    ORDER BY pick_id, revision_no DESC
) AS grade ON grade.pick_id = pick.id
LEFT JOIN line_tracking AS tracking ON tracking.pick_id = pick.id
WHERE pick.published_at IS NOT NULL
ORDER BY pick.expires_at, pick.published_at, pick.id
"""


class Published(NamedTuple):
    """One pick that was published, by its current grade; without one it is open."""

    event_id: UUID
    tier: str
    started_at: datetime  # as it was known when the pick was made
    price: Decimal
    a: float
    b: float
    outcome: str  # empty: not settled yet
    profit: Decimal
    clv_ev: float | None

    @property
    def is_a_bet(self) -> bool:
        return self.outcome in BETS

    @property
    def is_open(self) -> bool:
        return not self.outcome


class Period(NamedTuple):
    """When the first and the last game of what is settled began."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class TierRecord:
    tier: str
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class Clv:
    """Mean EV-CLV of the bets; the interval counts each event once, None where one is too few."""

    mean: float | None
    low: float | None
    high: float | None
    n: int
    missing: int


@dataclass(frozen=True, slots=True)
class Record:
    """What came of one unit on each published pick, beside what its probabilities promised.

    ``path`` is the profit as it grew, thinned for a chart: bets so far, profit, promised profit
    and its standard deviation, in units.
    """

    won: int
    lost: int
    pushed: int
    void: int
    ungradeable: int
    open: int  # published, and not settled yet
    period: Period | None
    profit: Decimal
    profit_reach: tuple[float, float] | None  # 95 %, units; None where too few to tell
    promised: float
    deviation: float
    break_even: float | None  # the win rate if each bet were worth its price and no more
    tiers: tuple[TierRecord, ...]
    clv: Clv
    path: list[tuple[int, float, float, float]]

    @property
    def bets(self) -> int:
        return self.won + self.lost + self.pushed


def published() -> list[Published]:
    """Every published pick of the tenant in scope, in the order in which their games begin."""
    return [Published(*row) for row in fetch_all(_PUBLISHED)]


def changes_with() -> str:
    """Name what a record is made from: another text, another record."""
    graded = Grade.objects.order_by("-id").values_list("id", flat=True).first()
    last = Pick.objects.seen().values("published_at").annotate(picks=Count("pk"))
    newest = last.order_by("-published_at").first()  # a turn publishes several at one instant
    if newest is None:
        return f"{graded}|nothing"
    return f"{graded}|{newest['published_at']:%FT%T.%f}|{newest['picks']}"


def record() -> Record:
    """Read the record of the tenant in scope."""
    return record_of(published())


def record_of(rows: Sequence[Published]) -> Record:
    """Add up published picks: all of them, or a part that a reader asks about."""
    bets = [row for row in rows if row.is_a_bet]
    outcomes = [row.outcome for row in rows]
    decided = [row for row in bets if row.outcome != Outcome.PUSH]
    path = _path(bets)
    return Record(
        won=sum(outcome in _WON for outcome in outcomes),
        lost=sum(outcome in _LOST for outcome in outcomes),
        pushed=outcomes.count(Outcome.PUSH),
        void=outcomes.count(Outcome.VOID),
        ungradeable=outcomes.count(Outcome.UNGRADEABLE),
        open=outcomes.count(""),
        period=period_of(rows),
        profit=sum((row.profit for row in bets), Decimal(0)),
        profit_reach=reach_of(bets),
        promised=path[-1][2] if path else 0.0,
        deviation=path[-1][3] if path else 0.0,
        break_even=break_even(decided),
        tiers=tuple(_of_tier(tier, decided) for tier in sorted({row.tier for row in decided})),
        clv=clv_of(bets),
        path=_thinned(path),
    )


def period_of(rows: Sequence[Published]) -> Period | None:
    """Find from when to when a record reaches; what is not settled yet reaches nowhere."""
    starts = [row.started_at for row in rows if not row.is_open]
    return Period(min(starts), max(starts)) if starts else None


def delays(at: datetime) -> list[int]:
    """Count the first grades of the last 30 days by how long they took after the final.

    One number for each of ``DELAYS_UP_TO``, and one for whatever took longer.
    """
    first = Grade.objects.first_words().filter(graded_at__gt=at - WINDOW, graded_at__lte=at)
    taken = first.with_delay().values_list("delay", flat=True)
    minutes = [delay.total_seconds() / 60 for delay in taken]
    bars = np.searchsorted(DELAYS_UP_TO, minutes, side="left")
    return [int(n) for n in np.bincount(bars, minlength=len(DELAYS_UP_TO) + 1)]


def break_even(decided: Sequence[Published]) -> float | None:
    """Average what each price asks for: a long shot needs to win more rarely than a favourite."""
    if not decided:
        return None
    return sum(1 / float(row.price) for row in decided) / len(decided)


def _of_tier(tier: str, decided: Sequence[Published]) -> TierRecord:
    won = [row.outcome in _WON for row in decided if row.tier == tier]
    return TierRecord(tier, won=sum(won), lost=len(won) - sum(won))


def _path(bets: Sequence[Published]) -> list[tuple[int, float, float, float]]:
    """Add up profit, promise and its variance bet by bet, picks of different events."""
    a, b, price, profit = (
        np.array([float(getattr(row, name)) for row in bets])
        for name in ("a", "b", "price", "profit")
    )
    gain = price - 1
    promise = a * gain - b
    variance = a * gain**2 + b - promise**2
    columns: list[Any] = [np.cumsum(profit), np.cumsum(promise), np.sqrt(np.cumsum(variance))]
    return [
        (index, *(round(float(column[index - 1]), 4) for column in columns))  # type: ignore[misc]
        for index in range(1, len(bets) + 1)
    ]


def _thinned(
    path: list[tuple[int, float, float, float]],
) -> list[tuple[int, float, float, float]]:
    """Keep about as many as a chart can show, the last always."""
    step = max(1, len(path) // _POINTS)
    kept = path[step - 1 :: step]
    return kept if not path or kept[-1] == path[-1] else [*kept, path[-1]]


def reach_of(bets: Sequence[Published]) -> tuple[float, float] | None:
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


def clv_of(bets: Sequence[Published]) -> Clv:
    valued = [(row.clv_ev, str(row.event_id)) for row in bets if row.clv_ev is not None]
    missing = len(bets) - len(valued)
    if not valued:
        return Clv(mean=None, low=None, high=None, n=0, missing=missing)
    values = [value for value, _ in valued]
    mean = sum(values) / len(values)
    try:
        interval = clustered_mean(values, [event for _, event in valued])
    except (NotASample, NothingToMeasure):
        return Clv(mean=mean, low=None, high=None, n=len(valued), missing=missing)
    return Clv(mean, interval.low, interval.high, len(valued), missing)
