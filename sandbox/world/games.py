"""One game of this world: when it is played, how it ends, and what is believed of it before."""

from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sandbox.world.chance import Stream
from sandbox.world.football import REGULATION, Played, play
from sandbox.world.strengths import Outlook, Strengths

# Misjudgements of one game alone, points of margin and of total (standard deviations). What the
# market has corrected by the start, and what it never does.
OPENING_NOISE: Final = (1.5, 1.5)
CLOSING_NOISE: Final = (1.15, 1.05)
_WANDERING: Final = (0.35, 0.45)  # of every step on the way, beside where it is going
_MOVES: Final = (7, 16)  # of the belief before the start, fewest and most
_LEAST_TOTAL, _MOST_TOTAL = 31.0, 61.0
_LEAST_SIDE: Final = 8.0  # points
_BREAK: Final = 0.06  # share of a game's length that passes at half time


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How fast things happen around a game, in seconds."""

    lists_ahead: tuple[int, int]  # its market opens so long before the start
    late_by: int  # it starts at most so long after what was announced
    told_ahead: int  # a delay is announced so long before
    lasts: tuple[int, int]  # regulation, between these
    overtime: int
    report_every: int  # scores are told at this rhythm
    quote_every: int  # books renew their quotes at this rhythm
    quote_in_play: int
    slowest: int  # lag of the slowest imaginable book
    snapshots_every: int  # the provider keeps its history at this rhythm
    gone_for: tuple[int, int]  # a market that is missing stays so long


@dataclass(frozen=True, slots=True)
class Fixture:
    """Who plays whom, and when it was to begin. ``key`` is the game's name in this world."""

    key: str
    home: int
    away: int
    scheduled: int  # Unix seconds
    day: int  # of the league, counted from its first
    rhythm: Rhythm


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """A fixture with everything that will ever happen to it. Instants are Unix seconds."""

    fixture: Fixture
    id: str
    seed: str
    truth: Outlook
    played: Played
    listed: int  # its market opens
    starts: int  # really, and told from then on
    told: int  # from here the announced start is `announced`
    announced: int
    ends: int
    moves: tuple[int, ...]  # instants at which the belief moves
    beliefs: tuple[Outlook, ...] = field(repr=False)  # one more than moves: the first is the open

    @property
    def final(self) -> tuple[int, int]:
        return self.played.final

    def commence(self, at: int) -> int:
        """Return the start as it is told at an instant."""
        if at >= self.starts:
            return self.starts
        return self.announced if at >= self.told else self.fixture.scheduled

    def is_listed(self, at: int) -> bool:
        return self.listed <= at < self.ends

    def in_play(self, at: int) -> bool:
        return self.starts <= at < self.ends

    def belief(self, at: int) -> Outlook:
        """Return what the market as a whole expects of the game."""
        return self.beliefs[bisect_right(self.moves, at)]

    def last_move(self, at: int) -> tuple[int, float] | None:
        """Return when the belief last moved, and by how many points of margin or total."""
        moved = bisect_right(self.moves, at)
        if not moved:
            return None
        before, after = self.beliefs[moved - 1], self.beliefs[moved]
        size = max(abs(after.margin - before.margin), abs(after.total - before.total))
        return self.moves[moved - 1], size

    def share_played(self, at: int) -> float:
        """Return how much of the game is over, on the way to its end."""
        return min(max((at - self.starts) / (self.ends - self.starts), 0.0), 1.0)

    def clock(self, at: int) -> float:
        """Return the game clock: it stands at half time."""
        share, whole = self.share_played(at), self.played.length
        half = REGULATION / 2 / whole * (1 - _BREAK)
        if share <= half:
            return share / (1 - _BREAK) * whole
        if share <= half + _BREAK:
            return REGULATION / 2
        return (share - _BREAK) / (1 - _BREAK) * whole

    def reported(self, at: int) -> tuple[int, tuple[int, int]] | None:
        """Return when a score was last told by then, and the score; None before the start."""
        if at < self.starts:
            return None
        if at >= self.ends:
            return self.ends, self.final
        every = self.fixture.rhythm.report_every
        told = self.starts + (at - self.starts) // every * every
        return told, self.played.at(self.clock(told))


def make_game(fixture: Fixture, seed: str, strengths: Strengths) -> Game:
    """Decide everything about a game; the same every time."""
    chance = Stream(seed, fixture.key, "game")
    rhythm = fixture.rhythm
    truth = strengths.truth(fixture.home, fixture.away, fixture.day)
    total = min(max(truth.total, _LEAST_TOTAL), _MOST_TOTAL)
    most = total - 2 * _LEAST_SIDE
    truth = Outlook(margin=min(max(truth.margin, -most), most), total=total)
    played = play(
        ((total + truth.margin) / 2, (total - truth.margin) / 2),
        Stream(seed, fixture.key, "play"),
    )
    late = int(chance.share() ** 2 * rhythm.late_by)
    starts = fixture.scheduled + late
    lasts = chance.between(*rhythm.lasts)
    lasts += rhythm.overtime * max(played.length - REGULATION, 0.0) / 600
    listed = fixture.scheduled - int(chance.between(*rhythm.lists_ahead))
    moves, beliefs = _beliefs(
        truth, strengths.mistake(fixture.home, fixture.away, fixture.day), listed, starts, chance
    )
    return Game(
        fixture=fixture,
        id=sha256(f"{seed}|{fixture.key}".encode()).hexdigest()[:32],
        seed=seed,
        truth=truth,
        played=played,
        listed=listed,
        starts=starts,
        told=fixture.scheduled - rhythm.told_ahead,
        announced=-(-starts // 60) * 60 if rhythm.late_by >= 60 else starts,
        ends=starts + int(lasts),
        moves=moves,
        beliefs=beliefs,
    )


def _beliefs(
    truth: Outlook, mistake: Outlook, listed: int, starts: int, chance: Stream
) -> tuple[tuple[int, ...], tuple[Outlook, ...]]:
    """Let the belief walk from what it opens at to what it closes at.

    What it misjudges of the teams stays; half the way of what it misjudges of this game alone
    is taken back by the start, in steps that grow denser toward it.
    """
    opening = [chance.normal(sd) for sd in OPENING_NOISE]
    closing = [chance.normal(sd) for sd in CLOSING_NOISE]
    count = chance.whole(*_MOVES)
    shares = sorted(1 - (1 - chance.share()) ** 1.6 for _ in range(count))
    moves = tuple(listed + int(share * (starts - listed)) for share in shares)
    beliefs = []
    for share in (0.0, *shares):
        middle = share * (1 - share) * 4
        margin, total = (
            closed + opened * (1 - share) + middle * chance.normal(wander)
            for opened, closed, wander in zip(opening, closing, _WANDERING, strict=True)
        )
        beliefs.append(
            Outlook(
                margin=truth.margin + mistake.margin + margin,
                total=truth.total + mistake.total + total,
            )
        )
    return moves, tuple(beliefs)
