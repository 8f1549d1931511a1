"""What happens around a game beside the game: news, money, and what a feed makes hard to follow.

Decided apart from everything else, so that a league in which nothing happens is the same world.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sandbox.world.chance import Stream
from sandbox.world.football import Played

if TYPE_CHECKING:
    from sandbox.world.games import Fixture

_HURT: Final = (1.5, 4.0)  # units that a side is worth less, between these
_STEAM: Final = (1.3, 2.6)  # units
_STEAM_LASTS: Final = 0.04  # of the time before the start, until most of it is taken back
_SUSPENDED_FOR: Final = 0.005  # of the same: every price is down
_STATUSES: Final = ("OUT", "OUT", "DOUBTFUL")


class Injury(NamedTuple):
    """Somebody who will not play: ``points`` are what the side is worth less."""

    at: int
    side: int
    player: str
    status: str
    points: float


class Moved(NamedTuple):
    """A start that was put off: told at an instant, from one start to another."""

    at: int
    before: int
    to: int


class Mistake(NamedTuple):
    """A final that was told wrongly, and for how many seconds after the end it stood."""

    final: tuple[int, int]
    stands_for: int


class Steam(NamedTuple):
    """Money on one side: the market follows at once, and takes most of it back."""

    at: float  # share of the time before the start
    margin: float
    total: float


@dataclass(frozen=True, slots=True)
class Eventful:
    """Everything out of the ordinary about one game: mostly nothing."""

    injuries: tuple[Injury, ...] = ()
    suspended: tuple[tuple[int, int], ...] = ()
    steam: Steam | None = None
    moved: Moved | None = None
    withdrawn: int | None = None  # from here on it is nowhere: cancelled, or under another id
    again: int | None = None  # when it is played, under the other one
    final_late: int = 0
    corrected_after: int = 0
    mistake: Mistake | None = None

    def jumps(self, listed: int, starts: int) -> Iterator[tuple[int, int | None, float, float]]:
        """Yield by how much the belief is off before the news, and while there is steam.

        What the game's truth is after the news is what it was drawn with; so before it, the
        belief is better of the side that is hurt.
        """
        for injury in self.injuries:
            lost = injury.points if injury.side == 0 else -injury.points
            yield -1, injury.at, lost, injury.points / 2
        if self.steam is not None:
            ahead = starts - listed
            at = listed + int(self.steam.at * ahead)
            until = at + max(int(_STEAM_LASTS * ahead), 1)
            yield at, until, self.steam.margin, self.steam.total

    def with_final(self, played: Played) -> "Eventful":
        """Return it with the wrong final that is told first, where one is."""
        if not self.corrected_after:
            return self
        home, away = played.final
        last = played.scores[-1] if played.scores else None
        if last is None:
            return self
        wrong = (home - last.points, away) if last.side == 0 else (home, away - last.points)
        if wrong[0] == wrong[1]:
            wrong = (wrong[0] + 2 * last.points, wrong[1])
        return replace(self, mistake=Mistake(wrong, self.final_late + self.corrected_after))


def happened(fixture: "Fixture", seed: str) -> Eventful:
    """Decide what happens around a fixture; the same every time."""
    chances = fixture.league.happenings
    if chances is None:
        return Eventful()
    chance = Stream(seed, fixture.key, "happenings")
    rhythm, unit = fixture.rhythm, fixture.league.rules.unit
    drawn = chance.share()
    moved, withdrawn, again = None, None, None
    told = fixture.scheduled - int(chance.between(0.02, 0.3) * rhythm.lists_ahead[0])
    to = fixture.scheduled + int(chance.between(*rhythm.put_off_by)) // 300 * 300
    if drawn < chances.moved:
        moved = Moved(told, fixture.scheduled, to)
    elif drawn < chances.moved + chances.renamed:
        withdrawn, again = told, to
    elif drawn < chances.moved + chances.renamed + chances.cancelled:
        withdrawn = told
    injuries: tuple[Injury, ...] = ()
    suspended: tuple[tuple[int, int], ...] = ()
    hurt = chance.share() < chances.injury
    news = fixture.scheduled - int(chance.between(0.03, 0.8) * rhythm.lists_ahead[0])
    side, points = chance.whole(0, 1), unit * chance.between(*_HURT)
    player, status = f"Player {chance.whole(1, 99)}", chance.one_of(_STATUSES)
    if hurt:
        injuries = (Injury(news, side, player, status, points),)
        suspended = ((news, news + max(int(_SUSPENDED_FOR * rhythm.lists_ahead[0]), 1)),)
    steamed, at = chance.happens(chances.steam), chance.between(0.1, 0.9)
    size = unit * chance.between(*_STEAM) * chance.one_of((-1, 1))
    about_total = chance.happens(0.4)
    steam = Steam(at, 0.0 if about_total else size, size if about_total else 0.0)
    late, late_by = chance.happens(chances.late_final), chance.between(*rhythm.final_late_by)
    wrong, wrong_for = chance.happens(chances.correction), chance.between(*rhythm.corrected_after)
    return Eventful(
        injuries=injuries,
        suspended=suspended,
        steam=steam if steamed else None,
        moved=moved,
        withdrawn=withdrawn,
        again=again,
        final_late=int(late_by) if late else 0,
        corrected_after=int(wrong_for) if wrong else 0,
    )
