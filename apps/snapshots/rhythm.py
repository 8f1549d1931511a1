"""How often a feed asks: in its own rhythm, and more often near a game. Pure.

A step is a window beside every game's start and the pause between two polls inside it: before the
start where quotes are asked for, after it where scores are. The narrowest window that holds now
decides, and a turn never oversleeps the opening of a narrower one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from apps.rulebook.errors import RuleBroken

# A beat that comes a moment early must not be sent away: it would return a whole beat later.
EARLY = timedelta(seconds=1)


class RhythmUnfit(RuleBroken):
    code = "RHYTHM_UNFIT"


class Step(BaseModel):
    """Ask every ``every_s`` seconds within ``within_s`` seconds of a start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    within_s: int = Field(gt=0, le=7 * 86400)
    every_s: int = Field(ge=5)


_STEPS = TypeAdapter(tuple[Step, ...])


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``steps`` from the narrowest window to the widest; ``after``: they follow the start."""

    every_s: int
    steps: tuple[Step, ...] = ()
    after: bool = False

    @property
    def reach(self) -> timedelta:
        """How far from a game's start it still matters."""
        return timedelta(seconds=self.steps[-1].within_s if self.steps else 0)

    def every(self, at: datetime, games: Iterable[datetime]) -> timedelta:
        """Return the pause that is in force, given when games begin."""
        starts = list(games)
        for step in self.steps:
            if any(opens <= at < closes for opens, closes in self._windows(step, starts)):
                return timedelta(seconds=step.every_s)
        return timedelta(seconds=self.every_s)

    def next_turn(self, at: datetime, games: Iterable[datetime]) -> datetime:
        """Return when to ask again after asking at ``at``."""
        starts = list(games)
        pause = self.every(at, starts)
        turn = at + pause
        openings = [
            opens
            for step in self.steps
            if step.every_s < pause.total_seconds()
            for opens, _closes in self._windows(step, starts)
            if at < opens < turn
        ]
        return min([turn - min(EARLY, pause / 20), *openings])

    def shares(self, games: Sequence[datetime], begins: datetime, ends: datetime) -> list[float]:
        """Return which share of a span each step is in force for; the rest is the own rhythm's."""
        span = (ends - begins).total_seconds()
        covered, shares = 0.0, []
        for step in self.steps:  # each window lies within the next one
            whole = _length(self._windows(step, games), begins, ends) / span
            shares.append(whole - covered)
            covered = whole
        return shares

    def _windows(self, step: Step, games: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
        within = timedelta(seconds=step.within_s)
        if self.after:
            return [(start, start + within) for start in games]
        return [(start - within, start) for start in games]


def rhythm_of(every_s: int, steps: Any, *, after: bool) -> Rhythm:
    """Read a rhythm as it is stored or filled in, in any order of its steps.

    Raises:
        RhythmUnfit: a step cannot be read, or asks less often nearer to a game.
    """
    try:
        read = sorted(_STEPS.validate_python(steps or ()), key=lambda step: step.within_s)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(str(part) for part in first["loc"])
        raise RhythmUnfit(f"Near games: {where}: {first['msg']}.") from None
    if every_s < 1:
        raise RhythmUnfit("A feed is asked at most once a second.")
    pauses = [*(step.every_s for step in read), every_s]
    widths = {step.within_s for step in read}
    if len(widths) < len(read) or any(a >= b for a, b in pairwise(pauses)):
        raise RhythmUnfit(
            "Nearer to a game a feed is asked more often: every step needs a window of its own,"
            " and a shorter pause than the next wider one and the feed's own rhythm."
        )
    return Rhythm(every_s=every_s, steps=tuple(read), after=after)


def _length(
    windows: Iterable[tuple[datetime, datetime]], begins: datetime, ends: datetime
) -> float:
    """Measure in seconds what windows cover of a span, overlaps once."""
    total, until = 0.0, begins
    for opens, closes in sorted(windows):
        opens, closes = max(opens, until), min(closes, ends)
        if closes > opens:
            total += (closes - opens).total_seconds()
            until = closes
    return total
