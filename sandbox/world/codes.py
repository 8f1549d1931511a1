"""Football and basketball, each as a code: how it is played, and how its ends fall."""

from functools import lru_cache
from typing import Final

from sandbox.world import football
from sandbox.world.chance import Stream
from sandbox.world.curve import Curve, bent, margin_curve, total_curve
from sandbox.world.football import AWAY, HOME, Played, Score


class Football:
    """Possession by possession; its curves were counted."""

    regulation = football.REGULATION
    overtime = football.OVERTIME
    parts = ("Quarter", 4)

    def play(self, expected: tuple[float, float], chance: Stream) -> Played:
        return football.play(expected, chance)

    def margins(self, margin: float, total: float) -> Curve:
        return margin_curve(margin, total)

    def totals(self, margin: float, total: float) -> Curve:
        return total_curve(total)


class Basketball:
    """Margin and total are drawn from the curves that the market has of them.

    No game ends level: what would have is played on, so that a margin of a few points is a little
    commoner than a bell has it, and none at all does not occur.
    """

    overtime = 300.0
    parts = ("Quarter", 4)

    def __init__(self, *, minutes: int, margin_sd: float, total_sd: float, parts: int = 4) -> None:
        self.regulation = 60.0 * minutes
        self.parts = ("Quarter" if parts == 4 else "Half", parts)
        self._sd = margin_sd, total_sd

    def play(self, expected: tuple[float, float], chance: Stream) -> Played:
        home, away = expected
        margin = self.margins(home - away, home + away).drawn(chance.share())
        total = self.totals(home - away, home + away).drawn(chance.share())
        if (total + margin) % 2:
            total += 1 if chance.happens(0.5) else -1
        total = max(total, abs(margin) + 2 * _LEAST)
        final = (total + margin) // 2, (total - margin) // 2
        overtime = abs(margin) <= _CLOSE and chance.happens(_WENT_ON)
        level = min(final) - chance.whole(4, 12)
        sides = ((level, level) if overtime else final, final)
        scores: list[Score] = []
        for side in (HOME, AWAY):
            scores += _baskets(side, sides[0][side], 0.0, self.regulation, chance)
            scores += _baskets(
                side,
                final[side] - sides[0][side],
                self.regulation,
                self.regulation + self.overtime,
                chance,
            )
        scores.sort(key=lambda score: score.clock)
        length = self.regulation + (self.overtime if overtime else 0.0)
        return Played(scores=tuple(scores), length=length)

    def margins(self, margin: float, total: float) -> Curve:
        return _margins(round(10 * margin), self._sd[0])

    def totals(self, margin: float, total: float) -> Curve:
        return _totals(round(total * 2), self._sd[1])


_LEAST: Final = 35  # points of a side
_CLOSE: Final = 9  # points by which a game that went on was won at most
_WENT_ON: Final = 0.17
_WIDEST: Final = 75
_SHAPE: Final = (0.0, 0.62, 0.92, 0.92, 0.95, 1.02, 1.1, 1.2, 1.15, 1.15, 1.1, 1.05, 1.02)


def _baskets(side: int, points: int, since: float, until: float, chance: Stream) -> list[Score]:
    scores = []
    while points > 0:
        made = min(chance.one_of((1, 2, 2, 2, 2, 3, 3)), points)
        scores.append(Score(chance.between(since, until), side, made))
        points -= made
    return scores


@lru_cache(maxsize=4096)
def _margins(tenths: int, sd: float) -> Curve:
    values = range(-_WIDEST, _WIDEST + 1)
    weights = [_SHAPE[abs(k)] if abs(k) < len(_SHAPE) else 1.0 for k in values]
    return bent(values, weights, tenths / 10, sd)


@lru_cache(maxsize=4096)
def _totals(halves: int, sd: float) -> Curve:
    mean = halves / 2
    values = range(int(mean - 6 * sd), int(mean + 6 * sd) + 1)
    return bent(values, [1.0] * len(values), mean, sd)
