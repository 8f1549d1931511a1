"""Which legs go together: the heaviest combinations that keep every limit, found exactly.

The weights add up, so the search goes through the legs from the heaviest on and gives up a branch
when even the heaviest legs that are left could not lift it among the best found. A property test
holds it equal to trying every combination.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeVar

from apps.rulebook.parlays.gate import LegReason

Worth = TypeVar("Worth")
_GRAINS: Final = 1_000_000  # of a weight: whole numbers add up the same in any order


@dataclass(frozen=True, slots=True)
class Bench:
    """One leg that may be chosen, as far as choosing is concerned."""

    key: str  # settles ties, the same on every run
    weight: Decimal
    game: Hashable
    teams: tuple[Hashable, ...]
    is_total: bool


@dataclass(frozen=True, slots=True)
class Limits:
    per_game: int
    per_team: int
    totals: int


@dataclass(frozen=True, slots=True)
class Choice(Generic[Worth]):
    """One combination, in the order of the bench, and what it is worth together."""

    legs: tuple[Bench, ...]
    worth: Worth

    @property
    def weight(self) -> Decimal:
        return sum((leg.weight for leg in self.legs), Decimal(0))


def choose(
    bench: Sequence[Bench],
    *,
    count: int,
    limits: Limits,
    worth: Callable[[tuple[Bench, ...]], Worth | None],
    best: int = 1,
) -> list[Choice[Worth]]:
    """Return the ``best`` heaviest combinations of ``count`` legs, the heaviest first.

    ``worth`` says what a combination is worth, or None where it may not be made. Of equal weight,
    the one whose legs come first does: by weight, then by key. Never fewer legs than ``count``.
    Source: docs/domain.md section 9.
    """
    legs = sorted(bench, key=lambda leg: (-leg.weight, leg.key))
    grains = [int(leg.weight * _GRAINS) for leg in legs]
    ahead = [0, *_running(grains)]  # ahead[i]: the weight of the first i legs
    found: list[tuple[int, Choice[Worth]]] = []

    def search(start: int, chosen: list[int], weight: int) -> None:
        missing = count - len(chosen)
        if not missing:
            combination = tuple(legs[index] for index in chosen)
            said = worth(combination)
            if said is not None:
                # Stable: what was found first stays before what weighs the same.
                found.append((weight, Choice(combination, said)))
                found.sort(key=lambda one: -one[0])
                del found[best:]
            return
        for index in range(start, len(legs) - missing + 1):
            most = weight + ahead[index + missing] - ahead[index]
            if len(found) == best and most <= found[-1][0]:
                return  # the legs that follow are no heavier
            if against(legs[index], [legs[one] for one in chosen], limits) is None:
                search(index + 1, [*chosen, index], weight + grains[index])

    if count > 0 and _could_be(legs, count, limits):
        search(0, [], 0)
    return [choice for _weight, choice in found]


def against(leg: Bench, chosen: Sequence[Bench], limits: Limits) -> LegReason | None:
    """Name the limit that keeps a leg from standing beside those chosen, or None.

    Source: docs/domain.md section 9.
    """
    if sum(one.game == leg.game for one in chosen) >= limits.per_game:
        return LegReason.SAME_GAME
    if any(sum(team in one.teams for one in chosen) >= limits.per_team for team in leg.teams):
        return LegReason.TEAM_LIMIT
    if leg.is_total and sum(one.is_total for one in chosen) >= limits.totals:
        return LegReason.TOTALS_LIMIT
    return None


def _could_be(legs: Sequence[Bench], count: int, limits: Limits) -> bool:
    """Whether the limits leave room for so many legs at all: asked before anything is tried."""
    games = Counter(leg.game for leg in legs)
    rest = Counter(leg.game for leg in legs if not leg.is_total)
    room = sum(min(found, limits.per_game) for found in games.values())
    plain = sum(min(found, limits.per_game) for found in rest.values())
    return min(room, plain + limits.totals) >= count


def _running(grains: Sequence[int]) -> Iterator[int]:
    total = 0
    for one in grains:
        total += one
        yield total
