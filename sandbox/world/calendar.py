"""When games are played: six a day at plausible hours until the epoch, then one every few minutes.

The league plays rounds: everybody meets everybody else in eleven of them, then again with home
and away turned. A game's key names its place in the calendar and never changes.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.world.chance import Stream
from sandbox.world.games import Fixture, Rhythm
from sandbox.world.league import League

DAY: Final = 86_400
HISTORY_DAYS: Final = 56  # played before the epoch: six weeks to learn from, then the two shown
_SECOND_GAME_AFTER: Final = 4 * 3600  # of a doubleheader
_LAST_BEFORE_EPOCH: Final = 5 * 3600  # a game of the old pace ends before the new one begins

FULL_PACE: Final = Rhythm(
    lists_ahead=(36 * 3600, 44 * 3600),
    late_by=9 * 60,
    told_ahead=6 * 60,
    lasts=(185 * 60, 215 * 60),
    overtime=22 * 60,
    report_every=30,
    quote_every=60,
    quote_in_play=40,
    slowest=40 * 60,
    snapshots_every=300,
    gone_for=(12 * 60, 70 * 60),
    put_off_by=(20 * 3600, 3 * DAY),
    final_late_by=(20 * 60, 90 * 60),
    corrected_after=(2 * 3600, 20 * 3600),
)
_LIVE_SLOT: Final = 540.0  # seconds from one kick-off to the next at pace 1
_LIVE_FIRST: Final = 270.0  # after the epoch
_LIVE_JITTER: Final = 60.0


def full_pace(league: League) -> Rhythm:
    """Return how fast things happen before the epoch, where a game lasts as long as it does."""
    shortest, longest = league.lasts
    return replace(FULL_PACE, lasts=(shortest * 60, longest * 60))


def live_rhythm(pace: float) -> Rhythm:
    """Return how fast things happen after the epoch; at pace 1 a game lasts four minutes."""

    def seconds(at_pace_1: float, least: int = 1) -> int:
        return max(round(at_pace_1 / pace), least)

    return Rhythm(
        lists_ahead=(seconds(80 * 60, 20), seconds(95 * 60, 24)),
        late_by=seconds(40, 0),
        told_ahead=seconds(30, 0),
        lasts=(seconds(225, 4), seconds(255, 5)),
        overtime=seconds(30),
        report_every=seconds(10),
        quote_every=seconds(12),
        quote_in_play=seconds(8),
        slowest=seconds(100),
        snapshots_every=seconds(60, 5),
        gone_for=(seconds(40, 2), seconds(240, 4)),
        put_off_by=(seconds(20 * 60, 20), seconds(40 * 60, 40)),
        final_late_by=(seconds(20), seconds(120)),
        corrected_after=(seconds(60), seconds(900)),
    )


class Calendar:
    """Every game of the league, before and after the epoch."""

    def __init__(self, *, seed: str, epoch: int, pace: float, league: League) -> None:
        self.epoch = epoch
        self.league = league
        self.full = full_pace(league)
        self.pace = pace
        self.live = live_rhythm(pace)
        self._seed = seed
        self._slot = _LIVE_SLOT / pace
        self._zone = ZoneInfo(league.sport.timezone)
        self.first_day = datetime.fromtimestamp(epoch, self._zone).date() - timedelta(
            days=HISTORY_DAYS
        )
        self.opening = self._instant(0, (0, 0))
        self._past = tuple(self._before_epoch())

    def past(self, since: int, until: int) -> Iterator[Fixture]:
        """Yield the games of the old pace scheduled from one instant up to another, in order."""
        return (one for one in self._past if since <= one.scheduled <= until)

    def since_epoch(self, since: int, until: int) -> Iterator[Fixture]:
        """Yield the games of the new pace scheduled from one instant up to another, in order."""
        number = max(int((since - self.epoch) / self._slot) - 2, 0)
        while self.epoch + number * self._slot <= until:
            fixture = self.live_game(number)
            if since <= fixture.scheduled <= until:
                yield fixture
            number += 1

    def live_game(self, number: int) -> Fixture:
        """Return the game of that number after the epoch, counted from 0."""
        laps, place = divmod(number, len(self.league.teams) // 2)
        home, away = self._round(HISTORY_DAYS + 1 + laps)[place]
        jitter = Stream(self._seed, "kick-off", number).share() * _LIVE_JITTER / self.pace
        starts = self.epoch + _LIVE_FIRST / self.pace + number * self._slot + jitter
        if self.pace == 1:
            starts = starts // 60 * 60
        return Fixture(
            key=f"live-{number}",
            home=home,
            away=away,
            scheduled=int(starts),
            day=int((starts - self.opening) / DAY),
            rhythm=self.live,
            league=self.league,
        )

    def _before_epoch(self) -> Iterator[Fixture]:
        for day in range(HISTORY_DAYS + 1):
            weekday = (self.first_day + timedelta(days=day)).weekday()
            if weekday not in self.league.days:
                continue
            hours = self.league.weekend if weekday >= 5 else self.league.weekday
            pairs = self._round(day)
            for place, (hour, (home, away)) in enumerate(zip(hours, pairs, strict=True)):
                scheduled = self._instant(day, hour)
                if scheduled + _LAST_BEFORE_EPOCH > self.epoch:
                    continue
                yield Fixture(
                    f"past-{day}-{place}", home, away, scheduled, day, self.full, self.league
                )
                if weekday >= 5 and self._is_doubled(day, place, scheduled):
                    second = scheduled + _SECOND_GAME_AFTER
                    yield Fixture(
                        f"past-{day}-{place}-2", home, away, second, day, self.full, self.league
                    )

    def _is_doubled(self, day: int, place: int, scheduled: int) -> bool:
        late = scheduled + _SECOND_GAME_AFTER + _LAST_BEFORE_EPOCH > self.epoch
        chance = Stream(self._seed, "doubleheader", day, place)
        return not late and chance.happens(self.league.doubleheaders)

    def _round(self, number: int) -> tuple[tuple[int, int], ...]:
        return _round(self._seed, len(self.league.teams), number)

    def _instant(self, day: int, hour: tuple[int, int]) -> int:
        date = self.first_day + timedelta(days=day)
        local = datetime(date.year, date.month, date.day, *hour, tzinfo=self._zone)
        return int(local.astimezone(UTC).timestamp())


@lru_cache(maxsize=4096)
def _round(seed: str, count: int, number: int) -> tuple[tuple[int, int], ...]:
    """Return who meets whom in a round, home first: the circle method, home turning each lap."""
    teams = Stream(seed, "draw").shuffled(range(count))
    rounds = len(teams) - 1
    turn = number % rounds
    circle = teams[1:]
    circle = [teams[0], *circle[turn:], *circle[:turn]]
    pairs = [(circle[i], circle[-1 - i]) for i in range(len(teams) // 2)]
    turned = (number // rounds) % 2
    pairs = [
        (b, a) if (place + turn + turned) % 2 else (a, b) for place, (a, b) in enumerate(pairs)
    ]
    return tuple(Stream(seed, "order", number).shuffled(pairs))
