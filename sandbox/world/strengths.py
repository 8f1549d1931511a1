"""How good every team really is, day by day, and where the market is mistaken about it.

Both drift and are drawn back, each at its own pace: truth over a year, a mistake of the market
over about a week, because results and the betting of others correct it. Nobody outside is told.
"""

from dataclasses import dataclass
from math import exp, sqrt
from threading import Lock
from typing import Final

from sandbox.world.chance import Stream
from sandbox.world.league import Rules

TRUTH_DAYS: Final = 400.0  # until it is e times less like it was
MISTAKE_DAYS: Final = 7.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """Expected points of a game: home minus away, and both together."""

    margin: float
    total: float


@dataclass(frozen=True, slots=True)
class _Day:
    truth: tuple[tuple[float, float], ...]  # by team: margin, total
    mistake: tuple[tuple[float, float], ...]


class Strengths:
    """The strengths of ``teams`` teams on every day since the league began."""

    def __init__(self, seed: str, teams: int, rules: Rules) -> None:
        self._seed = seed
        self._teams = teams
        self._rules = rules
        self._days = [self._first_day()]
        self._growing = Lock()

    def truth(self, home: int, away: int, day: int) -> Outlook:
        """Return what a game of that day would end like on average."""
        truth = self._on(day).truth
        return Outlook(
            margin=self._rules.home_advantage + truth[home][0] - truth[away][0],
            total=self._rules.mean_total + truth[home][1] + truth[away][1],
        )

    def mistake(self, home: int, away: int, day: int) -> Outlook:
        """Return by how much the market misjudges a game of that day, its teams being these."""
        mistake = self._on(day).mistake
        return Outlook(
            margin=mistake[home][0] - mistake[away][0],
            total=mistake[home][1] + mistake[away][1],
        )

    def of_team(self, team: int, day: int) -> tuple[float, float]:
        """Return a team's true strength: points of margin, points of total."""
        return self._on(day).truth[team]

    def _on(self, day: int) -> _Day:
        if day >= len(self._days):
            with self._growing:
                while day >= len(self._days):
                    self._days.append(self._next_day(len(self._days), self._days[-1]))
        return self._days[max(day, 0)]

    def _first_day(self) -> _Day:
        chance = Stream(self._seed, "strengths", 0)
        return _Day(
            truth=tuple(_pair(chance, self._rules.truth_sd) for _ in range(self._teams)),
            mistake=tuple(_pair(chance, self._rules.mistake_sd) for _ in range(self._teams)),
        )

    def _next_day(self, day: int, before: _Day) -> _Day:
        chance = Stream(self._seed, "strengths", day)
        truth_sd, mistake_sd = self._rules.truth_sd, self._rules.mistake_sd
        return _Day(
            truth=tuple(_drifted(chance, one, truth_sd, TRUTH_DAYS) for one in before.truth),
            mistake=tuple(
                _drifted(chance, one, mistake_sd, MISTAKE_DAYS) for one in before.mistake
            ),
        )


def _pair(chance: Stream, sd: tuple[float, float]) -> tuple[float, float]:
    return chance.normal(sd[0]), chance.normal(sd[1])


def _drifted(
    chance: Stream, now: tuple[float, float], sd: tuple[float, float], days: float
) -> tuple[float, float]:
    """One day further: drawn back a little, pushed a little, as spread out as before."""
    kept = exp(-1.0 / days)
    fresh = sqrt(1.0 - kept * kept)
    margin, total = _pair(chance, (fresh * sd[0], fresh * sd[1]))
    return kept * now[0] + margin, kept * now[1] + total
