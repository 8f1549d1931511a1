"""Chance that comes out the same whenever it is asked again.

A stream is named after what it decides; nothing is drawn from a shared one, so that what is
asked first changes nothing. Only ``random()`` and the inverse normal are used: both give the
same bits on every supported Python.
"""

from collections.abc import Sequence
from random import Random
from statistics import NormalDist
from typing import Final, TypeVar

T = TypeVar("T")

_NORMAL: Final = NormalDist()
_TINY: Final = 1e-12


class Stream:
    """The chance behind one thing, named by ``names``."""

    def __init__(self, *names: object) -> None:
        self._random = Random("|".join(map(str, names)))

    def share(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        return self._random.random()

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int((high - low + 1) * self._random.random())

    def normal(self, sd: float = 1.0) -> float:
        return sd * _NORMAL.inv_cdf(max(self._random.random(), _TINY))

    def one_of(self, things: Sequence[T]) -> T:
        return things[int(len(things) * self._random.random())]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        left, mixed = list(things), []
        while left:
            mixed.append(left.pop(int(len(left) * self._random.random())))
        return mixed
