"""Which days are made again, and how far back the stored answers are read for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.rulebook.errors import RuleBroken

# Games are simulated, and picks of them are made, ten days ahead at most (horizon_h).
LEAST_WARM_UP, WARM_UP = 12, 28

# What was stored, read and decided last; people sign in at other times.
_NEWEST = """
SELECT max(occurred_at) FROM audit_entry
WHERE object_type IN ('ProviderPoll', 'PayloadReading', 'ResultSnapshot', 'RatingDay',
    'SimulationRun', 'EvaluationBatch', 'Pick', 'LineTracking', 'Grade')
"""


class NothingToReconstruct(RuleBroken):
    code = "NOTHING_TO_RECONSTRUCT"

    def __init__(self) -> None:
        super().__init__("No provider's answer is stored here: there is nothing to make again.")


class WindowUnfit(RuleBroken):
    code = "WINDOW_UNFIT"


@dataclass(frozen=True, slots=True)
class Window:
    """Picks, closes and grades between these two instants are compared, both included."""

    first: datetime
    last: datetime
    begins: datetime  # with what was stored from then on the days before are warmed up

    @classmethod
    def ending(cls, last: datetime, *, days: int, warm_up: int) -> "Window":
        """Return so many days up to ``last``.

        Raises:
            WindowUnfit: there are no days in it.
        """
        if days < 1:
            raise WindowUnfit("At least one day is made again.")
        if warm_up < LEAST_WARM_UP:
            raise WindowUnfit(
                f"A warm-up takes {LEAST_WARM_UP} days at least: as long as games are simulated"
                " before they begin, and played."
            )
        first = last - timedelta(days=days)
        return cls(first=first, last=last, begins=first - timedelta(days=warm_up))


def newest_instant(live: Any, *, now: datetime) -> datetime:
    """Return up to when an installation is made again that nobody asked about an instant.

    The newest instant of which anything is stored; of one that runs the last full hour, so that
    two calls within an hour are about the same.

    Raises:
        NothingToReconstruct: nothing was ever stored.
    """
    live.execute(_NEWEST)
    (newest,) = live.fetchone()
    if newest is None:
        raise NothingToReconstruct
    return min(newest, now.replace(minute=0, second=0, microsecond=0))
