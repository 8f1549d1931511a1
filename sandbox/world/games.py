"""One game of this world: when it is played, how it ends, and what is believed of it before."""

from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sandbox.world.chance import Stream
from sandbox.world.football import Played
from sandbox.world.happenings import Eventful, Injury, happened
from sandbox.world.league import League, Rules
from sandbox.world.strengths import Outlook, Strengths

# Misjudgements of one game alone, units of margin and of total (standard deviations). What the
# market has corrected by the start, and what it never does.
OPENING_NOISE: Final = (1.5, 1.5)
CLOSING_NOISE: Final = (1.15, 1.05)
_WANDERING: Final = (0.35, 0.45)  # of every step on the way, beside where it is going
_MOVES: Final = (7, 16)  # of the belief before the start, fewest and most


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
    put_off_by: tuple[int, int]  # a game that is postponed, between these
    final_late_by: tuple[int, int]
    corrected_after: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fixture:
    """Who plays whom, and when it was to begin. ``key`` is the game's name in this world."""

    key: str
    home: int
    away: int
    scheduled: int  # Unix seconds
    day: int  # of the league, counted from its first
    rhythm: Rhythm
    league: League


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
    eventful: Eventful

    @property
    def final(self) -> tuple[int, int]:
        return self.played.final

    @property
    def rules(self) -> Rules:
        return self.fixture.league.rules

    @property
    def home(self) -> str:
        return self.fixture.league.teams[self.fixture.home].name

    @property
    def away(self) -> str:
        return self.fixture.league.teams[self.fixture.away].name

    @property
    def completes(self) -> int:
        """When its end is told: sometimes long after it is over."""
        return self.ends + self.eventful.final_late

    @property
    def is_played(self) -> bool:
        return self.eventful.withdrawn is None

    def commence(self, at: int) -> int:
        """Return the start as it is told at an instant."""
        if at >= self.starts:
            return self.starts
        scheduled = self.fixture.scheduled
        if self.eventful.moved is not None and at >= self.eventful.moved.at:
            scheduled = self.eventful.moved.to
        return self.announced if at >= self.told else scheduled

    def is_listed(self, at: int) -> bool:
        withdrawn = self.eventful.withdrawn
        return self.listed <= at < (self.ends if withdrawn is None else withdrawn)

    def in_play(self, at: int) -> bool:
        return self.is_played and self.starts <= at < self.ends

    def is_suspended(self, at: int) -> bool:
        """Whether every book has taken its prices down: there is news."""
        return any(since <= at < until for since, until in self.eventful.suspended)

    def injuries(self, at: int) -> tuple[Injury, ...]:
        return tuple(injury for injury in self.eventful.injuries if injury.at <= at)

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
        regulation, pause = self.rules.code.regulation, self.rules.break_share
        half = regulation / 2 / whole * (1 - pause)
        if share <= half:
            return share / (1 - pause) * whole
        if share <= half + pause:
            return regulation / 2
        return (share - pause) / (1 - pause) * whole

    def reported(self, at: int) -> tuple[int, tuple[int, int]] | None:
        """Return when a score was last told by then, and the score; None before the start."""
        if at < self.starts or not self.is_played:
            return None
        if at >= self.completes:
            mistake = self.eventful.mistake
            if mistake is not None and at < self.ends + mistake.stands_for:
                return self.completes, mistake.final
            told = self.completes if mistake is None else self.ends + mistake.stands_for
            return told, self.final
        at = min(at, self.ends)
        every = self.fixture.rhythm.report_every
        told = self.starts + (at - self.starts) // every * every
        return told, self.played.at(self.clock(told))


def games_of(fixture: Fixture, seed: str, strengths: Strengths) -> tuple[Game, ...]:
    """Decide everything about a fixture; the same every time.

    It is one game, unless it is put off and listed anew under another id.
    """
    eventful = happened(fixture, seed)
    again = eventful.again
    games = [_game(fixture, seed, strengths, eventful)]
    if again is not None:
        anew = Fixture(
            f"{fixture.key}-again",
            fixture.home,
            fixture.away,
            again,
            fixture.day,
            fixture.rhythm,
            fixture.league,
        )
        assert eventful.withdrawn is not None
        games.append(_game(anew, seed, strengths, Eventful(), listed=eventful.withdrawn))
    return tuple(games)


def _game(
    fixture: Fixture,
    seed: str,
    strengths: Strengths,
    eventful: Eventful,
    *,
    listed: int | None = None,
) -> Game:
    chance = Stream(seed, fixture.key, "game")
    rhythm, rules = fixture.rhythm, fixture.league.rules
    scheduled = fixture.scheduled if eventful.moved is None else eventful.moved.to
    truth = strengths.truth(fixture.home, fixture.away, fixture.day)
    for injury in eventful.injuries:
        lost = injury.points if injury.side == 0 else -injury.points
        truth = Outlook(margin=truth.margin - lost, total=truth.total - injury.points / 2)
    total = min(max(truth.total, rules.totals_between[0]), rules.totals_between[1])
    most = total - 2 * rules.least_side
    truth = Outlook(margin=min(max(truth.margin, -most), most), total=total)
    played = rules.code.play(
        ((total + truth.margin) / 2, (total - truth.margin) / 2),
        Stream(seed, fixture.key, "play"),
    )
    late = int(chance.share() ** 2 * rhythm.late_by)
    starts = scheduled + late
    lasts = chance.between(*rhythm.lasts)
    if rules.code.overtime:
        beyond = max(played.length - rules.code.regulation, 0.0)
        lasts += rhythm.overtime * beyond / rules.code.overtime
    opens = fixture.scheduled - int(chance.between(*rhythm.lists_ahead))
    listed = opens if listed is None else listed
    moves, beliefs = _beliefs(
        truth,
        strengths.mistake(fixture.home, fixture.away, fixture.day),
        listed,
        starts,
        chance,
        rules.unit,
    )
    for jump in eventful.jumps(listed, starts):
        moves, beliefs = _jumped(moves, beliefs, *jump)
    return Game(
        fixture=fixture,
        id=sha256(f"{seed}|{fixture.key}".encode()).hexdigest()[:32],
        seed=seed,
        truth=truth,
        played=played,
        listed=listed,
        starts=starts,
        told=scheduled - rhythm.told_ahead,
        announced=-(-starts // 60) * 60 if rhythm.late_by >= 60 else starts,
        ends=starts + int(lasts),
        moves=moves,
        beliefs=beliefs,
        eventful=eventful.with_final(played),
    )


def _jumped(
    moves: tuple[int, ...],
    beliefs: tuple[Outlook, ...],
    at: int,
    until: int | None,
    margin: float,
    total: float,
) -> tuple[tuple[int, ...], tuple[Outlook, ...]]:
    """Add so much to what is believed from one instant on, up to another."""

    def instant_of(place: int) -> int:
        return moves[place - 1] if place else -1

    def moved(belief: Outlook) -> Outlook:
        return Outlook(margin=belief.margin + margin, total=belief.total + total)

    edges = [edge for edge in (at, until) if edge is not None]
    points = {instant_of(place): belief for place, belief in enumerate(beliefs)}
    for edge in edges:
        points.setdefault(edge, beliefs[bisect_right(moves, edge)])
    walked = [
        (instant, moved(belief) if at <= instant and (until is None or instant < until) else belief)
        for instant, belief in sorted(points.items(), key=lambda point: point[0])
    ]
    return tuple(instant for instant, _ in walked[1:]), tuple(belief for _, belief in walked)


def _beliefs(
    truth: Outlook, mistake: Outlook, listed: int, starts: int, chance: Stream, unit: float
) -> tuple[tuple[int, ...], tuple[Outlook, ...]]:
    """Let the belief walk from what it opens at to what it closes at.

    What it misjudges of the teams stays; half the way of what it misjudges of this game alone
    is taken back by the start, in steps that grow denser toward it.
    """
    opening = [unit * chance.normal(sd) for sd in OPENING_NOISE]
    closing = [unit * chance.normal(sd) for sd in CLOSING_NOISE]
    count = chance.whole(*_MOVES)
    shares = sorted(1 - (1 - chance.share()) ** 1.6 for _ in range(count))
    moves = tuple(listed + int(share * (starts - listed)) for share in shares)
    beliefs = []
    for share in (0.0, *shares):
        middle = share * (1 - share) * 4
        margin, total = (
            closed + opened * (1 - share) + middle * (unit * chance.normal(wander))
            for opened, closed, wander in zip(opening, closing, _WANDERING, strict=True)
        )
        beliefs.append(
            Outlook(
                margin=truth.margin + mistake.margin + margin,
                total=truth.total + mistake.total + total,
            )
        )
    return moves, tuple(beliefs)
