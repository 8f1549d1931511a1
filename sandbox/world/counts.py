"""Games of few scores: hockey, baseball, soccer. What each side scores is counted, side by side.

The law is one: counts of two sides that know nothing of each other, and what is done about a
level score. A game is drawn from it and the market's curves are its sums, so that the books are
honest to the last digit.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import exp
from typing import Final

from sandbox.world.chance import Stream
from sandbox.world.curve import Curve
from sandbox.world.football import AWAY, HOME, Played, Score

_PASSES: Final = 4  # until the means are what was asked for
_LEAST: Final = 0.05  # what a side scores on average, at least


@dataclass(frozen=True, slots=True)
class Counts:
    """One code. ``decided`` is how far apart a level game ends: nothing where it may stay level."""

    regulation: float
    overtime: float
    parts: tuple[str, int]
    most: int  # that one side is given a chance to score
    spread_out: float = 1.0  # variance over mean: 1 is Poisson's
    decided: tuple[float, ...] = ()  # chances of a margin of one, two, ... after the end

    def play(self, expected: tuple[float, float], chance: Stream) -> Played:
        home, away = self._means(expected[0] - expected[1], expected[0] + expected[1])
        counts = [
            _drawn(_counts(mean, self.most, self.spread_out), chance) for mean in (home, away)
        ]
        scores = [
            Score(chance.between(0.0, self.regulation), side, 1)
            for side in (HOME, AWAY)
            for _ in range(counts[side])
        ]
        length = self.regulation
        if counts[HOME] == counts[AWAY] and self.decided:
            length += chance.between(0.1, 1.0) * self.overtime
            winner = HOME if chance.happens(home / (home + away)) else AWAY
            by = _drawn(self.decided, chance) + 1
            scores += [Score(length, winner, 1) for _ in range(by)]
        scores.sort(key=lambda score: score.clock)
        return Played(scores=tuple(scores), length=length)

    def margins(self, margin: float, total: float) -> Curve:
        return self._curves(margin, total)[0]

    def totals(self, margin: float, total: float) -> Curve:
        return self._curves(margin, total)[1]

    def _curves(self, margin: float, total: float) -> tuple[Curve, Curve]:
        return _summed(self, round(50 * margin), round(25 * total))

    def _means(self, margin: float, total: float) -> tuple[float, float]:
        """Return what the sides score before the end, where that is what they end with."""
        return _regular(self, round(50 * margin), round(25 * total))


@lru_cache(maxsize=4096)
def _counts(mean: float, most: int, spread_out: float) -> tuple[float, ...]:
    """Return how likely each count is: Poisson's, or a negative binomial of that variance."""
    if spread_out == 1.0:
        chances = [exp(-mean)]
        for k in range(1, most + 1):
            chances.append(chances[-1] * mean / k)
    else:
        share = 1.0 - 1.0 / spread_out
        size = mean / (spread_out - 1.0)
        chances = [(1.0 - share) ** size]
        for k in range(1, most + 1):
            chances.append(chances[-1] * share * (size + k - 1) / k)
    whole = sum(chances)
    return tuple(chance / whole for chance in chances)


def _drawn(chances: tuple[float, ...], chance: Stream) -> int:
    share = chance.share() * sum(chances)
    for value, below in enumerate(accumulate(chances)):
        if share < below:
            return value
    return len(chances) - 1


@lru_cache(maxsize=8192)
def _regular(code: Counts, fiftieths: int, twenty_fifths: int) -> tuple[float, float]:
    margin, total = fiftieths / 50, twenty_fifths / 25
    home = max((total + margin) / 2, _LEAST)
    away = max((total - margin) / 2, _LEAST)
    if not code.decided:
        return home, away
    wanted = home, away
    by = sum((k + 1) * chance for k, chance in enumerate(code.decided)) / sum(code.decided)
    for _ in range(_PASSES):
        level = sum(
            a * b
            for a, b in zip(
                _counts(home, code.most, code.spread_out),
                _counts(away, code.most, code.spread_out),
                strict=True,
            )
        )
        more = level * by
        share = home / (home + away)
        home = max(wanted[0] - more * share, _LEAST)
        away = max(wanted[1] - more * (1 - share), _LEAST)
    return home, away


@lru_cache(maxsize=8192)
def _summed(code: Counts, fiftieths: int, twenty_fifths: int) -> tuple[Curve, Curve]:
    home, away = _regular(code, fiftieths, twenty_fifths)
    theirs = [_counts(mean, code.most, code.spread_out) for mean in (home, away)]
    longest = code.most + len(code.decided)
    margins = [0.0] * (2 * longest + 1)
    totals = [0.0] * (2 * code.most + len(code.decided) + 1)
    share = home / (home + away)
    decided = [chance / sum(code.decided) for chance in code.decided]
    for ours, chance in enumerate(theirs[HOME]):
        for other, against in enumerate(theirs[AWAY]):
            both = chance * against
            if ours != other or not decided:
                margins[longest + ours - other] += both
                totals[ours + other] += both
                continue
            for by, ends in enumerate(decided, start=1):
                margins[longest + by] += both * ends * share
                margins[longest - by] += both * ends * (1 - share)
                totals[ours + other + by] += both * ends
    return (
        Curve(range(-longest, longest + 1), margins),
        Curve(range(len(totals)), totals),
    )
