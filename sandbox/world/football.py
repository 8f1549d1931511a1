"""Plays one football game, possession by possession.

Threes and sevens are common because field goals and touchdowns are what teams score, and more
common still because a team that trails by three late settles for a kick and one that trails by
four to eight does not. Nothing here is drawn around a margin.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sandbox.world.chance import Stream

HOME, AWAY = 0, 1
REGULATION: Final = 3600.0  # seconds of game clock
HALF: Final = 1800.0
OVERTIME: Final = 600.0

_DRIVE: Final = (158.0, 62.0)  # mean and standard deviation of a possession, seconds
_SHORTEST, _LONGEST = 25.0, 420.0
_DRIVES: Final = 11.36  # possessions of a team in a game
_FIELD_GOALS: Final = 0.150  # of possessions, for a team of average attack
_FIELD_GOALS_PER_POINT: Final = 0.0015
_AVERAGE: Final = 22.5  # points
_SAFETY: Final = 0.003
_TOUCHDOWN: Final = 6.96  # points, the try after it included
_GOOD_KICK, _GOOD_TWO = 0.945, 0.48
_STRETCH: Final = 1.05  # the end of a game draws margins together by as much
_LATE: Final = 540.0  # seconds left when the score begins to decide what a team tries


class Score(NamedTuple):
    """Points made at an instant of the game, counted in seconds since the kick-off."""

    clock: float
    side: int
    points: int


@dataclass(frozen=True, slots=True)
class Played:
    """How a game went. A clock beyond regulation was spent in overtime."""

    scores: tuple[Score, ...]
    length: float  # seconds of game clock

    @property
    def final(self) -> tuple[int, int]:
        return self.at(self.length)

    def at(self, clock: float) -> tuple[int, int]:
        """Return the score at an instant of the game: home, away."""
        points = [0, 0]
        for score in self.scores:
            if score.clock <= clock:
                points[score.side] += score.points
        return points[HOME], points[AWAY]


class _Game:
    def __init__(self, expected: tuple[float, float], chance: Stream) -> None:
        self.chance = chance
        self.chances = [_chances(points) for points in expected]
        self.points = [0, 0]
        self.scores: list[Score] = []
        self.clock = 0.0

    def add(self, side: int, points: int) -> None:
        self.points[side] += points
        self.scores.append(Score(self.clock, side, points))

    def lead(self, side: int) -> int:
        return self.points[side] - self.points[1 - side]

    def possession(self, side: int, end: float) -> None:
        """One drive; it may run out of time before ``end``."""
        left = end - self.clock
        taken = _DRIVE[0] + self.chance.normal(_DRIVE[1])
        late = end >= REGULATION and left <= _LATE
        if late:
            # Who leads lets time run, who trails does not.
            taken *= 1.25 if self.lead(side) > 0 else 0.7
        taken = min(max(taken, _SHORTEST), _LONGEST)
        out_of_time = taken > left
        self.clock += min(taken, left)
        touchdown, kick = self.chances[side]
        if late:
            touchdown, kick = self._late(side, touchdown, kick)
        if out_of_time:
            # A last throw or a long kick is all that is left.
            touchdown, kick = touchdown * 0.25, kick * 0.75
        drawn = self.chance.share()
        if drawn < touchdown:
            self._touchdown(side, late)
        elif drawn < touchdown + kick:
            self.add(side, 3)
        elif drawn > 1.0 - _SAFETY:
            self.add(1 - side, 2)

    def _late(self, side: int, touchdown: float, kick: float) -> tuple[float, float]:
        """What the score makes a team try."""
        lead = self.lead(side)
        if -3 <= lead <= 0:
            return touchdown * 0.62, kick * 1.5 + touchdown * 0.5
        if -8 <= lead <= -4:
            return touchdown + kick * 0.45, 0.0
        if lead < -11:
            return touchdown + kick * 0.30, 0.0
        if lead > 8:
            return touchdown * 0.70, kick
        if lead > 3:
            return touchdown * 0.75, kick
        if lead > 0:
            return touchdown * 0.55, kick * 0.65
        return touchdown, kick

    def _touchdown(self, side: int, late: bool) -> None:
        self.points[side] += 6
        lead = self.lead(side)
        deciding = late or self.clock > 0.75 * REGULATION
        goes_for_two = (deciding and lead in (-10, -5, -2, 1, 5)) or self.chance.happens(0.03)
        if goes_for_two:
            extra = 2 if self.chance.happens(_GOOD_TWO) else 0
        else:
            extra = 1 if self.chance.happens(_GOOD_KICK) else 0
        self.points[side] -= 6
        self.add(side, 6 + extra)

    def overtime(self) -> None:
        """Ten minutes: each side has the ball once, then the next score decides."""
        side = self.chance.whole(HOME, AWAY)
        end = REGULATION + OVERTIME
        for turn in range(20):
            if self.clock >= end or (turn >= 2 and self.lead(HOME) != 0):
                return
            touchdown, kick = self.chances[side]
            if self.lead(side) < 0:
                # Behind a touchdown only one helps; behind a kick another one does.
                down = self.lead(side)
                touchdown, kick = (touchdown, kick * 1.3) if down >= -3 else (touchdown * 1.3, 0.0)
            self.clock += min(max(0.72 * _DRIVE[0] + self.chance.normal(40.0), 45.0), 240.0)
            self.clock = min(self.clock, end)
            drawn = self.chance.share()
            # A drive of overtime starts better and is played to the end.
            if drawn < touchdown * 1.2:
                self.add(side, 7 if turn < 2 else 6)
            elif drawn < touchdown * 1.2 + kick * 2.6:
                self.add(side, 3)
            side = 1 - side


def play(expected: tuple[float, float], chance: Stream) -> Played:
    """Play a game whose sides score ``expected`` points on average: home, away."""
    home, away = expected
    more = (home - away) * (_STRETCH - 1.0) / 2.0
    game = _Game((home + more, away - more), chance)
    first = chance.whole(HOME, AWAY)
    for end, side in ((HALF, first), (REGULATION, 1 - first)):
        holder = side
        while game.clock < end:
            game.possession(holder, end)
            holder = 1 - holder
    if game.lead(HOME) == 0:
        game.overtime()
    return Played(scores=tuple(game.scores), length=max(game.clock, REGULATION))


def _chances(points: float) -> tuple[float, float]:
    """How a possession ends for a side that scores so many points a game: touchdown, kick."""
    kick = _FIELD_GOALS + _FIELD_GOALS_PER_POINT * (points - _AVERAGE)
    kick = min(max(kick, 0.05), 0.22)
    touchdown = (points / _DRIVES - 3.0 * kick) / _TOUCHDOWN
    return max(touchdown, 0.01), kick
