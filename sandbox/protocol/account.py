"""What a key may still ask for: credits by the month, and calls by the second.

Credits belong to the month of the sandbox's own clock and start again on its first day, in UTC.
Calls are counted in real seconds, whatever that clock says.
"""

import hmac
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from time import monotonic
from typing import Final

from sandbox.protocol.refusals import Refusal, Refused

CREDITS: Final = 5_000_000  # a month
CALLS_A_SECOND: Final = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """The three headers of every answer."""

    remaining: int
    used: int
    last: int

    def headers(self) -> dict[str, str]:
        return {
            "x-requests-remaining": str(self.remaining),
            "x-requests-used": str(self.used),
            "x-requests-last": str(self.last),
        }


class Account:
    """One key, its credits and its pace. Safe for threads."""

    def __init__(
        self,
        key: str,
        *,
        credits: int = CREDITS,
        calls_a_second: int = CALLS_A_SECOND,
        history: bool = True,
    ) -> None:
        self.key = key
        self.credits = credits
        self.calls_a_second = calls_a_second
        self.history = history
        self._used: Counter[tuple[int, int]] = Counter()
        self._calls: deque[float] = deque()
        self._lock = Lock()

    def admit(self, key: str | None) -> None:
        """Let a call with this key in.

        Raises:
            Refused: no key, a wrong one, or too many calls within a second.
        """
        if not key:
            raise Refused(Refusal.MISSING_KEY)
        if not hmac.compare_digest(key.encode(), self.key.encode()):
            raise Refused(Refusal.INVALID_KEY)
        now = monotonic()
        with self._lock:
            while self._calls and self._calls[0] <= now - 1.0:
                self._calls.popleft()
            if len(self._calls) >= self.calls_a_second:
                raise Refused(Refusal.EXCEEDED_FREQ_LIMIT)
            self._calls.append(now)

    def charge(self, cost: int, at: int) -> Standing:
        """Take what an answer costs, all of it or nothing.

        Raises:
            Refused: this month's credits do not reach.
        """
        month = _month(at)
        with self._lock:
            if cost and self._used[month] + cost > self.credits:
                raise Refused(Refusal.OUT_OF_USAGE_CREDITS)
            self._used[month] += cost
            return Standing(self.credits - self._used[month], self._used[month], cost)

    def standing(self, at: int) -> Standing:
        """Return what is left, nothing charged."""
        with self._lock:
            used = self._used[_month(at)]
        return Standing(self.credits - used, used, 0)


def _month(at: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(at, UTC)
    return day.year, day.month
