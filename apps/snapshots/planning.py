"""What a rhythm will cost, and how long the credits last. Pure.

Games of the weeks that are known repeat themselves: which share of the time a league is near a
game is measured on them. Where no game is known yet, every day is taken to have one window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.snapshots.rhythm import Rhythm

MONTH = timedelta(days=30)  # what a monthly budget is held against
LOOKS_BACK = timedelta(days=28)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking costs from now on, and how long what is left lasts."""

    per_day: float  # credits, the planned or the observed pace, whichever is quicker
    spent: int | None  # this month, as last told
    left: int | None
    resets_at: datetime
    at_reset: int | None  # credits left by then; below nought: so many are missing
    runs_out_at: datetime | None  # empty: not before the reset


def calls_per_day(rhythm: Rhythm, games: Sequence[datetime], at: datetime) -> float:
    """Return how many calls a day a rhythm makes, averaged over the games that are known."""
    shares = _shares(rhythm, games, at)
    calls = sum(share / step.every_s for share, step in zip(shares, rhythm.steps, strict=True))
    rest = max(0.0, 1.0 - sum(shares))
    return (calls + rest / rhythm.every_s) * _DAY.total_seconds()


def credits_per_month(rhythm: Rhythm, cost: int, games: Sequence[datetime], at: datetime) -> int:
    """Return what a rhythm costs in thirty days."""
    return round(calls_per_day(rhythm, games, at) * cost * (MONTH / _DAY))


def forecast(
    *,
    planned_per_day: float,
    observed_per_day: float,
    spent: int | None,
    left: int | None,
    at: datetime,
) -> Forecast:
    """Return where the month ends at the pace of now.

    Others may use the key: their spending shows in the observed pace, and the quicker one counts.
    """
    per_day = max(planned_per_day, observed_per_day)
    resets_at = month_after(at)
    at_reset = runs_out_at = None
    if left is not None:
        at_reset = left - round(per_day * ((resets_at - at) / _DAY))
        if per_day > 0 and at_reset < 0:
            runs_out_at = at + max(left, 0) / per_day * _DAY
    return Forecast(
        per_day=per_day,
        spent=spent,
        left=left,
        resets_at=resets_at,
        at_reset=at_reset,
        runs_out_at=runs_out_at,
    )


def month_of(at: datetime) -> datetime:
    """Return when the credits of now were renewed: on the first of the month, in UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(at: datetime) -> datetime:
    return month_of(month_of(at) + timedelta(days=32))


def _shares(rhythm: Rhythm, games: Sequence[datetime], at: datetime) -> list[float]:
    if not rhythm.steps:
        return []
    known = sorted(games)
    if known:
        around = rhythm.reach if rhythm.after else timedelta(0)
        ends = max(at, known[-1] + around)
        first = known[0] if rhythm.after else known[0] - rhythm.reach
        begins = max(first, ends - LOOKS_BACK)
        if ends - begins >= _DAY:
            return rhythm.shares(known, begins, ends)
    widest = [min(step.within_s / _DAY.total_seconds(), 1.0) for step in rhythm.steps]
    return [wide - near for near, wide in zip([0.0, *widest], widest, strict=False)]
